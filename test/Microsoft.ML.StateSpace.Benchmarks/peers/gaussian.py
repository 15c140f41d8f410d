"""Diagonal Gaussians as pairs (mean, variance)."""

import math

import torch
from torch import nn
from torch.nn.functional import softplus

LEAST_VARIANCE = 1e-6
LOG_2_PI = math.log(2 * math.pi)


class GaussianHead(nn.Module):
    """Mean and variance as one linear map; variance(raw) reads the second half."""

    def __init__(self, inputs, size, variance=lambda raw: softplus(raw) + LEAST_VARIANCE):
        super().__init__()
        self.map = nn.Linear(inputs, 2 * size)
        self.variance = variance

    def forward(self, hidden):
        mean, raw = self.map(hidden).chunk(2, -1)
        return mean, self.variance(raw)


def scale(bias, least):
    """A variance whose root is max(softplus(raw + bias), least)."""
    return lambda raw: softplus(raw + bias).clamp_min(least).square()


def sample(gaussian, noise):
    mean, variance = gaussian
    return mean + variance.sqrt() * noise


def log_density(gaussian, value):
    mean, variance = gaussian
    return -0.5 * ((value - mean).square() / variance + variance.log() + LOG_2_PI).sum(-1)


def divergence(q, p):
    """KL(q || p), summed over the last dimension."""
    (q_mean, q_variance), (p_mean, p_variance) = q, p
    terms = p_variance.log() - q_variance.log() - 1 + (q_variance + (p_mean - q_mean).square()) / p_variance
    return 0.5 * terms.sum(-1)


def concatenate(gaussians):
    means, variances = zip(*gaussians)
    return torch.cat(means), torch.cat(variances)
