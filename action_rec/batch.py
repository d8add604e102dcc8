"""The batch type that the data module passes to the recognizer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor


class FrameTargets(NamedTuple):
    """What each frame of N clips of T frames belongs to; all is 0 in padding.

    Attributes:
        label: int64 (N, T) class of the recording.
        position: int64 (N, T) number of the frame in its recording, from 1.
        duration: int64 (N, T) number of frames of that recording in the clip.
    """

    label: Tensor
    position: Tensor
    duration: Tensor


@dataclass(frozen=True)
class ClipBatch:
    """K clips of each of B sequences; B is 0 on a rank without sequences left.

    Attributes:
        clip: float32 (B * K, T, M, V, C) clips; the K clips of a sequence are adjacent.
        label: int64 (B,) class of each sequence, from 0.
        sequence: int64 (B,) index of each sequence in its store.
        lengths: int64 (B * K,) frames of each clip, from 1 to T, before padding of zeros; None if
            all have T (all samplings but ``frames``).
        joined: What the frames belong to, where other recordings come before the sequence in its
            clip; None for clips of one sequence.

    Raises:
        ValueError: `clip` does not have five dimensions or its length is not a multiple of B, or
            `lengths` has another length.
    """

    clip: Tensor
    label: Tensor
    sequence: Tensor
    lengths: Tensor | None = None
    joined: FrameTargets | None = None

    def __post_init__(self) -> None:
        if self.clip.ndim != 5 or len(self.clip) % max(1, len(self.label)):
            raise ValueError(
                f"clip must be (B * K, T, M, V, C) for the B = {len(self.label)} labels, "
                f"got {tuple(self.clip.shape)}"
            )
        if self.lengths is not None and self.lengths.shape != self.clip.shape[:1]:
            raise ValueError(
                f"lengths must be ({len(self.clip)},), one for each clip, got "
                f"{tuple(self.lengths.shape)}"
            )

    @property
    def clips_per_sequence(self) -> int:
        """K, the number of clips of each sequence; 1 in an empty batch."""
        return len(self.clip) // len(self.label) if len(self.label) else 1

    def frame_targets(self) -> FrameTargets:
        """Return what each frame of the clips belongs to."""
        if self.joined is not None:
            return self.joined
        clips, frames = self.clip.shape[:2]
        lengths = self.lengths
        if lengths is None:
            lengths = torch.full((clips,), frames, device=self.clip.device)
        position = torch.arange(1, frames + 1, device=self.clip.device).expand(clips, -1)
        valid = position <= lengths[:, None]
        label = self.label.repeat_interleave(self.clips_per_sequence)
        return FrameTargets(label[:, None] * valid, position * valid, lengths[:, None] * valid)

    def to(self, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 (as Tensor.to)
        """Move all tensors, asynchronously from pinned memory; arguments as `torch.Tensor.to`."""
        kwargs.setdefault("non_blocking", self.clip.is_pinned())
        return self._with(lambda tensor: tensor.to(*args, **kwargs))

    def pin_memory(self) -> Self:
        """Copy all tensors to pinned memory, from which transfers to a GPU are asynchronous."""
        return self._with(lambda tensor: tensor.pin_memory())

    def _with(self, change: Callable[[Tensor], Tensor]) -> Self:
        return type(self)(
            change(self.clip),
            change(self.label),
            change(self.sequence),
            None if self.lengths is None else change(self.lengths),
            None if self.joined is None else FrameTargets(*map(change, self.joined)),
        )
