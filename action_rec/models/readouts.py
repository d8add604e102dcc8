"""From the features of all frames (B, T, D) to those of a clip (B, D)."""

from typing import Literal

import torch
from torch import Tensor, nn

from action_rec.errors import InputError

ReadoutName = Literal["last", "mean", "attention"]


class LastStep(nn.Module):
    """The last step, of a backward half its first: what has seen the whole clip."""

    def __init__(self, bidirectional: bool = False) -> None:
        super().__init__()
        self.bidirectional = bidirectional

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, D) of (B, T, D)."""
        if not self.bidirectional:
            return features[:, -1]
        ahead, back = features.chunk(2, dim=2)
        return torch.cat((ahead[:, -1], back[:, 0]), dim=1)


class MeanOverTime(nn.Module):
    """The mean of all steps."""

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, D) of (B, T, D)."""
        return features.mean(dim=1)


class Attention(nn.Module):
    """A weighted mean of all steps (additive attention, Bahdanau et al., arXiv 1409.0473).

    Args:
        size: Number of features D.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(size, size)
        self.score = nn.Linear(size, 1, bias=False)

    def weights(self, features: Tensor) -> Tensor:
        """Return the weight of each step, (B, T), which sum to 1, of features (B, T, D)."""
        scores: Tensor = self.score(torch.tanh(self.hidden(features)))
        return scores.squeeze(2).softmax(dim=1)

    def forward(self, features: Tensor) -> Tensor:
        """Return (B, D) of (B, T, D)."""
        return torch.einsum("bt,btd->bd", self.weights(features), features)


def build_readout(name: ReadoutName, size: int, *, bidirectional: bool) -> nn.Module:
    """Build a read-out by its name.

    Raises:
        InputError: There is none of that name.
    """
    match name:
        case "last":
            return LastStep(bidirectional)
        case "mean":
            return MeanOverTime()
        case "attention":
            return Attention(size)
    raise InputError(f"readout must be 'last', 'mean' or 'attention', got '{name}'")
