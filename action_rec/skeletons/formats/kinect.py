"""Recordings of a Kinect v2 as joints, and joints as recordings of a Kinect v2."""

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.formats.arrays import MAX_POSES
from action_rec.skeletons.formats.slots import assign_slots
from action_rec.skeletons.recording import NUM_JOINTS, Body, Recording


def joints_of_recording(recording: Recording, file: str) -> NDArray[np.float64]:
    """The bodies of a recording, none of them left out, as (T, M, 25, 3) in metres.

    Frames without a body are left out; the body that is in most frames comes first.

    Raises:
        InputError: There are too many bodies.
    """
    times = np.concatenate([body.frames for body in recording.bodies])
    sizes = [len(body.frames) for body in recording.bodies]
    # Only frames with bodies: a file of few bytes can claim millions of empty ones.
    frames, times = np.unique(times, return_inverse=True)
    bodies = np.repeat(np.arange(len(sizes)), sizes)
    slots = assign_slots(times, bodies, file)
    number = 1 + int(slots.max())
    if len(frames) * number > MAX_POSES:
        raise InputError(f"file '{file}' holds {number} bodies in {len(frames):,} frames; cut it")
    joints = np.zeros((len(frames), number, NUM_JOINTS, 3))
    joints[times, slots] = np.concatenate([body.joints for body in recording.bodies])
    return joints


def recording_of_joints(joints: NDArray[np.float64]) -> Recording:
    """A recording whose bodies are those of an array (T, M, 25, 3) in metres.

    Raises:
        InputError: There are other joints, nobody, or joints that are not a number.
    """
    if joints.shape[2:] != (NUM_JOINTS, 3):
        raise InputError(
            f"it has {joints.shape[2]} joints of {joints.shape[3]} coordinates, but the network "
            f"was trained on the {NUM_JOINTS} joints of a Kinect v2 in three dimensions"
        )
    finite = np.asarray(np.isfinite(joints).all(axis=-1))
    present = np.asarray(np.logical_and(finite, joints.any(axis=-1)).any(axis=-1))
    if not present.any():
        raise InputError("nobody is in it: no joint has coordinates other than zero")
    if not finite[present].all():
        raise InputError("it has joints that are not a number; give every joint of a body")
    numbered = ((number, np.flatnonzero(body)) for number, body in enumerate(present.T))
    bodies = [Body(number, frames, joints[frames, number]) for number, frames in numbered]
    bodies = [body for body in bodies if len(body.frames)]
    return Recording(len(joints), tuple(sorted(bodies, key=lambda body: int(body.frames[0]))))
