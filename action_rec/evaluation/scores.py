"""Scores: the logits of every sequence of a split, and the .npz file that stores them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.evaluation.arrays import UNREADABLE, read_arrays, write_arrays

# Required keys of the metadata, and others that are read, with their types.
_TYPES = {
    **dict.fromkeys(("dataset", "joint_set", "benchmark", "split", "network", "selection"), str),
    "clips": int,
}
_OPTIONAL: dict[str, type] = {"format": dict, "chosen": str, "versions": dict, "batch_norm": str}
_LARGEST = 2**31  # of a number of clips or sequences
_ARRAYS = ("names", "labels", "class_names", "logits", "first_clip", "about")


@dataclass(frozen=True)
class Scores:
    """Logits of a network for N sequences, sorted by name.

    Attributes:
        names: Unique names of the sequences, (N,).
        labels: True classes, int64 (N,).
        class_names: K names, in the order of the logits.
        logits: Mean logits over all clips, float32 (N, K).
        first_clip: Logits of the first clip, float32 (N, K).
        metadata: Provenance: dataset, joint_set, benchmark, split, clips, network, ...

    Raises:
        ValueError: The shapes do not match, a name is repeated, a label is out of range, or the
            metadata lack a key or have a value of another type.
    """

    names: NDArray[np.str_]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    logits: NDArray[np.float32]
    first_clip: NDArray[np.float32]
    metadata: dict[str, Any]

    def __post_init__(self) -> None:
        shape = (len(self.names), len(self.class_names))
        if len(self.labels) != shape[0] or {self.logits.shape, self.first_clip.shape} != {shape}:
            raise ValueError(
                f"{len(self.labels)} labels, logits {self.logits.shape} and {self.first_clip.shape}"
                f" do not match {shape[0]} names and {shape[1]} classes"
            )
        if len(self.names) == 0 or len(np.unique(self.names)) < len(self.names):
            raise ValueError("there are no sequences, or names are repeated")
        if self.labels.min() < 0 or self.labels.max() >= shape[1]:
            raise ValueError(f"labels must be from 0 to {shape[1] - 1}")
        check_metadata(self.metadata)
        order = np.argsort(self.names)
        for name in ("names", "labels", "logits", "first_clip"):
            object.__setattr__(self, name, getattr(self, name)[order])

    def __len__(self) -> int:
        return len(self.names)

    def write(self, path: Path) -> None:
        """Write a .npz file, whose bytes depend only on the scores."""
        arrays = {
            "names": self.names,
            "labels": self.labels.astype("<i8"),
            "class_names": np.array(self.class_names),
            "logits": self.logits.astype("<f4"),
            "first_clip": self.first_clip.astype("<f4"),
            "about": np.array(json.dumps(self.metadata, sort_keys=True)),
        }
        write_arrays(path, arrays)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file written by `write`, without unpickling.

        Raises:
            InputError: The file is missing, damaged, or not a scores file.
        """
        try:
            names, labels, classes, logits, first, metadata = read_arrays(path, _ARRAYS)
            if labels.dtype.kind != "i" or not np.isfinite((logits, first)).all():
                raise ValueError("labels must be integers and logits finite")
            return cls(
                names.astype(np.str_),
                labels.astype(np.int64),
                tuple(classes.astype(np.str_).tolist()),
                logits.astype(np.float32),
                first.astype(np.float32),
                json.loads(str(metadata)),
            )
        except UNREADABLE as error:
            raise InputError(
                f"{path} cannot be read as a scores file ({error}); use a .npz file written by "
                "'python -m action_rec test' or 'ensemble'"
            ) from error


def check_metadata(metadata: Any, required: Sequence[str] = tuple(_TYPES)) -> None:  # noqa: ANN401
    """Check the metadata of scores or results: required keys, and the types of all that is read.

    Args:
        metadata: What a file contains.
        required: The keys that it must have.

    Raises:
        ValueError: A key is missing, or a value has another type.
    """
    if not isinstance(metadata, dict):
        raise ValueError("the metadata are no mapping")
    missing = [key for key in required if key not in metadata]
    if missing:
        raise ValueError(f"the metadata lack {', '.join(missing)}")
    for key, types in {**_TYPES, **_OPTIONAL}.items():
        value = metadata.get(key)
        if value is not None or key in _TYPES:
            if not isinstance(value, types) or isinstance(value, bool):
                raise ValueError(f"{key} must be {_name(types)}, got {type(value).__name__}")
            if isinstance(value, int) and not 0 <= value <= _LARGEST:
                raise ValueError(f"{key} must be from 0 to {_LARGEST:,}, got {value}")
    streams = metadata.get("format", {}).get("streams", ["joint"])
    if not isinstance(streams, list) or not all(isinstance(one, str) for one in streams):
        raise ValueError("the streams of the format must be a list of names")


def _name(types: type) -> str:
    return {str: "a text", int: "an integer", dict: "a mapping"}[types]


def check_comparable(paths: Sequence[Path], scores: Iterable[Scores]) -> None:
    """Check that all scores are for the same sequences and classes.

    Args:
        paths: Files of the scores, for error messages.
        scores: The scores, in the order of `paths`.

    Raises:
        InputError: Data set, benchmark, split, classes, sequences or labels differ.
    """
    first, *others = scores
    for path, other in zip(paths[1:], others, strict=True):
        for key in ("dataset", "benchmark", "split"):
            if first.metadata[key] != other.metadata[key]:
                raise InputError(
                    f"{paths[0]} has {key} '{first.metadata[key]}', but {path} has "
                    f"'{other.metadata[key]}'; use scores of the same {key}"
                )
        if first.class_names != other.class_names:
            raise InputError(
                f"{path} has other classes than {paths[0]}; use scores with the same classes"
            )
        if not np.array_equal(first.names, other.names):
            differing = sorted(set(first.names.tolist()) ^ set(other.names.tolist()))
            raise InputError(
                f"{path} has {len(other)} sequences and {paths[0]} has {len(first)}, and "
                f"'{differing[0]}' is in only one of them; use scores of the same sequences"
            )
        if not np.array_equal(first.labels, other.labels):
            raise InputError(
                f"{path} and {paths[0]} have different labels for the same sequences; use scores "
                "of the same store"
            )
