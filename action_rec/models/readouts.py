"""Read-outs: modules that map the features of all frames (B, T, D) to clip features (B, D)."""

from typing import Literal

import torch
from torch import Tensor, nn

from action_rec.errors import InputError

ReadoutName = Literal["last", "mean", "attention"]


class LastStep(nn.Module):
    """Return the step that depends on the whole clip: the last, or the first of a backward layer.

    Args:
        bidirectional: Whether the second half of the features runs backward in time.
    """

    def __init__(self, bidirectional: bool = False) -> None:
        super().__init__()
        self.bidirectional = bidirectional

    def forward(self, features: Tensor) -> Tensor:
        """Return clip features (B, D) from `features` (B, T, D)."""
        if not self.bidirectional:
            return features[:, -1]
        forward, backward = features.chunk(2, dim=2)
        return torch.cat((forward[:, -1], backward[:, 0]), dim=1)


class MeanOverTime(nn.Module):
    """Mean over all steps."""

    def forward(self, features: Tensor) -> Tensor:
        """Return clip features (B, D) from `features` (B, T, D)."""
        return features.mean(dim=1)


class Attention(nn.Module):
    """Weighted mean over all steps (additive attention, Bahdanau et al., arXiv 1409.0473).

    Args:
        size: Number of features D.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(size, size)
        self.score = nn.Linear(size, 1, bias=False)

    def weights(self, features: Tensor) -> Tensor:
        """Return the weights (B, T) of the steps of `features` (B, T, D); each row sums to 1."""
        scores: Tensor = self.score(torch.tanh(self.hidden(features)))
        return scores.squeeze(2).softmax(dim=1)

    def forward(self, features: Tensor) -> Tensor:
        """Return clip features (B, D) from `features` (B, T, D)."""
        return torch.einsum("bt,btd->bd", self.weights(features), features)


def build_readout(name: ReadoutName, size: int, *, bidirectional: bool) -> nn.Module:
    """Build the read-out `name` for features of `size`.

    Raises:
        InputError: `name` is unknown.
    """
    match name:
        case "last":
            return LastStep(bidirectional)
        case "mean":
            return MeanOverTime()
        case "attention":
            return Attention(size)
    raise InputError(f"readout must be 'last', 'mean' or 'attention', got '{name}'")
