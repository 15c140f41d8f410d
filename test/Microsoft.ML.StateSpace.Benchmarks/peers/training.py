"""Trains a model on the updates that the library makes: the same sequences, batches, optimiser and clipping."""

import torch

from packing import Batch


class Training:
    """model.bound(batch) gives the bound summed over a batch; model.trained(), where there is one, the parameters that its gradient moves."""

    def __init__(self, model, data, updates, settings):
        self._model, self._updates, self._clip = model, updates, settings["clip_norm"]
        self._sequences = data["observations"].split(data["lengths"].tolist())
        self._parameters = model.trained() if hasattr(model, "trained") else [p for p in model.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(self._parameters, settings["learning_rate"], settings["betas"], settings["epsilon"],
                                            settings["weight_decay"])

    def round(self):
        """All updates once; the bound in nats per step, meanwhile."""
        total, steps = 0, 0
        for rows in self._updates:
            batch = Batch([self._sequences[row] for row in rows])
            total += self._update(batch)
            steps += batch.steps
        # Read once: a device is not waited for in between.
        return {"value": float(total) / steps, "steps": steps}

    def _update(self, batch):
        bound = self._model.bound(batch)
        self._optimizer.zero_grad()
        (-bound / batch.steps).backward()
        torch.nn.utils.clip_grad_norm_(self._parameters, self._clip)
        self._optimizer.step()
        return bound.detach()
