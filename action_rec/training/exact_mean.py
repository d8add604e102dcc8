"""Mean over sequences that is bitwise reproducible on any number of ranks."""

import torch
from torch import Tensor
from torchmetrics import Metric

# Values are summed as integers in units of 2^-24, the resolution of a float32 near 1.
_PARTS = 2**24
# The int64 sum of a few hundred thousand larger values would overflow.
_LARGEST = 2**20


class ExactMean(Metric):
    """Mean of one value per sequence, independent of their order.

    A sum of floats depends on the order of its terms, and so on the distribution of sequences over
    ranks; a sum of integers does not. The mean is NaN if a value is NaN or its magnitude is above
    2^20.
    """

    full_state_update = False

    parts: Tensor
    count: Tensor
    broken: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("parts", "count", "broken"):
            self.add_state(name, torch.tensor(0), dist_reduce_fx="sum")

    def update(self, values: Tensor) -> None:
        """Add the values of B sequences, (B,); B may be 0."""
        values = values.detach().float()
        finite = values.abs() <= _LARGEST  # false for NaN
        self.parts += (values * _PARTS).round().where(finite, 0).long().sum()
        self.count += len(values)
        self.broken += (~finite).sum()

    def compute(self) -> Tensor:
        """Return the mean, a scalar."""
        mean = self.parts.float() / self.count / _PARTS
        return mean.where(self.broken == 0, torch.nan)
