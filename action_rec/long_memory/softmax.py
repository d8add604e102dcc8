"""Adaptive softmax, the output layer of networks with a large vocabulary."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from action_rec.errors import InputError


class AdaptiveSoftmax(nn.Module):
    """Adaptive softmax over symbols that are sorted by frequency (Grave et al., arXiv 1609.04309).

    The most frequent symbols are in the head; each cluster of rarer symbols is reached through one
    entry of the head and has a smaller projection. So the loss of a step needs the scores of the
    head and of one cluster. Its probabilities are those of the whole vocabulary and sum to 1:
    the perplexity is exact. Computed in 32 bits by `torch.nn.AdaptiveLogSoftmaxWithLoss`.

    Args:
        size: Number of input features D.
        num_outputs: Number of symbols K.
        cutoffs: Increasing indices at which a new cluster begins, from 1 to K - 1.
        div_value: Factor by which the projection of each cluster is smaller than the one before.
        projection: Size of a linear layer before the softmax; None for no such layer.

    Raises:
        InputError: The cutoffs do not fit the vocabulary, or `div_value` or `projection` the size.
    """

    def __init__(
        self,
        size: int,
        num_outputs: int,
        cutoffs: list[int],
        div_value: float = 4.0,
        projection: int | None = None,
    ) -> None:
        super().__init__()
        if not cutoffs or sorted({*cutoffs}) != [*cutoffs] or cutoffs[0] < 1:
            raise InputError(f"cutoffs must be increasing numbers above 0, got {cutoffs}")
        if cutoffs[-1] >= num_outputs:
            raise InputError(
                f"cutoffs must be below the {num_outputs:,} symbols of the vocabulary, got "
                f"{cutoffs}; use smaller ones with --model.network.softmax.cutoffs"
            )
        if projection is not None and projection < 1:
            raise InputError(f"projection must be at least 1 or null, got {projection}")
        width = size if projection is None else projection
        if not div_value >= 1 or width < div_value ** len(cutoffs):
            raise InputError(
                f"div_value must be at least 1 and leave a feature to each of {len(cutoffs)} "
                f"clusters, which {div_value} does not of {width}; use a smaller one"
            )
        self.project = nn.Identity() if projection is None else nn.Linear(size, projection)
        self.softmax = nn.AdaptiveLogSoftmaxWithLoss(width, num_outputs, cutoffs, div_value)

    def forward(self, x: Tensor) -> Tensor:
        """Return the log-probabilities (B, T, K) of all symbols for features `x` (B, T, D)."""
        with torch.autocast(x.device.type, enabled=False):
            scores: Tensor = self.softmax.log_prob(self._project(x).flatten(0, 1))
        return scores.view(*x.shape[:2], -1)

    def of_targets(self, x: Tensor, targets: Tensor) -> Tensor:
        """Return the log-probabilities (N,) of targets (N,) for features `x` (N, D)."""
        with torch.autocast(x.device.type, enabled=False):
            scores: Tensor = self.softmax(self._project(x), targets).output
            return scores + self._absent(targets)

    def _project(self, x: Tensor) -> Tensor:
        features: Tensor = self.project(x.to(self.softmax.head.weight.dtype))
        return features

    def _absent(self, targets: Tensor) -> Tensor:
        """Return a zero that depends on the clusters without a target.

        Gradients are then zero instead of missing, which several ranks need.
        """
        zero = self.softmax.head.weight.new_zeros(())
        bounds = pairwise(self.softmax.cutoffs)
        for cluster, (low, high) in zip(self.softmax.tail, bounds, strict=True):
            if not bool(((targets >= low) & (targets < high)).any()):
                zero = zero + sum(0.0 * weight[0, 0] for weight in cluster.parameters())
        return zero


SoftmaxCallable = Callable[[int, int], AdaptiveSoftmax]  # (size, num_outputs) -> softmax
