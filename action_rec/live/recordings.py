"""Recordings as streams: the bodies of each frame, at the rate of the recording."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.live.engine import StepEngine
from action_rec.live.streams import BodyId
from action_rec.skeletons.formats.reading import (
    FORMATS,
    Reading,
    is_recording,
    read_kinect,
    read_recording,
)
from action_rec.skeletons.joint_sets import NAMES, JointSet, load_joint_set
from action_rec.skeletons.recording import Recording

Bodies = dict[BodyId, NDArray[np.float64]]


def read_bodies(path: Path, engine: StepEngine) -> list[Bodies]:
    """Read a recording as the bodies of each frame.

    Args:
        path: A .skeleton, .npy, .csv or .json file, or a folder of OpenPose's files.
        engine: The network, which says what joints there are and how scores are read.

    Returns:
        (V, C) joints by the id of the body, for each frame: the bodyID of a Kinect, else the number
        of the person.

    Raises:
        InputError: It is no recording, or cannot be read.
    """
    if not path.exists():
        raise InputError(f"recording '{path}' does not exist; correct the path")
    if not is_recording(path):
        raise InputError(f"'{path}' is no recording; needed is {FORMATS}")
    if path.suffix.lower() == ".skeleton" and not path.is_dir():
        return _of_kinect(read_kinect(path))
    recorded = read_recording(path, Reading.from_description(_joint_set(engine), engine.reading))
    if not len(recorded):
        raise InputError(f"recording '{path}' has no frames; save or record it again")
    people = range(recorded.shape[1])
    return [{body: frame[body] for body in people if _there(frame[body])} for frame in recorded]


def _of_kinect(recording: Recording) -> list[Bodies]:
    # Frames that the file only claims, after the last body, need no place in memory.
    last = max(int(body.frames[-1]) for body in recording.bodies)
    frames: list[Bodies] = [{} for _ in range(last + 1)]
    for body in recording.bodies:
        for frame, joints in zip(body.frames.tolist(), body.joints, strict=True):
            frames[frame][body.body_id] = joints
    return frames


def _there(joints: NDArray[Any]) -> bool:
    return bool(np.any(np.isfinite(joints) & (joints != 0)))


def _joint_set(engine: StepEngine) -> JointSet:
    joints, parents = tuple(engine.joint_names), tuple(engine.joint_parents)
    if engine.joint_set in NAMES and load_joint_set(engine.joint_set).joints == joints:
        return load_joint_set(engine.joint_set)
    return JointSet(engine.joint_set, joints, parents)


def play(frames: list[Bodies], rate: float) -> Iterator[Bodies]:
    """Yield frames at a rate; one that is late is not waited for.

    Args:
        frames: The frames.
        rate: Frames per second; infinite to wait for none.
    """
    start = time.perf_counter()
    for index, frame in enumerate(frames):
        wait = start + index / rate - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        yield frame
