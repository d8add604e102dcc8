"""Model of the three Kinect cameras: camera frame, tracking states, sensor noise, projection."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import KINECT_V2
from data_prep.synthesis.body import Array, rotation
from data_prep.synthesis.variation import RandomSource, generator

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
    """Position of a camera that is directed at the vertical axis through the world origin.

    Attributes:
        azimuth: Degrees around that axis; a person turned right by this angle faces the camera.
        distance: Horizontal distance from the axis, in metres.
        height: Height above the floor, in metres.
    """

    azimuth: float
    distance: float
    height: float

    def from_world(self, joints: Array) -> Array:
        """Transform joints (..., 3) to the camera frame: y up, z away from the camera."""
        pitch = np.degrees(np.arctan2(self.height - _LOOK_AT, self.distance))
        level = joints @ rotation((0, 0, -self.azimuth)).T + (0, -self.height, self.distance)
        transformed: Array = level @ rotation((pitch, 0, 0)).T
        return transformed


def camera(seed: int, setup: int, number: int) -> Camera:
    """Return a camera of a setup; the three cameras of a setup share distance and height."""
    rng = generator(seed, RandomSource.SETUP, setup)
    distance, height = rng.uniform(2, 4.5), rng.uniform(0.5, 2.7)
    return Camera(_AZIMUTH[number], distance, height)


def tracking_states(joints: Array) -> NDArray[np.int64]:
    """Return tracking states (T, 25): limbs occluded by the trunk are inferred.

    Args:
        joints: (T, 25, 3) joints in metres in the camera frame.
    """
    states = np.full(joints.shape[:2], TRACKED)
    offset = joints[:, _LIMBS, None] - joints[:, None, _TRUNK]  # (T, limbs, trunk, 3)
    beside = np.hypot(offset[..., 0], offset[..., 1])
    occluded = ((beside < 0.15) & (offset[..., 2] > 0.07)).any(axis=2)
    states[:, _LIMBS] = np.where(occluded, INFERRED, TRACKED)
    return states


def sensor_noise(
    states: NDArray[np.int64], sigma: float, rng: np.random.Generator, window: int = 9
) -> Array:
    """Draw noise (T, 25, 3) in metres: half of its variance white, half a moving average.

    Args:
        states: (T, 25) tracking states; the noise of inferred joints is three times as large.
        sigma: Standard deviation for tracked joints, in metres.
        rng: Random number generator.
        window: Length of the moving average, in frames.
    """
    frames, joints = states.shape
    white = rng.normal(size=(frames, joints, 3))
    total = rng.normal(size=(frames + window, joints, 3)).cumsum(axis=0)
    smooth = (total[window:] - total[:-window]) / np.sqrt(window)
    scale = sigma * np.where(states == INFERRED, 3.0, 1.0)[..., None]
    noise: Array = scale * np.sqrt(0.5) * (white + smooth)
    return noise


def project(joints: Array) -> Array:
    """Project joints (..., 3) in the camera frame to pixels: depth x, y, colour x, y (..., 4)."""
    x, y, z = np.moveaxis(joints, -1, 0)
    pixels = [
        pixel
        for focal, centre_x, centre_y in (_DEPTH, _COLOUR)
        for pixel in (centre_x + focal * x / z, centre_y - focal * y / z)
    ]
    return np.stack(pixels, axis=-1)
