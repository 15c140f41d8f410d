"""Networks that several peers are made of; their parameters bear the library's names."""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits


class Mlp(nn.Module):
    """Hidden layers of one width, each followed by a ReLU."""

    def __init__(self, inputs, width, count):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(inputs if i == 0 else width, width) for i in range(count))

    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return x


class BernoulliEmission(nn.Module):
    """log p(x | input) of independent Bernoulli dimensions."""

    def __init__(self, inputs, width, count, observation):
        super().__init__()
        self.hidden = Mlp(inputs, width, count)
        self.logits = nn.Linear(width, observation)

    def forward(self, inputs, observation):
        logits = self.logits(self.hidden(inputs))
        return -binary_cross_entropy_with_logits(logits, observation.expand_as(logits), reduction="none").sum(-1)


def as_lstm_cell(weights, prefix):
    """Weights with those of the library's cell at `prefix` put as nn.LSTMCell has them: one input, gates in, forget, candidate, out."""
    weights = dict(weights)
    inputs = [weights.pop(prefix + name) for name in ("first", "second") if prefix + name in weights]
    bias = reordered(weights.pop(prefix + "bias"))
    weights[prefix + "weight_ih"] = reordered(torch.cat(inputs, 1))
    weights[prefix + "weight_hh"] = reordered(weights.pop(prefix + "recurrent"))
    weights[prefix + "bias_ih"], weights[prefix + "bias_hh"] = bias, torch.zeros_like(bias)
    return weights


def as_lstm(weights, prefix, lstm):
    """The same as the first layer of an nn.LSTM named `lstm`."""
    return {lstm + name[len(prefix):] + "_l0" if name.startswith(prefix) else name: value
            for name, value in as_lstm_cell(weights, prefix).items()}


def reordered(gates):
    entry, forget, out, candidate = gates.chunk(4)
    return torch.cat([entry, forget, candidate, out])
