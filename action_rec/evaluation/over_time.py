"""Class probabilities over time, of networks that are read at every frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from action_rec.errors import InputError
from action_rec.evaluation.arrays import UNREADABLE, read_arrays, write_arrays

_CLASSES = 5  # that are kept of each sequence
_ARRAYS = ("names", "classes", "readings", "probabilities", "frame_step")


class Readings(NamedTuple):
    """The probabilities of B sequences after each frame that the network has read.

    Attributes:
        classes: uint16 (B, k) the true class, then those that are the most likely at some time.
        counts: int64 (B,) how often each sequence was read.
        probabilities: uint8 (sum of the counts, k), 0 to 255 for 0 to 1.
    """

    classes: NDArray[np.uint16]
    counts: NDArray[np.int64]
    probabilities: NDArray[np.uint8]


def readings(logits: Tensor, label: Tensor, lengths: Tensor | None) -> Readings:
    """Keep the probabilities of the most telling classes.

    Args:
        logits: (B, T, num_classes).
        label: int64 (B,) true classes.
        lengths: int64 (B,) frames of each sequence, before padding; None if all have T.
    """
    batch, frames, classes = logits.shape
    counts = torch.full((batch,), frames) if lengths is None else lengths.cpu()
    valid = torch.arange(frames) < counts[:, None]
    every = logits.softmax(dim=2).cpu() * valid[:, :, None]
    peak = every.amax(dim=1).scatter(1, label.cpu()[:, None], 2.0)  # the true class comes first
    chosen = peak.topk(min(_CLASSES, classes)).indices
    kept = every.gather(2, chosen[:, None].expand(-1, frames, -1))[valid]
    return Readings(
        chosen.numpy().astype(np.uint16),
        counts.numpy(),
        (kept * 255).round().to(torch.uint8).numpy(),
    )


@dataclass(frozen=True)
class OverTime:
    """The readings of the sequences of a test.

    Attributes:
        names: (N,) names of the sequences.
        readings: Theirs.
        frame_step: Frames of the recording from one reading to the next; 0 if the network read
            clips of frames that are spread over the recording.

    Raises:
        ValueError: The shapes do not match, or a sequence was never read.
    """

    names: NDArray[np.str_]
    readings: Readings
    frame_step: int

    def __post_init__(self) -> None:
        classes, counts, probabilities = self.readings
        shapes = (self.names.shape, classes.shape[:1], counts.shape)
        good = len(set(shapes)) == 1 and classes.ndim == 2 and self.frame_step >= 0
        if not good or len(counts) == 0 or counts.min() < 1 or counts.max() > len(probabilities):
            raise ValueError("the numbers of names, classes and readings do not match")
        if probabilities.shape != (int(counts.sum()), *classes.shape[1:]):
            raise ValueError(f"{probabilities.shape} probabilities do not match the readings")

    @cached_property
    def _rows(self) -> dict[str, tuple[int, int]]:
        """The number of each sequence and its first reading, by name."""
        counts = self.readings.counts
        first = (counts.cumsum() - counts).tolist()
        return {name: (n, first[n]) for n, name in enumerate(self.names.tolist())}

    @classmethod
    def join(cls, names: NDArray[np.str_], parts: Sequence[Readings], frame_step: int) -> Self:
        """Put the parts of a test in the order of the names (N,)."""
        classes, counts, every = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        order = np.argsort(names)
        of_sequence = np.split(every, counts.cumsum()[:-1])
        every = np.concatenate([of_sequence[n] for n in order.tolist()])
        return cls(names[order], Readings(classes[order], counts[order], every), frame_step)

    def after(
        self, name: str, frames: NDArray[np.int64], length: int
    ) -> tuple[list[int], NDArray[np.uint8]] | None:
        """Return the classes (k,) and probabilities (n, k) of a sequence after some frames.

        Args:
            name: Its name.
            frames: (n,) frames of the recording, from 0.
            length: Frames of the recording.

        Returns:
            None if the sequence was not read.
        """
        if name not in self._rows:
            return None
        row, first = self._rows[name]
        classes, counts, probabilities = self.readings
        step, count = self.frame_step, int(counts[row])
        last = frames // step if step else frames * count // length
        return classes[row].tolist(), probabilities[first + last.clip(max=count - 1)]

    def write(self, path: Path) -> None:
        """Write a .npz file."""
        classes, counts, probabilities = self.readings
        arrays = (self.names, classes, counts, probabilities, np.array(self.frame_step))
        write_arrays(path, dict(zip(_ARRAYS, arrays, strict=True)))

    @classmethod
    def read(cls, path: Path, num_classes: int) -> Self:
        """Read a file written by `write`.

        Raises:
            InputError: It is damaged, or has other classes.
        """
        try:
            names, classes, counts, probabilities, step = read_arrays(path, _ARRAYS)
            kinds = [array.dtype.kind for array in (names, classes, counts, step)]
            if kinds != [*"Uuii"] or probabilities.dtype != np.uint8:
                raise ValueError("an array has another type")
            if classes.max(initial=0) >= num_classes:
                raise ValueError(f"a class is above {num_classes - 1}")
            return cls(names, Readings(classes, counts, probabilities), int(step))
        except UNREADABLE as error:
            raise InputError(
                f"{path} cannot be read as probabilities over time ({error}); remove it, or run "
                "'python -m action_rec test' again"
            ) from error
