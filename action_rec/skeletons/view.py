"""View normalization: rotation of a sequence into the body axes of its first actor."""

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import KINECT_V2

_SPINE_BASE, _SPINE_MID, _LEFT, _RIGHT = (
    KINECT_V2.joints.index(name)
    for name in ("spine base", "spine mid", "left shoulder", "right shoulder")
)
_MIN_LENGTH = 1e-3  # metres: below this length a direction is not reliable


def view_rotation(joints: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Compute the rotation into body axes: x to the right, y forward, z up along the spine.

    z is the direction from spine base to spine mid; x is the direction from left to right shoulder,
    orthogonalized against z. Both are taken from the first frame in which these four joints are
    valid. 2s-AGCN (Shi et al., CVPR 2019) and pyskl rotate spine and shoulders one after the other,
    which tilts the spine when the shoulders are not level; here the spine stays along z.

    Args:
        joints: (T, 25, 3) joints of the first actor in the frames in which it is present, in metres
            in camera space. A joint at exactly 0 0 0 is not valid.

    Returns:
        (3, 3) rotation matrix for column vectors, or None if no frame has four valid and distinct
        joints.
    """
    seen = (joints[:, [_SPINE_BASE, _SPINE_MID, _LEFT, _RIGHT]] != 0).any(axis=2).all(axis=1)
    up = joints[:, _SPINE_MID] - joints[:, _SPINE_BASE]
    height = np.linalg.norm(up, axis=1, keepdims=True)
    up = up / np.maximum(height, _MIN_LENGTH)
    right = joints[:, _RIGHT] - joints[:, _LEFT]
    right = right - (right * up).sum(axis=1, keepdims=True) * up
    width = np.linalg.norm(right, axis=1, keepdims=True)
    usable = np.flatnonzero(seen & (height > _MIN_LENGTH)[:, 0] & (width > _MIN_LENGTH)[:, 0])
    if len(usable) == 0:
        return None
    x, z = (right / np.maximum(width, _MIN_LENGTH))[usable[0]], up[usable[0]]
    return np.stack([x, np.cross(z, x), z])
