"""A mean over sequences that is the same to the last bit on any number of ranks."""

import torch
from torch import Tensor
from torchmetrics import Metric

# Values are counted in these parts: the resolution of a float32 of about 1.
_PARTS = 2**24
# Larger values would overflow the sum of a few hundred thousand of them: they count as none.
_LARGEST = 2**20


class ExactMean(Metric):
    """The mean of a value of every sequence.

    Sums of floats depend on their order, and so on how sequences are shared out among ranks; sums
    of integers do not. A value that is no number, or above a million, makes the mean none.
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
        finite = values.abs() <= _LARGEST  # false for what is no number
        self.parts += (values * _PARTS).round().where(finite, 0).long().sum()
        self.count += len(values)
        self.broken += (~finite).sum()

    def compute(self) -> Tensor:
        """The mean, a scalar."""
        mean = self.parts.float() / self.count / _PARTS
        return mean.where(self.broken == 0, torch.nan)
