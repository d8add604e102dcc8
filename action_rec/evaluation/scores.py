"""Scores: the logits of every sequence of a split, in one file keyed by the sequence's name."""

import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError

# What `about` says in every file.
_FACTS = ("dataset", "joint_set", "benchmark", "split", "clips", "network", "selection")
_ARRAYS = ("names", "labels", "class_names", "logits", "first_clip", "about")
_UNREADABLE = (
    *(OSError, ValueError, TypeError, KeyError, EOFError, MemoryError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)


@dataclass(frozen=True)
class Scores:
    """What a network said of N sequences, sorted by name.

    Attributes:
        names: (N,) names of the sequences, each once.
        labels: int64 (N,), their true classes.
        class_names: K names, in the order of the logits.
        logits: float32 (N, K), the mean over all clips.
        first_clip: float32 (N, K), those of the first clip alone.
        about: Where they come from: dataset, joint_set, benchmark, split, clips, network, ...

    Raises:
        ValueError: The arrays do not belong together, or a name comes twice.
    """

    names: NDArray[np.str_]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    logits: NDArray[np.float32]
    first_clip: NDArray[np.float32]
    about: dict[str, Any]

    def __post_init__(self) -> None:
        shape = (len(self.names), len(self.class_names))
        if len(self.labels) != shape[0] or {self.logits.shape, self.first_clip.shape} != {shape}:
            raise ValueError(
                f"{len(self.labels)} labels, logits {self.logits.shape} and {self.first_clip.shape}"
                f" do not fit {shape[0]} names and {shape[1]} classes"
            )
        if len(self.names) == 0 or len(np.unique(self.names)) < len(self.names):
            raise ValueError("there is no sequence, or one comes twice")
        if self.labels.min() < 0 or self.labels.max() >= shape[1]:
            raise ValueError(f"labels must be from 0 to {shape[1] - 1}")
        missing = [fact for fact in _FACTS if fact not in self.about]
        if missing:
            raise ValueError(f"'about' does not say {', '.join(missing)}")
        order = np.argsort(self.names)
        for name in ("names", "labels", "logits", "first_clip"):
            object.__setattr__(self, name, getattr(self, name)[order])

    def __len__(self) -> int:
        return len(self.names)

    def write(self, path: Path) -> None:
        """Write a .npz file: the same bytes for the same scores, at any time and on any machine."""
        arrays = {
            "names": self.names,
            "labels": self.labels.astype("<i8"),
            "class_names": np.array(self.class_names),
            "logits": self.logits.astype("<f4"),
            "first_clip": self.first_clip.astype("<f4"),
            "about": np.array(json.dumps(self.about, sort_keys=True)),
        }
        partial = path.with_name(f"{path.name}.partial")
        with zipfile.ZipFile(partial, "w") as file:
            for name, array in arrays.items():
                data = io.BytesIO()
                np.lib.format.write_array(data, array, allow_pickle=False)
                # A ZipInfo without a date has the first that a zip can tell: no clock is asked.
                file.writestr(zipfile.ZipInfo(f"{name}.npy"), data.getvalue())
        partial.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote; nothing that the file holds is run.

        Raises:
            InputError: The file is missing or damaged, or is no scores file.
        """
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                names, labels, classes, logits, first, about = (file[name] for name in _ARRAYS)
            if labels.dtype.kind != "i" or not np.isfinite((logits, first)).all():
                raise ValueError("its labels or its logits are no numbers")
            return cls(
                names.astype(np.str_),
                labels.astype(np.int64),
                tuple(classes.astype(np.str_).tolist()),
                logits.astype(np.float32),
                first.astype(np.float32),
                dict(json.loads(str(about))),
            )
        except _UNREADABLE as error:
            raise InputError(
                f"{path} cannot be read as a scores file ({error}); give a .npz file that "
                "'python -m action_rec test' or 'ensemble' wrote"
            ) from error


def check_comparable(paths: Sequence[Path], scores: Iterable[Scores]) -> None:
    """Check that scores are of the same sequences and classes, fit to be set side by side.

    Raises:
        InputError: Data set, benchmark, split, classes, sequences or labels differ.
    """
    first, *others = scores
    for path, other in zip(paths[1:], others, strict=True):
        for fact in ("dataset", "benchmark", "split"):
            if first.about[fact] != other.about[fact]:
                raise InputError(
                    f"{paths[0]} has {fact} '{first.about[fact]}', but {path} has "
                    f"'{other.about[fact]}'; give scores of one {fact}"
                )
        if first.class_names != other.class_names:
            raise InputError(
                f"{path} has other classes than {paths[0]}; give scores of one class list"
            )
        if not np.array_equal(first.names, other.names):
            differing = sorted(set(first.names.tolist()) ^ set(other.names.tolist()))
            raise InputError(
                f"{path} has {len(other)} sequences and {paths[0]} has {len(first)}, and "
                f"'{differing[0]}' is in one of them only; give scores of the same sequences"
            )
        if not np.array_equal(first.labels, other.labels):
            raise InputError(
                f"{path} and {paths[0]} give the same sequences other labels; give scores of one "
                "store"
            )
