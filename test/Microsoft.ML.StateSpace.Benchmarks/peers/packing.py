"""Sequences packed step by step, the longest first: the rows still running at a step are the first ones, and padding is never computed."""

import torch
from torch.nn.utils.rnn import PackedSequence


class Batch:
    """A batch of sequences of whole steps.

    sizes: rows running at each step; observations: packed [S, D]; count: rows; steps: S, the steps of all rows together.
    """

    def __init__(self, sequences):
        rows = sorted(sequences, key=len, reverse=True)
        lengths = [len(row) for row in rows]
        self.count, self.steps = len(rows), sum(lengths)
        self.sizes = [sum(length > t for length in lengths) for t in range(lengths[0])]
        # Which row and step stand at each place: on the host, as nn.RNN wants the sizes.
        self._sizes = torch.tensor(self.sizes, device="cpu")
        self._offsets = torch.cat([torch.zeros(1, dtype=torch.int64, device="cpu"), self._sizes.cumsum(0)])
        self._at = torch.repeat_interleave(torch.arange(len(self.sizes), device="cpu"), self._sizes)
        self._rows = torch.arange(self.steps, device="cpu") - self._offsets[self._at]
        self._lengths = torch.tensor(lengths, device="cpu")
        starts = self._lengths.cumsum(0) - self._lengths
        data = torch.cat(rows)
        self.observations = data[(starts[self._rows] + self._at).to(data.device)]

    def by_step(self, packed):
        """Views of a packed tensor, one of each step."""
        return packed.split(self.sizes)

    def sequence(self, packed):
        """A packed tensor as nn.RNN and its like take it."""
        return PackedSequence(packed, self._sizes)

    def reversal(self):
        """The place of each packed step's mirror image within its own sequence, [S]; its own inverse."""
        places = self._offsets[self._lengths[self._rows] - 1 - self._at] + self._rows
        return places.to(self.observations.device)

    def predecessors(self, packed):
        """Of every step but the rows' first the step before, from a packed tensor [S, d]: [S - B, d]."""
        parts = packed.split(self.sizes)
        return torch.cat([part[:rows] for part, rows in zip(parts, self.sizes[1:])])
