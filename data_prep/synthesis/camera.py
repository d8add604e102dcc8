"""Three Kinects: from joints on the stage to what a camera reports of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import KINECT_V2
from data_prep.synthesis.body import Array, rotation
from data_prep.synthesis.variation import Source, generator

TRACKED, INFERRED = 2, 1

# Nominal pinhole models of a Kinect v2, depth camera (512 x 424) and colour camera (1920 x 1080):
# focal length, centre x, centre y, in pixels.
_DEPTH = (366.0, 256.0, 209.0)
_COLOUR = (1055.0, 974.0, 567.0)
_AZIMUTH = {1: 0.0, 2: -45.0, 3: 45.0}
_LOOK_AT = 1.0  # metres above the floor

_TRUNK = [KINECT_V2.joints.index(name) for name in ("spine base", "spine mid", "spine shoulder")]
_LIMBS = [
    index for index, name in enumerate(KINECT_V2.joints) if name.startswith(("left", "right"))
]


@dataclass(frozen=True)
class Camera:
    """Where a camera stands, looking at the middle of the stage.

    Attributes:
        azimuth: Degrees around the stage; a person turned to the right by as many faces the camera.
        distance: Metres from the middle, along the floor.
        height: Metres above the floor.
    """

    azimuth: float
    distance: float
    height: float

    def see(self, joints: Array) -> Array:
        """Joints (..., 3) on the stage in the frame of the camera: y up, z away from it."""
        pitch = np.degrees(np.arctan2(self.height - _LOOK_AT, self.distance))
        scene = joints @ rotation((0, 0, -self.azimuth)).T + (0, -self.height, self.distance)
        seen: Array = scene @ rotation((pitch, 0, 0)).T
        return seen


def camera(seed: int, setup: int, number: int) -> Camera:
    """The camera with this number in this setup; the three of a setup share distance and height."""
    rng = generator(seed, Source.SETUP, setup)
    distance, height = rng.uniform(2, 4.5), rng.uniform(0.5, 2.7)
    return Camera(_AZIMUTH[number], distance, height)


def tracking_states(joints: Array) -> NDArray[np.int64]:
    """Tracking states (T, 25): limbs that the trunk hides from the camera are inferred.

    Args:
        joints: (T, 25, 3) in the frame of the camera.
    """
    states = np.full(joints.shape[:2], TRACKED)
    offset = joints[:, _LIMBS, None] - joints[:, None, _TRUNK]  # (T, limbs, trunk, 3)
    beside = np.hypot(offset[..., 0], offset[..., 1])
    hidden = ((beside < 0.15) & (offset[..., 2] > 0.07)).any(axis=2)
    states[:, _LIMBS] = np.where(hidden, INFERRED, TRACKED)
    return states


def sensor_noise(
    states: NDArray[np.int64], sigma: float, rng: np.random.Generator, memory: int = 9
) -> Array:
    """Noise (T, 25, 3) in metres: half white, half smooth over `memory` frames.

    Args:
        states: Tracking states (T, 25); the noise of inferred joints is three times as large.
        sigma: Standard deviation for tracked joints, in metres.
        rng: Where the noise comes from.
        memory: Frames over which the smooth part stays alike.
    """
    frames, joints = states.shape
    white = rng.normal(size=(frames, joints, 3))
    total = rng.normal(size=(frames + memory, joints, 3)).cumsum(axis=0)
    smooth = (total[memory:] - total[:-memory]) / np.sqrt(memory)
    scale = sigma * np.where(states == INFERRED, 3.0, 1.0)[..., None]
    noise: Array = scale * np.sqrt(0.5) * (white + smooth)
    return noise


def project(joints: Array) -> Array:
    """Depth x, y and colour x, y (..., 4) in pixels of joints (..., 3) in the camera frame."""
    x, y, z = np.moveaxis(joints, -1, 0)
    pixels = [
        place
        for focal, centre_x, centre_y in (_DEPTH, _COLOUR)
        for place in (centre_x + focal * x / z, centre_y - focal * y / z)
    ]
    return np.stack(pixels, axis=-1)
