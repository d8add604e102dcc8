"""How a skeleton is looked at: upright, from the front, with its two sides told apart."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from action_rec.store.reader import Store

_UPPER = ("head", "nose", "neck", "eye", "shoulder")
_LOWER = ("ankle", "foot", "knee", "toe", "heel", "hip")
_CAMERA_SPACE = ("kinect_v1", "kinect_v2")  # y is up, z away from the camera
_SAMPLE = 50
MIDDLE, LEFT, RIGHT = 0, 1, 2


class Sides(NamedTuple):
    """The side (V,) of each joint, MIDDLE, LEFT or RIGHT, and what the last two are called."""

    side: NDArray[np.int64]
    names: tuple[str, str]


def flat_view(store: Store, sequence: int) -> NDArray[np.float64]:
    """Look at a sequence from where it was recorded.

    Two dimensions are those of the picture. Three are seen along the last of the level axes: that
    is the camera's view for a Kinect (y up, z away from it), with nothing mirrored.

    Args:
        store: Where the sequence is.
        sequence: Its index.

    Returns:
        (T, M, V, 2) to the right and up, in the store's unit; NaN where a joint was not detected.
    """
    poses = visible(store, sequence)
    up, sign = _up(store)
    level = [axis for axis in range(poses.shape[-1]) if axis != up]
    across = 1.0
    if len(level) == 2:
        # With up u and away d, the right hand of who looks along d is at d x u.
        across = sign * float(np.cross(np.eye(3)[level[1]], np.eye(3)[up])[level[0]])
    return np.stack([across * poses[..., level[0]], sign * poses[..., up]], axis=-1)


def sides_of(store: Store) -> Sides:
    """Tell the sides of a joint set apart, by the names of its joints or else by their order."""
    side = np.full(len(store.joint_names), MIDDLE)
    named = False
    for joint, other in enumerate(store.joint_mirror.tolist()):
        if joint < other:
            names = store.joint_names[joint].lower(), store.joint_names[other].lower()
            known = [[word in name for word in ("left", "right")] for name in names]
            swapped = known == [[False, True], [True, False]]
            named |= swapped or known == [[True, False], [False, True]]
            side[[joint, other]] = (RIGHT, LEFT) if swapped else (LEFT, RIGHT)
    return Sides(side, ("left", "right") if named else ("one side", "other side"))


def visible(store: Store, sequence: int) -> NDArray[np.float64]:
    """(T, M, V, C) the coordinates of a sequence as recorded; NaN where a joint was not seen."""
    recorded, stored = store.recorded(sequence), store.sequence(sequence)
    unseen: NDArray[np.bool_] = np.all(stored == 0, axis=3)
    # The first body's middle is the origin where it first appears: one true zero.
    first = np.argmin(unseen[:, 0].all(axis=1))
    if unseen[first, 0].sum() == 1:
        unseen[first, 0] = False
    unseen |= np.abs(recorded).max(axis=3) < 1e-6  # where a Kinect puts what it did not see
    recorded[unseen] = np.nan
    return recorded


def _up(store: Store) -> tuple[int, float]:
    """The axis along which a store's people stand upright, and its sign."""
    three = store.origin.shape[1] == 3
    if store.joint_set in _CAMERA_SPACE and three:
        return 1, 1.0
    upper, lower = (
        [k for k, name in enumerate(store.joint_names) if any(w in name.lower() for w in words)]
        for words in (_UPPER, _LOWER)
    )
    # Over many sequences: in one of them somebody may lie.
    some = np.unique(np.linspace(0, len(store.names) - 1, _SAMPLE).round().astype(int))
    heights = [_heights(visible(store, sequence), upper, lower) for sequence in some]
    known = np.concatenate(heights)
    if len(known) == 0:
        return 1, 1.0 if three else -1.0  # pixels are counted downward
    height = np.median(known, axis=0)
    axis = int(np.abs(height).argmax())
    return axis, 1.0 if height[axis] > 0 else -1.0


def _heights(poses: NDArray[np.float64], upper: list[int], lower: list[int]) -> NDArray[np.float64]:
    """From the lower to the upper joints (n, C), of those bodies and frames that show both."""
    people = poses.reshape(-1, *poses.shape[2:])
    seen: NDArray[np.bool_] = np.all(np.isfinite(people), axis=2)
    people = people[seen[:, upper].any(axis=1) & seen[:, lower].any(axis=1)]
    if len(people) == 0:
        return np.empty((0, poses.shape[-1]))
    return np.asarray(np.nanmean(people[:, upper], axis=1) - np.nanmean(people[:, lower], axis=1))
