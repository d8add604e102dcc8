"""``python -m data_prep folder RAW_DIR OUT.h5``: recordings of any format to a store."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.coordinate_preparation import CoordinatePreparation, Missing, Scaling
from action_rec.skeletons.formats.finding import find_recordings
from action_rec.skeletons.formats.reading import (
    Reading,
    read_kinect,
    read_recording,
    recording_size,
)
from action_rec.skeletons.joint_sets import KINECT_V2, load_joint_set
from action_rec.skeletons.people_preparation import RULES, PeoplePreparation
from action_rec.skeletons.recording import Recording
from data_prep.convert.conversion import convert
from data_prep.convert.items import Collection, Item
from data_prep.convert.report import print_conversion
from data_prep.sources.labels import LabelledFile, Labels, benchmarks, class_names, read_labels

FolderRules = Literal["auto", "recorded", "sgn", "energy", "first"]


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
    min_score: float = 0.0,
    rules: FolderRules = "auto",
    dataset: str | None = None,
    unit: str = "unspecified",
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Convert a folder of recordings, with a labels.csv, into a store.

    A recording is a .npy array, a .csv table, a .json file of AlphaPose, COCO, MMPose or MediaPipe,
    a .skeleton file of a Kinect v2, or a folder of OpenPose's *_keypoints.json. labels.csv has the
    columns file and label and may have subject, camera, setup, replication and split. Recordings
    and lines that cannot be used are left out, and the store keeps the reasons. An interrupted
    conversion continues when the same command is run again. See docs/formats.md.

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
        min_score: Joints that the detector gave a lower score count as not detected.
        rules: How to select the people of .skeleton files: sgn, energy or first as the command ntu
            does, or recorded to keep every body; auto is sgn if all files are .skeleton files, else
            recorded.
        dataset: Name of the data set; by default that of the folder.
        unit: Unit of the coordinates, e.g. metre.
        workers: Number of processes; by default as many as processors.
        overwrite: Replace an existing store.

    Raises:
        InputError: No line of labels.csv can be used, nothing to convert, or nowhere to write.
    """
    reading = Reading(load_joint_set(joint_set), scores, min_score)
    preparation = CoordinatePreparation(reading.joint_set, missing, scaling)
    test = {"subject": test_subjects, "camera": test_cameras, "setup": test_setups}

    def collect() -> Collection[Any]:
        if not raw_dir.is_dir():
            raise InputError(f"RAW_DIR '{raw_dir}' is no folder; name the one with your recordings")
        listed = read_labels(labels or raw_dir / "labels.csv")
        people = _people(rules, listed, reading, missing, scaling)
        read = partial(_read, raw_dir, reading) if people is None else partial(_kinect, raw_dir)
        return Collection(
            sources=[raw_dir],
            dataset=dataset or raw_dir.resolve().name,
            class_names=class_names(listed.rows),
            unit=unit if people is None or unit != "unspecified" else "metre",
            preparation=people or preparation,
            items=_items(raw_dir, listed, benchmarks(listed, test), read),
            rejected=listed.rejected,
            reading=reading.description() if people is None else {},
            outside=_not_labelled(raw_dir, listed),
        )

    print_conversion(convert(collect, out, workers=workers, overwrite=overwrite))


def _people(
    rules: FolderRules, listed: Labels, reading: Reading, missing: Missing, scaling: Scaling
) -> PeoplePreparation | None:
    """The preparation that selects people, if the files are to be prepared by one.

    Raises:
        InputError: Rules are named that contradict the joint set or the other options.
    """
    skeletons = all(Path(row.file).suffix.lower() == ".skeleton" for row in listed.rows)
    if rules == "recorded" or (rules == "auto" and not skeletons):
        return None
    given = reading.joint_set
    if (given.joints, given.parents) != (KINECT_V2.joints, KINECT_V2.parents):
        raise InputError(
            f"the files are .skeleton files with the joints of a Kinect v2, but --joint_set is "
            f"'{given.name}'; give --joint_set {KINECT_V2.name}"
        )
    if missing != "reject" or scaling != "auto" or reading.scores or reading.min_score:
        raise InputError(
            "--missing, --scaling, --scores and --min_score do not apply to people that are "
            "selected among the bodies of a Kinect; leave them out or give --rules recorded"
        )
    return PeoplePreparation(RULES["sgn" if rules == "auto" else rules]())


def _items(
    raw_dir: Path,
    labels: Labels,
    splits: Mapping[str, Sequence[int]],
    read: Callable[[LabelledFile], Any],
) -> list[Item[Any]]:
    names = class_names(labels.rows)
    items = [
        Item(
            name=row.name,
            label=names.index(row.label),
            size=recording_size(raw_dir / row.file),
            read=partial(read, row),
            columns=dict(sorted(row.columns.items())),
            benchmarks={name: values[index] for name, values in sorted(splits.items())},
        )
        for index, row in enumerate(labels.rows)
    ]
    return sorted(items, key=lambda item: item.name)


def _not_labelled(raw_dir: Path, labels: Labels) -> int:
    """How many entries of the folder could be recordings, but are not in labels.csv."""
    # No file has a name with a zero byte, and realpath would raise.
    named = {os.path.realpath(raw_dir / file) for file in labels.files if "\0" not in file}
    named.add(os.path.realpath(labels.path))
    found, unusable = find_recordings(raw_dir)
    return len(unusable) + sum(os.path.realpath(path) not in named for path in found)


def _read(raw_dir: Path, reading: Reading, row: LabelledFile) -> NDArray[np.float64]:
    """The coordinates (T, M, V, C) of a recording."""
    return read_recording(_existing(raw_dir, row), reading)


def _kinect(raw_dir: Path, row: LabelledFile) -> Recording:
    path = _existing(raw_dir, row)
    if path.suffix.lower() != ".skeleton":
        raise InputError(
            f"file '{path}' is no .skeleton file, among whose bodies people are selected; convert "
            "it with --rules recorded"
        )
    return read_kinect(path)


def _existing(raw_dir: Path, row: LabelledFile) -> Path:
    path = raw_dir / row.file
    if not os.path.exists(path):  # unlike Path.exists, False for a name that is too long
        raise InputError(
            f"file '{path}' of labels.csv, line {row.line}, does not exist; correct the line"
        )
    return path
