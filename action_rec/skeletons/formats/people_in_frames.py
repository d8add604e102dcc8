"""People that a detector found frame by frame, as joints (T, M, V, C)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.formats.arrays import MAX_POSES
from action_rec.skeletons.formats.slots import MAX_BODIES, assign_slots
from action_rec.skeletons.formats.tracking import track


class Person(NamedTuple):
    """What a detector found of one person in one frame.

    Attributes:
        joints: (V, C) coordinates.
        scores: (V,) of the joints; 0 if a joint was not detected.
        identity: The number by which the detector tracked the person; None if it did not.
    """

    joints: NDArray[np.float64]
    scores: NDArray[np.float64]
    identity: int | None = None


Frames = Sequence[Sequence[Person]]


def gather(frames: Frames, min_score: float, file: str) -> NDArray[np.float64]:
    """Track the people over the frames, and put their joints into one array.

    The detector's own tracking is used if it names every person, each once in a frame. Bodies that
    are never seen at the same time share a place in the array; the body that is seen longest comes
    first.

    Args:
        frames: The people of each frame.
        min_score: A joint with a lower score, or one of 0, was not detected.
        file: The file, for messages.

    Returns:
        (T, M, V, C) coordinates; zero where nothing was detected.

    Raises:
        InputError: There is nobody, people have different numbers of joints, or there are too many.
    """
    people = [person for frame in frames for person in frame]
    if not people:
        raise InputError(f"file '{file}' holds nobody in any of its {len(frames)} frames")
    shape = people[0].joints.shape
    for person in people:
        if person.joints.shape != shape or person.scores.shape != shape[:1]:
            raise InputError(
                f"file '{file}' holds people of {shape} joints and coordinates and of "
                f"{person.joints.shape}; write the results of one model into one file"
            )
    if (most := max(map(len, frames))) > MAX_BODIES:
        raise InputError(
            f"file '{file}' holds {most:,} people in a frame, more than the {MAX_BODIES} that can "
            "be tracked; leave out detections of a low score"
        )
    times = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])
    joints = np.stack([person.joints for person in people])
    scores = np.stack([person.scores for person in people])
    detected = (scores > 0) & (scores >= min_score)
    joints = np.where(detected[..., None], joints, 0)
    slots = assign_slots(times, _identities(frames, joints, times), file)
    places = len(frames) * (1 + int(slots.max()))
    if places > MAX_POSES:
        raise InputError(
            f"file '{file}' holds {1 + slots.max():,} people in {len(frames):,} frames, more than "
            f"the {MAX_POSES:,} poses that a recording can have; cut it into recordings"
        )
    recorded = np.zeros((len(frames), 1 + slots.max(), *shape))
    recorded[times, slots] = joints
    return recorded


def _identities(
    frames: Frames, joints: NDArray[np.float64], times: NDArray[np.int64]
) -> NDArray[np.int64]:
    """(P,) a number for each person, the same in all frames."""
    given = [person.identity for frame in frames for person in frame]
    named = [one for one in given if one is not None]
    pairs = set(zip(times.tolist(), given, strict=True))
    if len(named) == len(given) and len(pairs) == len(given):
        _, identities = np.unique(np.array(named, dtype=object), return_inverse=True)
        return identities.astype(np.int64)
    return track(joints, times)
