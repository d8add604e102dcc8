"""The projection of a skeleton: upright, seen from the camera, with its left and right side."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from action_rec.store.sequences import Sequences

_UPPER = ("head", "nose", "neck", "eye", "shoulder")
_LOWER = ("ankle", "foot", "knee", "toe", "heel", "hip")
_CAMERA_SPACE = ("kinect_v1", "kinect_v2")  # y is up, z away from the camera
_SAMPLE = 50
MIDDLE, LEFT, RIGHT = 0, 1, 2


class Sides(NamedTuple):
    """The side (V,) of each joint, MIDDLE, LEFT or RIGHT, and the names of the last two."""

    side: NDArray[np.int64]
    names: tuple[str, str]


def flat_view(sequences: Sequences, index: int) -> NDArray[np.float64]:
    """Project a sequence onto the image plane of the camera.

    Two-dimensional coordinates stay as they are. Three-dimensional ones are projected along the
    last horizontal axis: for a Kinect (y up, z away from it) the camera's view, not mirrored.

    Args:
        sequences: Where the sequence is.
        index: Its index.

    Returns:
        (T, M, V, 2) to the right and up, in the unit of the recording; NaN for a joint that was
        not detected.
    """
    poses = visible(sequences, index)
    up, sign = _up(sequences)
    level = [axis for axis in range(poses.shape[-1]) if axis != up]
    across = 1.0
    if len(level) == 2:
        # With up u and viewing direction d, the right of the viewer is at d x u.
        across = sign * float(np.cross(np.eye(3)[level[1]], np.eye(3)[up])[level[0]])
    return np.stack([across * poses[..., level[0]], sign * poses[..., up]], axis=-1)


def sides_of(sequences: Sequences) -> Sides:
    """The side of every joint, by the names of the joints or else by their order."""
    side = np.full(len(sequences.joint_names), MIDDLE)
    named = False
    for joint, other in enumerate(sequences.joint_mirror.tolist()):
        if joint < other:
            names = sequences.joint_names[joint].lower(), sequences.joint_names[other].lower()
            known = [[word in name for word in ("left", "right")] for name in names]
            swapped = known == [[False, True], [True, False]]
            named |= swapped or known == [[True, False], [False, True]]
            side[[joint, other]] = (RIGHT, LEFT) if swapped else (LEFT, RIGHT)
    return Sides(side, ("left", "right") if named else ("one side", "other side"))


def visible(sequences: Sequences, index: int) -> NDArray[np.float64]:
    """(T, M, V, C) the coordinates of a sequence as recorded; NaN where a joint was not seen."""
    recorded, stored = sequences.recorded(index), sequences.sequence(index)
    unseen: NDArray[np.bool_] = np.all(stored == 0, axis=3)
    # The center of the first body is the origin in its first frame: a zero that was detected.
    first = np.argmin(unseen[:, 0].all(axis=1))
    if unseen[first, 0].sum() == 1:
        unseen[first, 0] = False
    unseen |= (
        np.abs(recorded).max(axis=3) < 1e-6
    )  # a Kinect writes 0 0 0 for a joint it did not see
    recorded[unseen] = np.nan
    return recorded


def _up(sequences: Sequences) -> tuple[int, float]:
    """The vertical axis and the sign of its upward direction."""
    three = sequences.origin.shape[1] == 3
    if sequences.joint_set in _CAMERA_SPACE and three:
        return 1, 1.0
    upper, lower = (
        [k for k, name in enumerate(sequences.joint_names) if any(w in name.lower() for w in words)]
        for words in (_UPPER, _LOWER)
    )
    # Over many sequences: in a single one the person may lie down.
    some = np.unique(np.linspace(0, len(sequences.names) - 1, _SAMPLE).round().astype(int))
    heights = [_heights(visible(sequences, index), upper, lower) for index in some]
    known = np.concatenate(heights)
    if len(known) == 0:
        return 1, 1.0 if three else -1.0  # pixels are counted downward
    height = np.median(known, axis=0)
    axis = int(np.abs(height).argmax())
    return axis, 1.0 if height[axis] > 0 else -1.0


def _heights(poses: NDArray[np.float64], upper: list[int], lower: list[int]) -> NDArray[np.float64]:
    """The vectors (n, C) from lower to upper joints, of the bodies and frames that show both."""
    people = poses.reshape(-1, *poses.shape[2:])
    seen: NDArray[np.bool_] = np.all(np.isfinite(people), axis=2)
    people = people[seen[:, upper].any(axis=1) & seen[:, lower].any(axis=1)]
    if len(people) == 0:
        return np.empty((0, poses.shape[-1]))
    return np.asarray(np.nanmean(people[:, upper], axis=1) - np.nanmean(people[:, lower], axis=1))
