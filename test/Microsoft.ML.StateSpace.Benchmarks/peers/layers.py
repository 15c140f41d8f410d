"""Networks that several peers are made of; their parameters bear the library's names."""

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
