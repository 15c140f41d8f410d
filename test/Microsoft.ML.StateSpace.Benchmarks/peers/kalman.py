"""The Kalman filter and the Rauch-Tung-Striebel smoother on a batch of sequences of one length, a matrix for every row."""

import math

import torch


class Kalman:
    """z_1 ~ N(m, P), z_t ~ N(A z_{t-1} + b, Q), x_t ~ N(C z_t + d, R)."""

    def __init__(self, data, passes):
        lengths = data.pop("lengths")
        self._passes = passes
        self._x = data.pop("observations").double().view(len(lengths), -1, data["emission_offset"].shape[0])
        self._system = {name: value.double() for name, value in data.items()}

    def round(self):
        """The batch several times; the log-likelihood per step and, so that the check sees the smoother too, its squared means."""
        rows, steps, _ = self._x.shape
        steps *= rows * self._passes
        return {"value": sum(self._pass() for _ in range(self._passes)) / steps, "steps": steps}

    def _pass(self):
        with torch.no_grad():
            likelihood, predicted, filtered = self._filter()
            means = torch.stack([mean for mean, _ in self._smooth(predicted, filtered)])
        return (likelihood.sum() + means.square().sum()).item()

    def _filter(self):
        transition, noise = self._system["transition"], self._system["transition_covariance"]
        rows, steps, _ = self._x.shape
        mean = self._system["initial_mean"].expand(rows, -1)
        covariance = self._system["initial_covariance"].expand(rows, -1, -1)
        likelihood, predicted, filtered = torch.zeros(rows, dtype=torch.float64), [], []
        for t in range(steps):
            if t > 0:
                mean = mean @ transition.T + self._system["transition_offset"]
                covariance = symmetric(transition @ covariance @ transition.T + noise)
            predicted.append((mean, covariance))
            mean, covariance, fit = self._update(mean, covariance, self._x[:, t])
            filtered.append((mean, covariance))
            likelihood = likelihood + fit
        return likelihood, predicted, filtered

    def _update(self, mean, covariance, x):
        emission, noise = self._system["emission"], torch.diag(self._system["emission_variance"])
        error = (x - mean @ emission.T - self._system["emission_offset"]).unsqueeze(-1)
        cross = emission @ covariance
        factor = torch.linalg.cholesky(symmetric(cross @ emission.T + noise))
        gain = torch.cholesky_solve(cross, factor).mT
        rest = torch.eye(mean.shape[-1], dtype=mean.dtype) - gain @ emission
        after = symmetric(rest @ covariance @ rest.mT + gain @ noise @ gain.mT)
        white = torch.linalg.solve_triangular(factor, error, upper=False).squeeze(-1)
        fit = -0.5 * (white.square() + math.log(2 * math.pi)).sum(-1) - factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        return mean + (gain @ error).squeeze(-1), after, fit

    def _smooth(self, predicted, filtered):
        transition, noise = self._system["transition"], self._system["transition_covariance"]
        smoothed = [filtered[-1]]
        for (mean, covariance), (mean_ahead, covariance_ahead) in zip(reversed(filtered[:-1]), reversed(predicted[1:])):
            next_mean, next_covariance = smoothed[-1]
            gain = torch.cholesky_solve(transition @ covariance, torch.linalg.cholesky(covariance_ahead)).mT
            rest = torch.eye(mean.shape[-1], dtype=mean.dtype) - gain @ transition
            after = symmetric(rest @ covariance @ rest.mT + gain @ (next_covariance + noise) @ gain.mT)
            smoothed.append((mean + (gain @ (next_mean - mean_ahead).unsqueeze(-1)).squeeze(-1), after))
        return smoothed[::-1]


def symmetric(matrix):
    return 0.5 * (matrix + matrix.mT)
