"""Batches of sequences of different lengths: which frames are padding."""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn


class Padding(NamedTuple):
    """The frames of a batch (B, T) of sequences of different lengths; padding comes last.

    Attributes:
        lengths: int64 (B,) frames of each sequence, from 1 to T.
        valid: bool (B, T) which frames are not padding.
        rows: int64 (R,) indices of those frames in (B * T).
    """

    lengths: Tensor
    valid: Tensor
    rows: Tensor

    @classmethod
    def after(cls, lengths: Tensor, frames: int) -> Self:
        """Return the padding after sequences of `lengths` (B,) in a batch of so many frames T."""
        valid = torch.arange(frames, device=lengths.device) < lengths[:, None]
        return cls(lengths, valid, valid.flatten().nonzero()[:, 0])

    def repeated(self, times: int) -> "Padding":
        """Return the padding of a batch (B * times, T) with adjacent copies of each sequence."""
        lengths = self.lengths.repeat_interleave(times)
        return Padding.after(lengths, self.valid.shape[1])

    def last(self, features: Tensor) -> Tensor:
        """Return the last frame (B, D) of each sequence of `features` (B, T, D)."""
        sequences = torch.arange(len(self.lengths), device=self.lengths.device)
        return features[sequences, self.lengths - 1]

    def extend(self, clip: Tensor) -> Tensor:
        """Return a `clip` (B, T, ...) with the last frame of each sequence in its padding."""
        frames = torch.arange(self.valid.shape[1], device=self.lengths.device)
        sources = torch.minimum(frames, self.lengths[:, None] - 1)
        return clip[torch.arange(len(clip), device=clip.device)[:, None], sources]

    def reverse(self, features: Tensor) -> Tensor:
        """Return `features` (B, T, D) with the frames of each sequence in reverse order.

        Padding stays where it is, so that two reversals change nothing.
        """
        frames = torch.arange(self.valid.shape[1], device=self.lengths.device)
        order = torch.where(self.valid, self.lengths[:, None] - 1 - frames, frames)
        return features.gather(1, order[..., None].expand_as(features))

    def mean(self, features: Tensor) -> Tensor:
        """Return the mean (B, D) over the frames of each sequence of `features` (B, T, D)."""
        return (features * self.valid[..., None]).sum(dim=1) / self.lengths[:, None]


def padding_after(lengths: Tensor | None, clip: Tensor) -> Padding | None:
    """Return the padding after sequences of `lengths` (B,) in a clip (B, T, ...); None if None."""
    return None if lengths is None else Padding.after(lengths, clip.shape[1])


def on_frames(module: nn.Module, x: Tensor, padding: Padding | None) -> Tensor:
    """Apply a module to the rows of all frames that are not padding.

    Padding costs nothing then, and does not enter the statistics of a batch norm.

    Args:
        module: Maps (N, D) to (N, D'), e.g. a linear layer or a `BatchNorm1d`.
        x: (..., D), features of k parts of each of B * T frames, e.g. of bodies.
        padding: Which of the frames are padding; None for none of them.

    Returns:
        (..., D'), 0 in padding.
    """
    if padding is None or isinstance(module, nn.Identity):
        whole: Tensor = module(x)
        return whole
    frames = x.reshape(padding.valid.numel(), -1, x.shape[-1])
    chosen = frames.index_select(0, padding.rows)
    done: Tensor = module(chosen.flatten(0, 1)).view(*chosen.shape[:2], -1)
    filled = done.new_zeros(len(frames), *done.shape[1:])
    return filled.index_copy(0, padding.rows, done).view(*x.shape[:-1], -1)
