"""Read one recording, a file or a folder, whatever tool wrote it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from os.path import isfile  # unlike Path.is_file, False for a name that is too long
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.formats.arrays import read_npy
from action_rec.skeletons.formats.json_kinds import people_of_json
from action_rec.skeletons.formats.kinect import joints_of_recording
from action_rec.skeletons.formats.openpose import is_openpose_folder, read_openpose
from action_rec.skeletons.formats.people_in_frames import gather
from action_rec.skeletons.formats.tables import read_table
from action_rec.skeletons.joint_sets import JointSet
from action_rec.skeletons.ntu import SampleName
from action_rec.skeletons.parser import parse_skeleton
from action_rec.skeletons.recording import Recording
from action_rec.skeletons.recording_file import MAX_SKELETON_BYTES, read_recording_file

SUFFIXES = (".npy", ".csv", ".json", ".skeleton")
FORMATS = "a .npy, .csv, .json or .skeleton file or a folder of *_keypoints.json"

_MAX_BYTES = 256 << 20  # an hour of AlphaPose's results for two people is a third of that
_SUFFIX = re.compile(r"\.[A-Za-z]+")


@dataclass(frozen=True)
class Reading:
    """How recordings are read; it can be pickled.

    Attributes:
        joint_set: Their V joints.
        scores: Whether the last number of each joint of a .npy array is the detector's score.
        min_score: A joint with a lower score, or one of 0, counts as not detected.
    """

    joint_set: JointSet
    scores: bool = False
    min_score: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.min_score < float("inf"):
            raise InputError(
                f"min_score {self.min_score} is not a number from 0; give the lowest score of a "
                "joint that counts as detected"
            )

    def description(self) -> dict[str, Any]:
        """What a store keeps of it beside the joint set, as JSON."""
        return {"scores": self.scores, "min_score": self.min_score}

    @classmethod
    def from_description(cls, joint_set: JointSet, description: Mapping[str, Any]) -> Self:
        """The reading that a store describes; without a description, that of the defaults.

        Raises:
            InputError: The description has other keys or types.
        """
        scores, min_score = description.get("scores", False), description.get("min_score", 0.0)
        known = set(description) <= {"scores", "min_score"} and type(scores) is bool
        if not known or type(min_score) not in (int, float):
            raise InputError(
                f"its recordings were read by {dict(description)!r:.200}, which this version does "
                "not know; convert the recordings with 'python -m data_prep' and give the store"
            )
        return cls(joint_set, scores, min_score)


def recording_name(path: Path) -> str:
    """The name of a recording: that of its file without the suffix, or of its folder."""
    return path.stem if _SUFFIX.fullmatch(path.suffix) else path.name


def is_recording(path: Path) -> bool:
    """Whether a path looks like a recording: by its suffix, or as a folder of OpenPose."""
    if path.suffix.lower() in SUFFIXES and not path.is_dir():
        return True
    return path.is_dir() and is_openpose_folder(path)


def recording_size(path: Path) -> int:
    """The bytes of a file, or of all files of a folder; 0 if it does not exist."""
    if isfile(path):
        return path.stat().st_size
    try:
        with os.scandir(path) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.is_file())
    except (OSError, ValueError):
        return 0


def read_recording(path: Path, reading: Reading) -> NDArray[np.float64]:
    """Read a recording.

    Args:
        path: A .npy array; a .csv table; a .json file of AlphaPose, COCO, MMPose or MediaPipe; a
            .skeleton file of a Kinect v2; or a folder of OpenPose's files, one per frame.
        reading: How to read it.

    Returns:
        (T, M, V, C) coordinates in the unit of the file. A joint that was not detected is zero; a
        joint that a table does not name is not a number.

    Raises:
        InputError: It is of another format, damaged, or too large.
    """
    if path.is_dir():
        return gather(read_openpose(path), reading.min_score, str(path))
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _threshold(read_npy(path, reading.joint_set, reading.scores), reading)
    if suffix == ".skeleton":
        return joints_of_recording(read_kinect(path), str(path))
    if suffix not in SUFFIXES:
        raise InputError(f"file '{path}' is no recording; needed is {FORMATS}")
    data = _content(path, _MAX_BYTES)
    if suffix == ".csv":
        return read_table(data, str(path), reading.joint_set, reading.min_score)
    return gather(people_of_json(data, str(path)), reading.min_score, str(path))


def read_kinect(path: Path) -> Recording:
    """Read and parse a .skeleton file.

    Raises:
        InputError: It cannot be read or parsed.
    """
    content = _content(path, MAX_SKELETON_BYTES)
    try:
        SampleName.parse(path.stem)
    except InputError:  # not downloaded from the authors of NTU RGB+D
        return parse_skeleton(content, path.name, remedy="copy or record it again")
    return parse_skeleton(content, path.name)


def _content(path: Path, max_bytes: int) -> bytes:
    try:
        return read_recording_file(path, max_bytes)
    except InputError as error:
        raise InputError(f"file '{path}' {error}") from None


def _threshold(recorded: NDArray[np.float64], reading: Reading) -> NDArray[np.float64]:
    if not reading.scores:
        return recorded
    score = recorded[..., -1:]
    detected = (score > 0) & (score >= reading.min_score)
    return np.where(detected, recorded[..., :-1], 0)
