"""The batch type that the data module passes to the recognizer."""

from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor


@dataclass(frozen=True)
class ClipBatch:
    """K clips of each of B sequences; B is 0 on a rank without sequences left.

    Attributes:
        clip: float32 (B * K, T, M, V, C) clips; the K clips of a sequence are adjacent.
        label: int64 (B,) class of each sequence, from 0.
        sequence: int64 (B,) index of each sequence in its store.

    Raises:
        ValueError: `clip` does not have five dimensions or its length is not a multiple of B.
    """

    clip: Tensor
    label: Tensor
    sequence: Tensor

    def __post_init__(self) -> None:
        if self.clip.ndim != 5 or len(self.clip) % max(1, len(self.label)):
            raise ValueError(
                f"clip must be (B * K, T, M, V, C) for the B = {len(self.label)} labels, "
                f"got {tuple(self.clip.shape)}"
            )

    @property
    def clips_per_sequence(self) -> int:
        """K, the number of clips of each sequence; 1 in an empty batch."""
        return len(self.clip) // len(self.label) if len(self.label) else 1

    def to(self, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 (as Tensor.to)
        """Move all tensors, asynchronously from pinned memory; arguments as `torch.Tensor.to`."""
        kwargs.setdefault("non_blocking", self.clip.is_pinned())
        return type(self)(
            self.clip.to(*args, **kwargs),
            self.label.to(*args, **kwargs),
            self.sequence.to(*args, **kwargs),
        )

    def pin_memory(self) -> Self:
        """Copy all tensors to pinned memory, from which transfers to a GPU are asynchronous."""
        return type(self)(
            self.clip.pin_memory(), self.label.pin_memory(), self.sequence.pin_memory()
        )
