"""Loss and metrics of a network that is read at every frame."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

SHARES = tuple(tenths / 10 for tenths in range(1, 11))


def rising_loss(
    logits: Tensor, label: Tensor, position: Tensor, duration: Tensor, label_smoothing: float = 0.0
) -> Tensor:
    """Return the mean cross-entropy over all frames, weighted by how much has been seen.

    Frame t of a recording of T frames has the weight t / T, divided by its mean over the
    recording: the first frames of most actions look alike, and a network that is punished for them
    in full learns to guess. Aliakbarian et al., "Encouraging LSTMs to Anticipate Actions Very
    Early", ICCV 2017 (arXiv 1703.07023), raise the weight of false positives by the same rule;
    here it weighs the whole cross-entropy. Each recording counts once, whatever its length.

    Args:
        logits: (N, T, num_classes).
        label: int64 (N, T) class of each frame.
        position: int64 (N, T) number of each frame in its recording, from 1; 0 in padding.
        duration: int64 (N, T) frames of that recording.
        label_smoothing: As in `torch.nn.CrossEntropyLoss`.
    """
    valid = position > 0
    entropy = functional.cross_entropy(
        logits[valid], label[valid], reduction="none", label_smoothing=label_smoothing
    )
    t, frames = position[valid].to(entropy), duration[valid].to(entropy)
    share = 2 * t / (frames * (frames + 1))  # of the frame in the mean over its recording
    return (share * entropy).sum() / share.sum()


class FrameResults(NamedTuple):
    """How B sequences were recognized frame by frame.

    Attributes:
        at_shares: bool (B, 10) whether the label was right after each of `SHARES` of the frames.
        right: int64 (B,) frames with the right label.
        frames: int64 (B,) all frames.
        settled: int64 (B,) frames seen until the label was right and stayed so, from 1; 0 for
            sequences whose last label is wrong.
    """

    at_shares: Tensor
    right: Tensor
    frames: Tensor
    settled: Tensor

    @property
    def auc(self) -> Tensor:
        """The mean over the shares, float32 (B,)."""
        return self.at_shares.float().mean(dim=1)


def frames_seen(lengths: Tensor) -> Tensor:
    """Return how many of `lengths` (B,) frames are seen after each of `SHARES`, int64 (B, 10)."""
    tenths = torch.arange(1, len(SHARES) + 1, device=lengths.device)
    return (lengths[:, None] * tenths + len(SHARES) - 1) // len(SHARES)  # rounded up


def frame_results(logits: Tensor, label: Tensor, lengths: Tensor | None) -> FrameResults:
    """Compare the logits of all frames with the label of the sequence.

    Args:
        logits: (B, T, num_classes).
        label: int64 (B,) classes.
        lengths: int64 (B,) frames of each sequence, before padding; None if all have T.
    """
    batch, frames = logits.shape[:2]
    if lengths is None:
        lengths = torch.full((batch,), frames, device=logits.device)
    number = torch.arange(1, frames + 1, device=logits.device)
    valid = number <= lengths[:, None]
    right = (logits.argmax(dim=2) == label[:, None]) & logits.isfinite().all(dim=2) & valid
    wrong_last = ((valid & ~right) * number).amax(dim=1)  # 0 if none is wrong
    settled = torch.where(wrong_last < lengths, wrong_last + 1, 0)
    return FrameResults(
        right.gather(1, frames_seen(lengths) - 1), right.sum(dim=1), lengths, settled
    )
