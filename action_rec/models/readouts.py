"""Read-outs: modules that map the features of all frames (B, T, D) to clip features (B, D)."""

from typing import Literal

import torch
from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.models.encoders import Before, States
from action_rec.models.padding import Padding

ReadoutName = Literal["last", "running_mean", "mean", "attention"]


class Readout(nn.Module):
    """Base class of read-outs, which map features (B, T, D) to clip features (B, D).

    They are called with the features and the padding of their frames, which is None if there is
    none.

    Attributes:
        causal: Whether a stream can be read at every frame, from the frames so far alone.
        num_states: Number of tensors of the state that a stream carries.
    """

    causal = False
    num_states = 0

    def every_frame(self, features: Tensor, before: Before) -> tuple[Tensor, States]:
        """Read every frame; only a causal read-out can.

        Args:
            features: The next frames, (B, T, D).
            before: `num_states` tensors that the call on the preceding frames returned, or Nones.

        Returns:
            (B, T, D) what `forward` gives for the frames up to each one, and the states after the
            last.
        """
        raise NotImplementedError


class LastStep(Readout):
    """Return the step that depends on the whole clip: the last, or the first of a backward layer.

    Args:
        bidirectional: Whether the second half of the features runs backward in time.
    """

    causal = True

    def __init__(self, bidirectional: bool = False) -> None:
        super().__init__()
        self.bidirectional = bidirectional

    def forward(self, features: Tensor, padding: Padding | None = None) -> Tensor:
        """Return clip features (B, D) from `features` (B, T, D)."""
        last = features[:, -1] if padding is None else padding.last(features)
        if not self.bidirectional:
            return last
        half = features.shape[2] // 2
        return torch.cat((last[:, :half], features[:, 0, half:]), dim=1)

    def every_frame(self, features: Tensor, before: Before) -> tuple[Tensor, States]:
        """Return the features as they are; see `Readout`."""
        return features, []


class RunningMean(Readout):
    """Mean over the steps so far, which can be read at every frame; at the last as the mean."""

    causal = True
    num_states = 1

    def forward(self, features: Tensor, padding: Padding | None = None) -> Tensor:
        """Return clip features (B, D) from `features` (B, T, D)."""
        return features.mean(dim=1) if padding is None else padding.mean(features)

    def every_frame(self, features: Tensor, before: Before) -> tuple[Tensor, States]:
        """Go on with the mean; the state (B, D + 1) is mean and number of frames."""
        state = before[0]
        if state is None:
            state = features.new_zeros(len(features), features.shape[2] + 1)
        mean, count = state[:, None, :-1], state[:, None, -1:]
        counts = count + torch.ones_like(features[:, :, :1]).cumsum(dim=1)
        # The differences are small where a sum over a long stream would lose digits.
        means = mean + (features - mean).cumsum(dim=1) / counts
        return means, [torch.cat((means[:, -1], counts[:, -1]), dim=1)]


class MeanOverTime(Readout):
    """Mean over all steps."""

    def forward(self, features: Tensor, padding: Padding | None = None) -> Tensor:
        """Return clip features (B, D) from `features` (B, T, D)."""
        return features.mean(dim=1) if padding is None else padding.mean(features)


class Attention(Readout):
    """Weighted mean over all steps (additive attention, Bahdanau et al., arXiv 1409.0473).

    Args:
        size: Number of features D.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(size, size)
        self.score = nn.Linear(size, 1, bias=False)

    def weights(self, features: Tensor, padding: Padding | None = None) -> Tensor:
        """Return the weights (B, T) of the steps of `features` (B, T, D); each row sums to 1."""
        scores: Tensor = self.score(torch.tanh(self.hidden(features))).squeeze(2)
        if padding is not None:
            scores = scores.masked_fill(~padding.valid, -torch.inf)
        return scores.softmax(dim=1)

    def forward(self, features: Tensor, padding: Padding | None = None) -> Tensor:
        """Return clip features (B, D) from `features` (B, T, D)."""
        return torch.einsum("bt,btd->bd", self.weights(features, padding), features)


def build_readout(name: ReadoutName, size: int, *, bidirectional: bool) -> Readout:
    """Build the read-out `name` for features of `size`.

    Raises:
        InputError: `name` is unknown.
    """
    match name:
        case "last":
            return LastStep(bidirectional)
        case "running_mean":
            return RunningMean()
        case "mean":
            return MeanOverTime()
        case "attention":
            return Attention(size)
    raise InputError(f"readout must be 'last', 'running_mean', 'mean' or 'attention', got '{name}'")
