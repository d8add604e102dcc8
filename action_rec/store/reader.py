"""Read a store, the HDF5 file of a dataset (docs/store.md)."""

import json
from math import prod
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.store.format import (
    REMEDY,
    dataset,
    fault,
    floats,
    integers,
    members,
    opened,
    strings,
    text,
)
from action_rec.store.format import VERSION as VERSION
from action_rec.store.sequences import Sequences, centre_joints

COLUMNS = ("subject", "camera", "setup", "replication")
TRAIN, TEST, VAL, NEITHER = 0, 1, 2, 255
_LONGEST_NAME = 255


class Store(Sequences):
    """A store opened for reading.

    Opening reads the rows of the sequences but no poses, so that memory does not depend on the
    number of frames. A pickled store holds no poses: each process maps them, and all processes
    share one copy in the page cache.

    N sequences, P poses (a pose is one body in one frame), V joints, C coordinates.

    Attributes:
        path: The file.
        dataset: Name of the dataset, e.g. ``ntu60``.
        joint_set: Name of the joint set, e.g. ``kinect_v2``.
        unit: Unit of the coordinates, e.g. ``metre``.
        factor: What the stored coordinates are multiplied by to be in `unit`: 1 unless `convert`
            was called.
        provenance: The program that wrote the store, its rules, and the numbers of recordings.
        class_names: K names, in the order of the labels.
        joint_names: V names.
        joint_parents: (V,) index of each joint's parent; a root is its own parent.
        joint_mirror: (V,) index of the joint on the other side of the body; the joint itself if it
            is in the middle, or if the file has no mirror.
        joint_centre: Indices of the joints whose mean is the centre of a body.
        names: (N,) names of the sequences, sorted.
        start: (N,) index of a sequence's first pose.
        length: (N,) frames T.
        bodies: (N,) bodies M.
        label: (N,) classes, from 0.
        origin: (N, C) subtracted from every joint.
        rotation: (N, C, C) matrices for column vectors, applied after that; None for no rotation.
        scale: (N,) divisors of the coordinates, applied last; 1 if the file has none.
        recorded_frames: (N,) frames of the recording, including dropped frames without a body; the
            length if the file has none.
        columns: Those present of subject, camera, setup and replication, each (N,).
        benchmarks: By name, (N,) with 0 for train, 1 for test, 2 for val, 255 for none of them.
        max_bodies: The largest number of bodies of a sequence.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a store and check that its rows are consistent.

        Args:
            path: The file.

        Raises:
            InputError: The file is missing, not HDF5, truncated or damaged, of another kind or
                version, or its datasets are incomplete or contradict each other.
        """
        self.path = Path(path)
        self._poses: NDArray[np.float32] | None = None
        with opened(self.path) as file:
            self._version = self._file_version()
            self._read_facts(file)
            self._read_sequences(file)
            self._locate_poses(dataset(file, "poses"))
        self._check_rows()
        self.joint_centre = centre_joints(
            self.provenance.get("rules", {}), self.joint_names, self.joint_parents.tolist()
        )
        self.max_bodies = int(self.bodies.max())

    def _read_facts(self, file: h5py.File) -> None:
        self.dataset = text(file, "dataset")
        self.joint_set = text(file, "joint_set")
        self.unit = text(file, "unit")
        self.factor = 1.0
        self.provenance = _provenance(file)
        self.class_names = tuple(strings(file, "classes").tolist())
        self.joint_names = tuple(strings(file, "joints/name").tolist())
        self.joint_parents = integers(file, "joints/parent", len(self.joint_names))
        self.joint_mirror = np.arange(len(self.joint_names))
        if "mirror" in members(file, "joints"):
            self.joint_mirror = integers(file, "joints/mirror", len(self.joint_names))

    def _read_sequences(self, file: h5py.File) -> None:
        names = strings(file, "sequences/name")
        if _longest(names) > _LONGEST_NAME:
            raise fault(file, f"has a name of more than {_LONGEST_NAME} letters")
        self.names = names.astype(np.str_)
        rows, present = len(self.names), members(file, "sequences")
        self.start = integers(file, "sequences/start", rows)
        self.length = integers(file, "sequences/length", rows)
        self.bodies = integers(file, "sequences/bodies", rows)
        self.label = integers(file, "sequences/label", rows)
        self.columns = {
            column: integers(file, f"sequences/{column}", rows)
            for column in COLUMNS
            if column in present
        }
        self.benchmarks = {
            name: integers(file, f"benchmarks/{name}", rows) for name in members(file, "benchmarks")
        }
        self.origin = floats(file, "sequences/origin")
        self.scale = np.ones(rows)
        if "scale" in present:
            self.scale = floats(file, "sequences/scale")
        self.rotation: NDArray[np.float64] | None = None
        if "rotation" in present:
            self.rotation = floats(file, "sequences/rotation")
        self.recorded_frames = self.length
        if "recorded_frames" in present:
            self.recorded_frames = integers(file, "sequences/recorded_frames", rows)

    def _locate_poses(self, poses: h5py.Dataset) -> None:
        if (
            poses.dtype != np.dtype("<f4")
            or poses.ndim != 3
            or poses.shape[1] != len(self.joint_names)
        ):
            raise fault(
                poses.file,
                f"holds poses of type {poses.dtype} and shape {poses.shape} where little-endian "
                f"float32 (P, {len(self.joint_names)}, C) is needed",
            )
        if poses.shape[2] not in (2, 3):
            raise fault(poses.file, f"holds poses of {poses.shape[2]} coordinates, not 2 or 3")
        offset = poses.id.get_offset()
        if offset is None:
            raise fault(poses.file, "holds poses that are empty or not contiguous")
        if offset + 4 * prod(poses.shape) > self.path.stat().st_size:
            raise fault(poses.file, "is truncated: it ends before its poses do")
        self._offset: int = offset
        self._shape: tuple[int, int, int] = poses.shape

    def _check_rows(self) -> None:
        num_poses, num_joints, num_coordinates = self._shape
        rows, classes = len(self.names), len(self.class_names)
        sorted_once = self.names[:-1] < self.names[1:]
        present = (self.length >= 1) & (self.bodies >= 1)
        # Without a product or a sum, which could overflow.
        inside = (self.start >= 0) & (self.start <= num_poses)
        inside &= self.length <= (num_poses - self.start) // np.maximum(self.bodies, 1)
        labelled = (self.label >= 0) & (self.label < classes)
        parents = (self.joint_parents >= 0) & (self.joint_parents < num_joints)
        mirrored = np.array_equal(np.sort(self.joint_mirror), every := np.arange(num_joints))
        known = (TRAIN, TEST, VAL, NEITHER)
        splits = [np.isin(split, known) for split in self.benchmarks.values()]
        for good, wrong in (
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
            (self._turns(rows, num_coordinates), "has rotations that are none"),
            (
                (self.recorded_frames >= self.length).all(),
                "has a sequence of more frames than its recording",
            ),
        ):
            if not good:
                raise InputError(f"store '{self.path}' {wrong}; {REMEDY}")
        self.benchmarks = {name: split.astype(np.uint8) for name, split in self.benchmarks.items()}

    def _turns(self, rows: int, num_coordinates: int) -> bool:
        if self.rotation is None:
            return True
        if self.rotation.shape != (rows, num_coordinates, num_coordinates):
            return False
        # Rows last: a hundred thousand products of matrices this small take ten times as long.
        turns = np.ascontiguousarray(self.rotation.transpose(1, 2, 0))
        back = np.einsum("ijn,kjn->ikn", turns, turns)
        return bool(np.allclose(back, np.eye(num_coordinates)[..., None], atol=1e-6))

    @property
    def poses(self) -> NDArray[np.float32]:
        """(P, V, C) all poses, mapped read-only from the file on first use in each process.

        Raises:
            InputError: The file has changed since the store was opened.
        """
        if self._poses is None:
            self.check_unchanged()
            self._poses = np.memmap(
                self.path, dtype="<f4", mode="r", offset=self._offset, shape=self._shape
            )
        return self._poses

    def convert(self, unit: str, factor: float) -> None:
        """Convert the store to another unit.

        The poses are those of the file still; whoever reads them multiplies by `factor`.

        Args:
            unit: The new unit.
            factor: What coordinates in the present unit are multiplied by.
        """
        self.unit = unit
        self.factor *= factor

    def check_unchanged(self) -> None:
        """Check that the file is the one that was opened.

        A process that reads mapped poses beyond the end of a truncated file is killed by SIGBUS.

        Raises:
            InputError: Its size or time of modification differs, or it cannot be found.
        """
        if self._file_version() != self._version:
            raise InputError(
                f"store '{self.path}' was changed or truncated while it was read; run the command "
                "again, and write a new store to another file"
            )

    def _file_version(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_size, found.st_mtime_ns

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_poses": None}

    def split(self, benchmark: str, split: Literal["train", "val", "test"]) -> NDArray[np.int64]:
        """Return the indices of the sequences of a split of a benchmark.

        Most benchmarks define no val, and their val is empty.

        Raises:
            InputError: The store has no such benchmark or split.
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

    def decisions(self) -> list[str]:
        """Read how the rules selected the bodies of each recording, N texts.

        Raises:
            InputError: There are more or fewer.
        """
        with opened(self.path) as file:
            decisions: list[str] = strings(file, "sequences/decision").tolist()
            if len(decisions) != len(self.names):
                raise fault(
                    file, f"holds {len(decisions)} decisions for {len(self.names)} sequences"
                )
            return decisions

    def rejected(self) -> dict[str, str]:
        """Read the recordings that were found but not stored, with the reason of each.

        Raises:
            InputError: There are more or fewer reasons than names.
        """
        with opened(self.path) as file:
            names = strings(file, "rejected/name").tolist()
            reasons = strings(file, "rejected/reason").tolist()
            if len(names) != len(reasons):
                raise fault(
                    file, f"holds {len(reasons)} reasons for {len(names)} rejected recordings"
                )
            return dict(zip(names, reasons, strict=True))


def _longest(texts: NDArray[Any]) -> int:
    """The number of letters of the longest text."""
    if texts.dtype.kind == "U":
        return int(np.strings.str_len(texts).max(initial=0))
    return max(map(len, texts), default=0)


def _provenance(file: h5py.File) -> dict[str, Any]:
    """Read the provenance of a store, a JSON object."""
    try:
        found = json.loads(text(file, "provenance"))
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise fault(file, f"has a provenance that is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise fault(file, "has a provenance that is not a JSON object")
    for name, kind in (("rules", dict), ("counts", dict), ("view", str)):
        if not isinstance(found.get(name, kind()), kind):
            what = "an object" if kind is dict else "a text"
            raise fault(file, f"has a provenance whose '{name}' is not {what}")
    return found
