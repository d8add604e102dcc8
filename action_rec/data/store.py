"""The store, one HDF5 file per data set: its format and its reader (described in docs/store.md)."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError

FORMAT = "action_rec store"
VERSION = 1
COLUMNS = ("subject", "camera", "setup", "replication")
TRAIN, TEST, VAL, NEITHER = 0, 1, 2, 255

_REMEDY = "prepare it again with 'python -m data_prep' or see docs/store.md"


class Store:
    """A store opened for reading.

    Opening reads the rows of the sequences but none of the poses, and costs the same memory for any
    number of frames. A store is cheap to pickle: each process maps the poses for itself, and all of
    them share one copy in the page cache.

    N sequences, P poses (a pose is one body in one frame), V joints, C coordinates.

    Attributes:
        path: Where the file is.
        dataset: Name of the data set, e.g. ``ntu60``.
        joint_set: Name of the joint set, e.g. ``kinect_v2``.
        unit: Unit of the coordinates, e.g. ``metre``.
        provenance: Who wrote the store, by which rules, from how many recordings.
        class_names: K names, in the order of the labels.
        joint_names: V names.
        joint_parents: (V,) index of each joint's parent; a root is its own parent.
        joint_mirror: (V,) index of the joint on the other side of the body; for a joint in the
            middle, and for all joints where the file does not say, the joint itself.
        names: (N,) names of the sequences, sorted.
        start: (N,) index of a sequence's first pose.
        length: (N,) frames T.
        bodies: (N,) bodies M.
        label: (N,) classes, from 0.
        origin: (N, C) what was subtracted from every joint.
        scale: (N,) what the coordinates were divided by then; 1 where the file does not say. The
            recorded coordinates are `poses * scale + origin`.
        columns: Those present of subject, camera, setup and replication, each (N,).
        benchmarks: By name, (N,) with 0 for train, 1 for test, 2 for val, 255 for none of them.
        max_bodies: The largest number of bodies of a sequence.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a store and check that its rows are consistent.

        Raises:
            InputError: The file is missing, no HDF5, truncated or damaged, of another kind or
                version, or its datasets are incomplete or contradict each other.
        """
        self.path = Path(path)
        self._poses: NDArray[np.float32] | None = None
        with _opened(self.path) as file:
            self._read_facts(file)
            self._read_sequences(file)
            self._locate_poses(_dataset(file, "poses"))
        self._check_rows()
        self.max_bodies = int(self.bodies.max())

    def _read_facts(self, file: h5py.File) -> None:
        self.dataset = _text(file, "dataset")
        self.joint_set = _text(file, "joint_set")
        self.unit = _text(file, "unit")
        try:
            self.provenance: dict[str, Any] = json.loads(_text(file, "provenance"))
        except json.JSONDecodeError as error:
            raise _fault(file, f"has a provenance that is not JSON ({error})") from None
        self.class_names = tuple(_strings(file, "classes").tolist())
        self.joint_names = tuple(_strings(file, "joints/name").tolist())
        self.joint_parents = _integers(file, "joints/parent", len(self.joint_names))
        self.joint_mirror = np.arange(len(self.joint_names))
        if "joints/mirror" in file:
            self.joint_mirror = _integers(file, "joints/mirror", len(self.joint_names))

    def _read_sequences(self, file: h5py.File) -> None:
        self.names = _strings(file, "sequences/name").astype(np.str_)
        rows = len(self.names)
        self.start = _integers(file, "sequences/start", rows)
        self.length = _integers(file, "sequences/length", rows)
        self.bodies = _integers(file, "sequences/bodies", rows)
        self.label = _integers(file, "sequences/label", rows)
        self.columns = {
            column: _integers(file, f"sequences/{column}", rows)
            for column in COLUMNS
            if f"sequences/{column}" in file
        }
        self.benchmarks = {
            name: _integers(file, f"benchmarks/{name}", rows).astype(np.uint8)
            for name in file.get("benchmarks", ())
        }
        self.origin: NDArray[np.float64] = _dataset(file, "sequences/origin")[()]
        self.scale = np.ones(rows)
        if "sequences/scale" in file:
            self.scale = _dataset(file, "sequences/scale")[()].astype(np.float64)

    def _locate_poses(self, poses: h5py.Dataset) -> None:
        if (
            poses.dtype != np.dtype("<f4")
            or poses.ndim != 3
            or poses.shape[1] != len(self.joint_names)
        ):
            raise _fault(
                poses.file,
                f"holds poses of type {poses.dtype} and shape {poses.shape} where little-endian "
                f"float32 (P, {len(self.joint_names)}, C) is needed",
            )
        offset = poses.id.get_offset()
        if offset is None:
            raise _fault(poses.file, "holds poses that are empty or not contiguous")
        if offset + poses.nbytes > self.path.stat().st_size:
            raise _fault(poses.file, "is truncated: it ends before its poses do")
        self._offset: int = offset
        self._shape: tuple[int, int, int] = poses.shape

    def _check_rows(self) -> None:
        num_poses, num_joints, num_coordinates = self._shape
        rows, classes = len(self.names), len(self.class_names)
        sorted_once = self.names[:-1] < self.names[1:]
        present = (self.length >= 1) & (self.bodies >= 1)
        inside = (self.start >= 0) & (self.start + self.length * self.bodies <= num_poses)
        labelled = (self.label >= 0) & (self.label < classes)
        parents = (self.joint_parents >= 0) & (self.joint_parents < num_joints)
        mirrored = np.array_equal(np.sort(self.joint_mirror), every := np.arange(num_joints))
        known = (TRAIN, TEST, VAL, NEITHER)
        splits = [np.isin(split, known) for split in self.benchmarks.values()]
        for good, fault in (
            (rows > 0, "holds no sequence"),
            (sorted_once.all(), "has names that are not sorted or not unique"),
            (present.all(), "has a sequence without frames or bodies"),
            (inside.all(), "has a sequence that lies outside the poses"),
            (labelled.all(), f"has a label outside its {classes} classes"),
            (parents.all(), "has a joint whose parent does not exist"),
            (
                mirrored and (self.joint_mirror[self.joint_mirror] == every).all(),
                "has a joint whose mirror does not lead back",
            ),
            (
                self.scale.shape == (rows,) and np.all(self.scale > 0),
                "has scales of another shape or not above 0",
            ),
            (np.all(splits), "has a benchmark with values other than 0, 1, 2 and 255"),
            (self.origin.shape == (rows, num_coordinates), "has origins of another shape"),
        ):
            if not good:
                raise InputError(f"store '{self.path}' {fault}; {_REMEDY}")

    @property
    def poses(self) -> NDArray[np.float32]:
        """(P, V, C) all poses, mapped read-only from the file on first use in each process."""
        if self._poses is None:
            self._poses = np.memmap(
                self.path, dtype="<f4", mode="r", offset=self._offset, shape=self._shape
            )
        return self._poses

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_poses": None}

    def split(self, benchmark: str, split: Literal["train", "val", "test"]) -> NDArray[np.int64]:
        """Indices of the sequences that a benchmark trains, validates or tests on.

        Most benchmarks define no val; theirs is empty.

        Raises:
            InputError: The store has no such benchmark, or the split is another word.
        """
        if benchmark not in self.benchmarks:
            known = " or ".join(f"'{name}'" for name in sorted(self.benchmarks))
            remedy = f"use {known}" if known else "this store defines none"
            raise InputError(
                f"benchmark '{benchmark}' is not defined for dataset '{self.dataset}'; {remedy}"
            )
        stored = {"train": TRAIN, "val": VAL, "test": TEST}
        if split not in stored:
            raise InputError(f"split '{split}' is not stored; use 'train', 'val' or 'test'")
        return np.flatnonzero(self.benchmarks[benchmark] == stored[split])

    def sequence(self, index: int) -> NDArray[np.float32]:
        """(T, M, V, C) one sequence, a read-only view of the mapped poses."""
        start, length, bodies = self.start[index], self.length[index], self.bodies[index]
        poses = self.poses[start : start + length * bodies]
        return poses.reshape(length, bodies, *poses.shape[1:])

    def rejected(self) -> dict[str, str]:
        """Recordings that were found but not stored, each with the reason; read on demand."""
        with _opened(self.path) as file:
            names = _strings(file, "rejected/name").tolist()
            return dict(zip(names, _strings(file, "rejected/reason").tolist(), strict=True))


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    if not path.exists():
        raise InputError(
            f"store '{path}' does not exist; make it with 'python -m data_prep ntu RAW_DIR {path}'"
        )
    if path.is_dir():
        raise InputError(f"store '{path}' is a folder; give the path of an HDF5 file")
    if not os.access(path, os.R_OK):
        raise InputError(f"store '{path}' may not be read; check its permissions")
    if not h5py.is_hdf5(path):
        raise InputError(f"store '{path}' is not an HDF5 file; {_REMEDY}")
    try:
        with h5py.File(path, "r") as file:
            _check_kind(file)
            yield file
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"store '{path}' is truncated or damaged ({error}); copy it again or {_REMEDY}"
        ) from error


def _check_kind(file: h5py.File) -> None:
    if "format" not in file.attrs or _text(file, "format") != FORMAT:
        raise _fault(file, f"is an HDF5 file of another kind: attribute 'format' is not '{FORMAT}'")
    version = file.attrs.get("version")
    if version != VERSION:
        raise _fault(file, f"has version {version}, this program reads version {VERSION}")


def _fault(file: h5py.File, what: str) -> InputError:
    return InputError(f"store '{file.filename}' {what}; {_REMEDY}")


def _text(file: h5py.File, attribute: str) -> str:
    text = file.attrs.get(attribute)
    if isinstance(text, bytes):
        text = text.decode()
    if not isinstance(text, str):
        raise _fault(file, f"lacks the text attribute '{attribute}'")
    return text


def _dataset(file: h5py.File, name: str) -> h5py.Dataset:
    if not isinstance(file.get(name), h5py.Dataset):
        raise _fault(file, f"lacks the dataset '{name}'")
    return file[name]


def _integers(file: h5py.File, name: str, rows: int) -> NDArray[np.int64]:
    dataset = _dataset(file, name)
    if dataset.dtype.kind not in "iu" or dataset.shape != (rows,):
        raise _fault(
            file,
            f"holds '{name}' as {dataset.dtype} {dataset.shape} where integers ({rows},) belong",
        )
    values: NDArray[np.int64] = dataset[()].astype(np.int64)
    return values


def _strings(file: h5py.File, name: str) -> NDArray[np.object_]:
    dataset = _dataset(file, name)
    if h5py.check_string_dtype(dataset.dtype) is None or dataset.ndim != 1:
        raise _fault(
            file,
            f"holds '{name}' as {dataset.dtype} {dataset.shape} where texts (n,) belong",
        )
    texts: NDArray[np.object_] = dataset.asstr()[()]
    return texts
