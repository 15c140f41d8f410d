"""A deep Markov model with structured inference from the future (Krishnan et al. 2017): its evidence lower bound, in two forms."""

import torch
from torch import nn
from torch.nn.functional import softplus

import gaussian
from layers import BernoulliEmission, Mlp


class GatedTransition(nn.Module):
    """p(z_t | z_{t-1})"""

    def __init__(self, latent, width):
        super().__init__()
        self.hidden = nn.Linear(latent, 2 * width)
        self.gate = nn.Linear(width, latent)
        self.proposed = nn.Linear(width, latent)
        self.linear = nn.Linear(latent, latent)
        self.variance = nn.Linear(latent, latent)

    def forward(self, z):
        for_gate, for_mean = self.hidden(z).relu().chunk(2, -1)
        gate, proposed = self.gate(for_gate).sigmoid(), self.proposed(for_mean)
        mean = self.linear(z).lerp(proposed, gate)
        return mean, softplus(self.variance(proposed.relu())) + gaussian.LEAST_VARIANCE


class Generative(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.transition = GatedTransition(sizes["latent"], sizes["transition"])
        self.emission = BernoulliEmission(sizes["latent"], sizes["emission"], sizes["emission_layers"], sizes["observation"])
        self.initial_mean = nn.Parameter(torch.zeros(sizes["latent"]))
        self.initial_log_variance = nn.Parameter(torch.zeros(sizes["latent"]))

    def initial(self, rows):
        return self.initial_mean.expand(rows, -1), self.initial_log_variance.exp().expand(rows, -1)


class Encoder(nn.Module):
    """An RNN over an embedding, from each sequence's last step to its first."""

    def __init__(self, sizes):
        super().__init__()
        self.embedding = Mlp(sizes["observation"], sizes["embedding"], 1 if sizes["embedding"] > 0 else 0)
        make = {"Rnn": nn.RNN, "Lstm": nn.LSTM, "Gru": nn.GRU}[sizes["cell"]]
        self.layers = nn.ModuleList([make(sizes["embedding"] or sizes["observation"], sizes["recurrent"])])

    def forward(self, batch):
        mirror = batch.reversal()
        inputs = self.embedding(batch.observations[mirror])
        states, _ = self.layers[0](batch.sequence(inputs))
        return states.data[mirror]


class StructuredInference(nn.Module):
    """q(z_t | z_{t-1}, x_t ... x_T)"""

    def __init__(self, sizes):
        super().__init__()
        self.encoders = nn.ModuleList([Encoder(sizes)])
        self.combiner = nn.Linear(sizes["latent"], sizes["recurrent"])
        self.head = gaussian.GaussianHead(sizes["recurrent"], sizes["latent"])
        self.initial_latent = nn.Parameter(torch.zeros(sizes["latent"]))

    def forward(self, before, state):
        return self.head(0.5 * (self.combiner(before).tanh() + state))


class Dmm(nn.Module):
    """The bound summed over a batch: everything in the time loop (stepwise), or the recursion of z alone in it (batched)."""

    def __init__(self, sizes, form):
        super().__init__()
        self.generative, self.inference = Generative(sizes), StructuredInference(sizes)
        self.bound = {"stepwise": self.stepwise, "batched": self.batched}[form]

    def stepwise(self, batch):
        states, observations = (batch.by_step(packed) for packed in (self.inference.encoders[0](batch), batch.observations))
        total = 0
        for t, rows in enumerate(batch.sizes):
            before = z[:rows] if t > 0 else self.inference.initial_latent.expand(rows, -1)
            prior = self.generative.transition(before) if t > 0 else self.generative.initial(rows)
            posterior = self.inference(before, states[t])
            z = gaussian.sample(posterior, torch.randn_like(before))
            total = total + (self.generative.emission(z, observations[t]) - gaussian.divergence(posterior, prior)).sum()
        return total

    def batched(self, batch):
        states = self.inference.encoders[0](batch)
        noise = batch.by_step(torch.randn(batch.steps, self.inference.initial_latent.numel()))
        posteriors, latents = [], []
        for t, state in enumerate(batch.by_step(states)):
            before = latents[-1][:len(state)] if t > 0 else self.inference.initial_latent.expand(len(state), -1)
            posteriors.append(self.inference(before, state))
            latents.append(gaussian.sample(posteriors[-1], noise[t]))
        z = torch.cat(latents)
        priors = gaussian.concatenate([self.generative.initial(batch.count), self.generative.transition(batch.predecessors(z))])
        divergence = gaussian.divergence(gaussian.concatenate(posteriors), priors)
        return (self.generative.emission(z, batch.observations) - divergence).sum()


def make(spec, weights):
    model = Dmm(spec["sizes"], spec["form"])
    model.load_state_dict(weights)
    return model
