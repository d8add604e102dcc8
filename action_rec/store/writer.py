"""Write a store (docs/store.md)."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import ArrayLike, NDArray

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import JointSet
from action_rec.store.format import FORMAT, VERSION
from action_rec.store.reader import Store

_ALIGNMENT = 64  # bytes: mapped float32 are then aligned for every vector unit


@dataclass(frozen=True)
class StoreFacts:
    """Facts about all sequences of a store.

    Attributes:
        dataset: Name of the dataset.
        joint_set: The V joints of a pose and their parents.
        class_names: K names, in the order of the labels.
        provenance: JSON object: ``written_by``, ``rules`` and ``counts``.
        unit: Unit of the coordinates.
    """

    dataset: str
    joint_set: JointSet
    class_names: Sequence[str]
    provenance: Mapping[str, Any]
    unit: str = "metre"


@dataclass(frozen=True)
class SequenceTable:
    """One row per sequence, sorted by name.

    Attributes:
        names: N names, ASCII.
        length: (N,) frames.
        bodies: (N,) bodies.
        label: (N,) classes, from 0.
        origin: (N, C) subtracted from every joint.
        decision: N texts: how the rules selected the bodies of the recording.
        columns: Any of subject, camera, setup and replication, each (N,).
        benchmarks: By name, (N,) with 0 for train, 1 for test, 2 for val, 255 for none.
        rotation: (N, C, C) matrices for column vectors, applied after that; None for no rotation.
        scale: (N,) divisors of the coordinates, applied last; None for no scaling.
        recorded_frames: (N,) frames of the recordings; None if no frame was dropped.
    """

    names: Sequence[str]
    length: ArrayLike
    bodies: ArrayLike
    label: ArrayLike
    origin: ArrayLike
    decision: Sequence[str]
    columns: Mapping[str, ArrayLike]
    benchmarks: Mapping[str, ArrayLike]
    scale: ArrayLike | None = None
    rotation: ArrayLike | None = None
    recorded_frames: ArrayLike | None = None


def write_store(
    path: str | Path,
    facts: StoreFacts,
    table: SequenceTable,
    poses: Iterable[NDArray[np.float32]],
    rejected: Mapping[str, str] | None = None,
) -> Store:
    """Write a store, sync it to the disk, and open it, which validates it.

    The same arguments give the same bytes. An existing file is replaced.

    Args:
        path: The file; its folder must exist.
        facts: Facts about all sequences.
        table: The sequences.
        poses: Blocks (n, V, C) of any n with the poses of all sequences in the order of the table.
            Only one block at a time need be in memory.
        rejected: Recordings that were found but not stored, with the reason of each.

    Returns:
        The store, opened for reading.

    Raises:
        InputError: The rows contradict each other or the number of poses.
    """
    count = np.asarray(table.length, dtype=np.int64) * np.asarray(table.bodies, dtype=np.int64)
    path = Path(path)
    # The earliest file format: its group headers hold no time of writing.
    with h5py.File(
        path, "w", libver="earliest", alignment_threshold=1, alignment_interval=_ALIGNMENT
    ) as file:
        _write_facts(file, facts)
        _write_table(file, table, count.cumsum() - count)
        _write_texts(file, "rejected/name", list(rejected or ()))
        _write_texts(file, "rejected/reason", list((rejected or {}).values()))
        num_coordinates = np.asarray(table.origin).shape[-1]
        shape = (int(count.sum()), len(facts.joint_set.joints), num_coordinates)
        _write_poses(file.create_dataset("poses", shape, "<f4", track_times=False), poses)
    with path.open("rb") as written:
        os.fsync(written.fileno())
    return Store(path)


def _write_facts(file: h5py.File, facts: StoreFacts) -> None:
    file.attrs["format"] = FORMAT
    file.attrs["version"] = VERSION
    file.attrs["dataset"] = facts.dataset
    file.attrs["joint_set"] = facts.joint_set.name
    file.attrs["unit"] = facts.unit
    file.attrs["provenance"] = json.dumps(facts.provenance)
    _write_texts(file, "classes", facts.class_names)
    _write_texts(file, "joints/name", facts.joint_set.joints)
    _write_numbers(file, "joints/parent", facts.joint_set.parents, "<i4")
    _write_numbers(file, "joints/mirror", facts.joint_set.mirror, "<i4")


def _write_table(file: h5py.File, table: SequenceTable, start: NDArray[np.int64]) -> None:
    _write_numbers(file, "sequences/name", np.array(table.names, dtype=np.bytes_), None)
    _write_numbers(file, "sequences/start", start, "<i8")
    integers = {"length": table.length, "bodies": table.bodies, "label": table.label}
    for name, values in (integers | dict(table.columns)).items():
        _write_numbers(file, f"sequences/{name}", values, "<i4")
    _write_numbers(file, "sequences/origin", table.origin, "<f8")
    optional = {"scale": "<f8", "rotation": "<f8", "recorded_frames": "<i4"}
    for name, dtype in optional.items():
        if (values := getattr(table, name)) is not None:
            _write_numbers(file, f"sequences/{name}", values, dtype)
    _write_texts(file, "sequences/decision", table.decision)
    for name, values in table.benchmarks.items():
        _write_numbers(file, f"benchmarks/{name}", values, "u1")


def _write_poses(dataset: h5py.Dataset, blocks: Iterable[NDArray[np.float32]]) -> None:
    needed, written = len(dataset), 0
    for block in blocks:
        if written + len(block) <= needed:
            dataset[written : written + len(block)] = block
        written += len(block)
    if written != needed:
        raise InputError(
            f"store '{dataset.file.filename}' was given {written} poses where its sequences add up "
            f"to {needed} (length x bodies); correct one of the two"
        )


def _write_numbers(file: h5py.File, name: str, values: ArrayLike, dtype: str | None) -> None:
    file.create_dataset(name, data=np.asarray(values, dtype=dtype), track_times=False)


def _write_texts(file: h5py.File, name: str, texts: Sequence[str]) -> None:
    file.create_dataset(
        name, data=list(texts), shape=(len(texts),), dtype=h5py.string_dtype(), track_times=False
    )
