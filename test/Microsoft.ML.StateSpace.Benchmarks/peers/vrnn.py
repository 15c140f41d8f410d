"""A variational recurrent network trained by the filtering bound (Chung et al. 2015; Maddison et al. 2017).

Rows first, then particles: [row, particle, d]. What depends on the data alone is computed for all steps at once.
"""

import math

import torch
from torch import nn

import gaussian
from layers import BernoulliEmission, Mlp, as_lstm_cell


class Generative(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        width, hidden = sizes["encoder"], sizes["hidden"]
        self.observation_encoder = Mlp(sizes["observation"], width, sizes["encoder_layers"])
        self.latent_encoder = Mlp(sizes["latent"], width, sizes["encoder_layers"])
        self.cell = nn.LSTMCell(2 * width, hidden)
        self.prior = Mlp(hidden, sizes["prior"], sizes["prior_layers"])
        self.head = gaussian.GaussianHead(sizes["prior"], sizes["latent"], gaussian.scale(*sizes["scale"]))
        self.emission = BernoulliEmission(width + hidden, sizes["emission"], sizes["emission_layers"], sizes["observation"])
        self.centre = nn.Parameter(torch.zeros(sizes["observation"]), requires_grad=False)

    def step(self, encoded_x, encoded_z, state):
        """(h, c) after x_{t-1} [row, d] and z_{t-1} [row, particle, d]."""
        inputs = torch.cat([encoded_x.unsqueeze(1).expand_as(encoded_z), encoded_z], -1)
        after = self.cell(inputs.flatten(0, 1), [part.flatten(0, 1) for part in state])
        return [part.view(*encoded_z.shape[:2], -1) for part in after]


class Proposal(nn.Module):
    """q(z_t | h_t, x_t), its mean a correction of the prior's."""

    def __init__(self, sizes):
        super().__init__()
        self.from_data = nn.Linear(sizes["encoder"], sizes["proposal"])
        self.from_past = nn.Parameter(torch.zeros(sizes["proposal"], sizes["hidden"]))
        self.head = gaussian.GaussianHead(sizes["proposal"], sizes["latent"], gaussian.scale(*sizes["scale"]))

    def forward(self, of_data, h, prior):
        mean, variance = self.head((of_data.unsqueeze(1) + nn.functional.linear(h, self.from_past)).relu())
        return prior[0] + mean, variance


class Weights:
    """Log-weights [row, particle], and the evidence that they have given."""

    def __init__(self, rows, particles):
        self.log, self.evidence = torch.zeros(rows, particles), 0

    def means(self, log):
        return log.logsumexp(-1) - math.log(log.shape[-1])

    def end(self, running):
        """Rows from `running` on have ended."""
        self.evidence = self.evidence + self.means(self.log[running:]).sum()
        self.log = self.log[:running]

    def resample(self):
        """Ancestors [row, particle] by systematic resampling where the effective sample size has fallen to a half; None: nowhere."""
        particles = self.log.shape[-1]
        with torch.no_grad():
            log_size = 2 * self.log.logsumexp(-1) - (2 * self.log).logsumexp(-1)
            fires = (log_size <= math.log(particles / 2)).unsqueeze(-1)
            if not fires.any():
                return None
            own = torch.arange(particles)
            teeth = (own + torch.rand(len(self.log), 1)) / particles
            drawn = torch.searchsorted(self.log.softmax(-1).cumsum(-1), teeth).clamp_max(particles - 1)
            ancestors = torch.where(fires, drawn, own)
        self.evidence = self.evidence + self.means(self.log)[fires.squeeze(-1)].sum()
        self.log = self.log.masked_fill(fires, 0)
        return ancestors


class Vrnn(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self._sizes = sizes
        self.generative, self.inference = Generative(sizes), Proposal(sizes)

    def bound(self, batch):
        model, particles = self.generative, self._sizes["particles"]
        before, of_data = self._of_data(batch)
        observations = batch.by_step(batch.observations)
        state = [torch.zeros(batch.count, particles, self._sizes["hidden"])] * 2
        encoded_z = model.latent_encoder(torch.zeros(1, 1, self._sizes["latent"])).expand(batch.count, particles, -1)
        weights = Weights(batch.count, particles)
        for t, rows in enumerate(batch.sizes):
            state = model.step(before[t], encoded_z, state)
            encoded_z, increments = self._propose(state[0], of_data[t], observations[t])
            weights.log = weights.log + increments
            running = batch.sizes[t + 1] if t + 1 < len(batch.sizes) else 0
            if running < rows:
                weights.end(running)
                *state, encoded_z = (part[:running] for part in (*state, encoded_z))
            ancestors = weights.resample() if running > 0 else None
            if ancestors is not None:
                *state, encoded_z = (take(part, ancestors) for part in (*state, encoded_z))
        return weights.evidence

    def _of_data(self, batch):
        """By step: what the path reads of x_{t-1}, and the proposal of x_t."""
        model = self.generative
        encoded = model.observation_encoder(batch.observations - model.centre)
        nothing = model.observation_encoder(torch.zeros(1, self._sizes["observation"])).expand(batch.count, -1)
        before = torch.cat([nothing, batch.predecessors(encoded)])
        return batch.by_step(before), batch.by_step(self.inference.from_data(encoded))

    def _propose(self, h, of_data, observation):
        model = self.generative
        prior = model.head(model.prior(h))
        posterior = self.inference(of_data, h, prior)
        z = gaussian.sample(posterior, torch.randn(posterior[0].shape))
        encoded_z = model.latent_encoder(z)
        fit = model.emission(torch.cat([encoded_z, h], -1), observation.unsqueeze(1))
        return encoded_z, gaussian.log_density(prior, z) + fit - gaussian.log_density(posterior, z)


def take(part, ancestors):
    """[row, particle, d] of every particle's ancestor."""
    return part.gather(1, ancestors.unsqueeze(-1).expand_as(part))


def make(spec, weights):
    model = Vrnn(spec["sizes"])
    model.load_state_dict(as_lstm_cell(weights, "generative.cell."))
    return model
