"""``python -m data_prep folder RAW_DIR OUT.h5``: a folder of arrays or tables to a store."""

from collections.abc import Mapping, Sequence
from functools import partial
from os.path import isfile  # unlike Path.is_file, False for a name that is too long
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.coordinate_preparation import CoordinatePreparation, Missing, Scaling
from action_rec.skeletons.joint_sets import JointSet, load_joint_set
from data_prep.convert.conversion import convert
from data_prep.convert.items import Collection, Item
from data_prep.convert.report import print_conversion
from data_prep.sources.arrays import read_csv, read_npy
from data_prep.sources.labels import LabelledFile, Labels, benchmarks, class_names, read_labels

_SUFFIXES = (".npy", ".csv")


def folder(
    raw_dir: Path,
    out: Path,
    *,
    joint_set: str,
    labels: Path | None = None,
    test_subjects: list[int] | None = None,
    test_cameras: list[int] | None = None,
    test_setups: list[int] | None = None,
    missing: Missing = "reject",
    scaling: Scaling = "auto",
    scores: bool = False,
    dataset: str | None = None,
    unit: str = "unspecified",
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Convert a folder of .npy arrays or .csv tables, with a labels.csv, into a store.

    An array is (frames, joints, coordinates) or (frames, bodies, joints, coordinates); a table has
    the columns frame, body (may be left out), joint, x, y and, in three dimensions, z. labels.csv
    has the columns file and label and may have subject, camera, setup, replication and split. Files
    and lines that cannot be used are left out, and the store keeps the reasons. An interrupted
    conversion continues when the same command is run again. See docs/your_own_data.md.

    Args:
        raw_dir: The folder.
        out: The store to write, a name that ends in .h5.
        joint_set: kinect_v2, kinect_v1, coco17, openpose18, openpose25, mediapipe33 or a YAML file.
        labels: The labels.csv, where it is not in the folder.
        test_subjects: Subjects that the benchmark xsub tests on, e.g. [3,6]; the others train.
        test_cameras: Cameras that the benchmark xview tests on.
        test_setups: Setups that the benchmark xset tests on.
        missing: What to do with a recording in which single joints are not a number: reject it, or
            treat the joints as not detected (zero).
        scaling: Divide by the size of the body: none, body, or auto (two dimensions only).
        scores: The last number of every joint of a .npy array is the detector's score: it is left
            out, and a joint of score 0 was not detected.
        dataset: Name of the data set; by default that of the folder.
        unit: Unit of the coordinates, e.g. metre.
        workers: Number of processes; by default as many as processors.
        overwrite: Replace an existing store.

    Raises:
        InputError: No line of labels.csv can be used, nothing to convert, or nowhere to write.
    """
    preparation = CoordinatePreparation(load_joint_set(joint_set), missing, scaling)
    test = {"subject": test_subjects, "camera": test_cameras, "setup": test_setups}

    def collect() -> Collection[NDArray[np.float64]]:
        if not raw_dir.is_dir():
            raise InputError(f"RAW_DIR '{raw_dir}' is no folder; name the one with your recordings")
        listed = read_labels(labels or raw_dir / "labels.csv")
        return Collection(
            sources=[raw_dir],
            dataset=dataset or raw_dir.resolve().name,
            class_names=class_names(listed.rows),
            unit=unit,
            preparation=preparation,
            items=_items(raw_dir, listed, benchmarks(listed, test), preparation.joint_set, scores),
            rejected=listed.rejected,
            outside=_not_labelled(raw_dir, listed),
        )

    print_conversion(convert(collect, out, workers=workers, overwrite=overwrite))


def _items(
    raw_dir: Path,
    labels: Labels,
    splits: Mapping[str, Sequence[int]],
    joint_set: JointSet,
    scores: bool,
) -> list[Item[NDArray[np.float64]]]:
    names = class_names(labels.rows)
    items = [
        Item(
            name=row.name,
            label=names.index(row.label),
            size=_size(raw_dir / row.file),
            read=partial(_read, raw_dir, row, joint_set, scores),
            columns=dict(sorted(row.columns.items())),
            benchmarks={name: values[index] for name, values in sorted(splits.items())},
        )
        for index, row in enumerate(labels.rows)
    ]
    return sorted(items, key=lambda item: item.name)


def _size(path: Path) -> int:
    return path.stat().st_size if isfile(path) else 0


def _not_labelled(raw_dir: Path, labels: Labels) -> int:
    """How many files of the folder could be recordings, but are not in labels.csv."""
    # No file has a name with a zero byte, and resolve() would raise.
    named = {(raw_dir / file).resolve() for file in labels.files if "\0" not in file}
    named.add(labels.path.resolve())
    files = (path for path in raw_dir.rglob("*") if path.suffix.lower() in _SUFFIXES)
    return sum(path.resolve() not in named for path in files)


def _read(
    raw_dir: Path, row: LabelledFile, joint_set: JointSet, scores: bool
) -> NDArray[np.float64]:
    """The coordinates (T, M, V, C) of a recording."""
    path = raw_dir / row.file
    if not isfile(path):
        raise InputError(
            f"file '{path}' of labels.csv, line {row.line}, does not exist; correct the line"
        )
    if path.suffix.lower() == ".csv":
        return read_csv(path, joint_set)
    if path.suffix.lower() != ".npy":
        raise InputError(f"file '{path}' is neither .npy nor .csv; save it as one of the two")
    recorded = read_npy(path)
    return np.where(recorded[..., -1:] == 0, 0, recorded[..., :-1]) if scores else recorded
