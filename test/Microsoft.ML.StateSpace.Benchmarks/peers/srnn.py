"""A stochastic recurrent network trained by amortized variational filtering (Fraccaro et al. 2016; Marino et al. 2018).

The time loop holds the prior, the iterations of q and the inference network's own steps; the bound, through which no gradient
goes from step to step but along the path h, is computed for all steps at once.
"""

import torch
from torch import nn
from torch.nn.functional import elu

import gaussian
from layers import BernoulliEmission, Mlp, as_lstm

LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE = -15, 5


class Generative(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        width, hidden = sizes["encoder"], sizes["hidden"]
        self.observation_encoder = Mlp(sizes["observation"], width, sizes["encoder_layers"])
        self.latent_encoder = Mlp(sizes["latent"], width, sizes["encoder_layers"])
        self.path = nn.LSTM(width, hidden)
        self.prior = Mlp(hidden + width, sizes["prior"], sizes["prior_layers"])
        self.head = gaussian.GaussianHead(sizes["prior"], sizes["latent"])
        self.emission = BernoulliEmission(width + hidden, sizes["emission"], sizes["emission_layers"], sizes["observation"])
        self.centre = nn.Parameter(torch.zeros(sizes["observation"]), requires_grad=False)

    def states(self, batch):
        """h of every step, packed: a function of x_1 ... x_{t-1}."""
        centred = batch.observations - self.centre
        before = torch.cat([torch.zeros(batch.count, centred.shape[-1]), batch.predecessors(centred)])
        states, _ = self.path(batch.sequence(self.observation_encoder(before)))
        return states.data

    def prior_of(self, h, z_before):
        return self.head(self.prior(torch.cat([h, self.latent_encoder(z_before)], -1)))

    def fit(self, z, h, observation):
        return self.emission(torch.cat([self.latent_encoder(z), h], -1), observation)


class Highway(nn.Module):
    """An ELU layer, then highway layers, proposal and gate in one product."""

    def __init__(self, inputs, width, count):
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.layers = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(count - 1))

    def forward(self, x):
        x = elu(self.first(x))
        for layer in self.layers:
            proposed, gate = layer(x).chunk(2, -1)
            x = x.lerp(elu(proposed), gate.sigmoid())
        return x


class IterativeInference(nn.Module):
    """q(z_t | x_1 ... x_t) by one learned iteration from the prior, on normalised gradients of the free energy."""

    def __init__(self, sizes):
        super().__init__()
        self.network = Highway(4 * sizes["latent"], sizes["inference"], sizes["inference_layers"])
        self.change = nn.Linear(sizes["inference"], 2 * sizes["latent"])
        self.gate = nn.Linear(sizes["inference"], 2 * sizes["latent"])
        self._clip = sizes["inference_clip_norm"]
        self._optimizer = None
        self._learning_rate = sizes["inference_learning_rate"]

    def forward(self, parameters, gradient):
        inputs = torch.cat([normal(part) for part in (*parameters.chunk(2, -1), *gradient.chunk(2, -1))], -1)
        hidden = self.network(inputs)
        return clamp(self.change(hidden).lerp(parameters, self.gate(hidden).sigmoid()))

    def learn(self, loss):
        if self._optimizer is None:
            self._optimizer = torch.optim.Adam(self.parameters(), self._learning_rate)
        self._optimizer.zero_grad()
        loss.backward(inputs=list(self.parameters()))
        nn.utils.clip_grad_norm_(self.parameters(), self._clip)
        self._optimizer.step()


class Srnn(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self._latent = sizes["latent"]
        self.generative, self.inference = Generative(sizes), IterativeInference(sizes)

    def trained(self):
        """What the bound moves: the inference network learns by itself."""
        return [parameter for parameter in self.generative.parameters() if parameter.requires_grad]

    def bound(self, batch):
        states = self.generative.states(batch)
        observations, fixed = batch.by_step(batch.observations), batch.by_step(states.detach())
        posteriors, latents = [], []
        z = torch.zeros(batch.count, self._latent)
        for t, rows in enumerate(batch.sizes):
            posteriors.append(self._infer(fixed[t], z[:rows], observations[t]))
            z = gaussian.sample(posteriors[-1], torch.randn(rows, self._latent))
            latents.append(z)
        z = torch.cat(latents)
        before = torch.cat([torch.zeros(batch.count, self._latent), batch.predecessors(z)])
        divergence = gaussian.divergence(gaussian.concatenate(posteriors), self.generative.prior_of(states, before))
        return (self.generative.fit(z, states, batch.observations) - divergence).sum()

    def _infer(self, h, z_before, observation):
        with torch.no_grad():
            prior = self.generative.prior_of(h, z_before)
            start = clamp(torch.cat([prior[0], prior[1].log()], -1))
        start.requires_grad_()
        gradient, = torch.autograd.grad(self._free_energy(start, prior, h, observation).sum(), start)
        moved = self.inference(start.detach(), gradient)
        self.inference.learn(self._free_energy(moved, prior, h, observation).mean())
        return gaussian_of(moved.detach())

    def _free_energy(self, parameters, prior, h, observation):
        posterior = gaussian_of(parameters)
        z = gaussian.sample(posterior, torch.randn_like(posterior[0]))
        return gaussian.divergence(posterior, prior) - self.generative.fit(z, h, observation)


def gaussian_of(parameters):
    mean, log_variance = parameters.chunk(2, -1)
    return mean, log_variance.exp()


def clamp(parameters):
    mean, log_variance = parameters.chunk(2, -1)
    return torch.cat([mean, log_variance.clamp(LEAST_LOG_VARIANCE, MOST_LOG_VARIANCE)], -1)


def normal(part):
    return nn.functional.layer_norm(part, part.shape[-1:])


def make(spec, weights):
    model = Srnn(spec["sizes"])
    model.load_state_dict(as_lstm(weights, "generative.cell.", "generative.path."))
    return model
