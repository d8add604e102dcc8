"""The one type that data hands to the recognizer."""

from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor


@dataclass(frozen=True)
class ClipBatch:
    """The clips of B sequences, K of each; a rank that is left without sequences gets B = 0.

    Attributes:
        clip: float32 (B * K, T, M, V, C); the K clips of a sequence follow each other.
        label: int64 (B,), the class of each sequence from 0.
        sequence: int64 (B,), the index of each sequence in its store.
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
        """K, the number of clips of each sequence; 1 in a batch without any."""
        return len(self.clip) // len(self.label) if len(self.label) else 1

    def to(self, *args: Any, **kwargs: Any) -> Self:  # noqa: ANN401 (as Tensor.to)
        """Move all tensors; the arguments are those of `torch.Tensor.to`.

        From page-locked memory the host goes on without waiting for the transfer.
        """
        kwargs.setdefault("non_blocking", self.clip.is_pinned())
        return type(self)(
            self.clip.to(*args, **kwargs),
            self.label.to(*args, **kwargs),
            self.sequence.to(*args, **kwargs),
        )

    def pin_memory(self) -> Self:
        """Copy to page-locked memory, from where transfers to a GPU overlap with its work."""
        return type(self)(
            self.clip.pin_memory(), self.label.pin_memory(), self.sequence.pin_memory()
        )
