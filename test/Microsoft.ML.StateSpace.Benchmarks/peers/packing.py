"""Sequences packed step by step, the longest first: the rows still running at a step are the first ones, and padding is never computed."""

import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence


class Batch:
    """A batch of sequences of whole steps.

    sizes: rows running at each step; observations: packed [S, D]; count: rows; steps: S, the steps of all rows together.
    """

    def __init__(self, sequences):
        rows = sorted(sequences, key=len, reverse=True)
        packed = pack_sequence(rows)
        self.observations, self._sizes = packed.data, packed.batch_sizes
        self.sizes = packed.batch_sizes.tolist()
        self.count, self.steps = len(rows), len(packed.data)
        self._lengths = torch.tensor([len(row) for row in rows])

    def by_step(self, packed):
        """Views of a packed tensor, one of each step."""
        return packed.split(self.sizes)

    def sequence(self, packed):
        """A packed tensor as nn.RNN and its like take it."""
        return PackedSequence(packed, self._sizes)

    def reversal(self):
        """The place of each packed step's mirror image within its own sequence, [S]; its own inverse."""
        offsets = torch.cat([torch.zeros(1, dtype=torch.int64), self._sizes.cumsum(0)])
        steps = torch.repeat_interleave(torch.arange(len(self.sizes)), self._sizes)
        rows = torch.arange(self.steps) - offsets[steps]
        return offsets[self._lengths[rows] - 1 - steps] + rows

    def predecessors(self, packed):
        """Of every step but the rows' first the step before, from a packed tensor [S, d]: [S - B, d]."""
        parts = packed.split(self.sizes)
        return torch.cat([part[:rows] for part, rows in zip(parts, self.sizes[1:])])
