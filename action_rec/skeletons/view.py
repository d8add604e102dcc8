"""Turning a sequence so that its first actor stands upright and faces one way."""

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import KINECT_V2

_SPINE_BASE, _SPINE_MID, _LEFT, _RIGHT = (
    KINECT_V2.joints.index(name)
    for name in ("spine base", "spine mid", "left shoulder", "right shoulder")
)
_SHORTEST = 1e-3  # metres: a shorter line has no direction to speak of


def view_rotation(joints: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The rotation into axes of the body: x to its right, y to where it faces, z up its spine.

    z runs from spine base to spine mid, x from the left to the right shoulder less its part along
    z, both in the first frame that shows these four joints. 2s-AGCN (Shi et al., CVPR 2019) and
    pyskl turn spine and shoulders one after the other, which tilts the spine again by as much as
    the shoulders are not level; here the spine stays along z.

    Args:
        joints: (T, 25, 3) the first actor where it is present, in metres in camera space.

    Returns:
        (3, 3) a matrix for column vectors; None if no frame shows the four joints apart from each
        other (a joint at exactly 0 0 0 was not seen).
    """
    seen = (joints[:, [_SPINE_BASE, _SPINE_MID, _LEFT, _RIGHT]] != 0).any(axis=2).all(axis=1)
    up = joints[:, _SPINE_MID] - joints[:, _SPINE_BASE]
    height = np.linalg.norm(up, axis=1, keepdims=True)
    up = up / np.maximum(height, _SHORTEST)
    right = joints[:, _RIGHT] - joints[:, _LEFT]
    right = right - (right * up).sum(axis=1, keepdims=True) * up
    width = np.linalg.norm(right, axis=1, keepdims=True)
    usable = np.flatnonzero(seen & (height > _SHORTEST)[:, 0] & (width > _SHORTEST)[:, 0])
    if len(usable) == 0:
        return None
    x, z = (right / np.maximum(width, _SHORTEST))[usable[0]], up[usable[0]]
    return np.stack([x, np.cross(z, x), z])
