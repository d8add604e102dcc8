"""Random rotation, scaling, shear and mirroring of clips."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from action_rec.data.sampling import Keys, seed_keys, uniforms
from action_rec.errors import InputError

_SEED = 0x617567  # makes the draws independent of those of the frames


@dataclass(frozen=True)
class Augmentation:
    """Ranges of random transformations; the default is the identity.

    Attributes:
        rotation: Maximum angles about the x, y and z axes, in degrees. In 2D only the last is used.
        scale: Minimum and maximum factor, drawn for each axis.
        shear: Maximum fraction of one coordinate that is added to another.
        mirror: Probability of exchanging left and right.

    Raises:
        InputError: A value is out of range.
    """

    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)
    shear: float = 0.0
    mirror: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value is None:  # a config may say null
                raise InputError(f"augmentation.{name} must be given or left out, got null")
        numbers = (*self.rotation, *self.scale, self.shear)
        valid = all(0 <= number < math.inf for number in numbers)  # NaN is not
        if not valid or not 0 < self.scale[0] <= self.scale[1]:
            raise InputError(
                "augmentation needs rotation and shear of at least 0 and a scale of a minimum above"
                f" 0 and a maximum not below it, got {self}"
            )
        if not 0 <= self.mirror <= 1:
            raise InputError(f"augmentation.mirror must be between 0 and 1, got {self.mirror}")

    def matrices(self, keys: Keys, size: int) -> NDArray[np.float64]:
        """Draw the transformation matrix of each clip.

        Args:
            keys: (N,) random keys of the clips.
            size: Number of coordinates C, 2 or 3.

        Returns:
            (N, C, C) matrices for column vectors: rotation about x, y, z, then shear, then scale.
        """
        draws = uniforms(seed_keys(keys, _SEED), 3 + 9 + 3)
        spread = 2 * draws - 1
        angles = spread[:, :3] * np.deg2rad(self.rotation)
        shear = spread[:, 3:12].reshape(-1, 3, 3)[:, :size, :size] * self.shear
        shear[:, np.arange(size), np.arange(size)] = 1
        low, high = self.scale
        scale = low + (high - low) * draws[:, 12 : 12 + size]
        matrices: NDArray[np.float64] = scale[:, :, None] * (shear @ _rotations(angles, size))
        return matrices


def augment(clips: Tensor, keys: Keys, augmentation: Augmentation, mirror: Sequence[int]) -> Tensor:
    """Transform each clip at random, as determined by its key; absent bodies stay zero.

    Args:
        clips: (N, T, M, V, C) clips on the CPU; rotations are about the origin.
        keys: (N,) random keys of the clips.
        augmentation: Ranges of the transformations.
        mirror: V indices of the left-right counterpart of each joint.

    Returns:
        (N, T, M, V, C) transformed clips.
    """
    if augmentation == Augmentation():
        return clips
    size = clips.shape[-1]
    matrices = torch.from_numpy(augmentation.matrices(keys, size)).to(clips)
    if augmentation.mirror > 0:
        flip = uniforms(seed_keys(keys, _SEED + 1), 1)[:, 0] < augmentation.mirror
        clips, matrices = _mirror(clips, matrices, torch.from_numpy(flip), mirror)
    # NumPy's batched product takes a quarter of the time of torch's.
    product = np.matmul(clips.flatten(1, 3).numpy(), matrices.transpose(1, 2).numpy())
    return torch.from_numpy(product).view(clips.shape)


def _mirror(
    clips: Tensor, matrices: Tensor, flip: Tensor, mirror: Sequence[int]
) -> tuple[Tensor, Tensor]:
    exchanged = clips.clone()
    exchanged[flip] = clips[flip][..., list(mirror), :]
    sign = torch.ones_like(matrices[:, :1])
    sign[flip, :, 0] = -1  # x is the left-right axis
    return exchanged, matrices * sign


def _rotations(angles: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Return rotation matrices (N, C, C) for angles (N, 3) in radians; 2D uses the last angle."""
    total = np.broadcast_to(np.eye(3), (len(angles), 3, 3))
    for axis in range(3) if size == 3 else (2,):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        rotation = np.broadcast_to(np.eye(3), total.shape).copy()
        rotation[:, first, first] = rotation[:, second, second] = np.cos(angles[:, axis])
        rotation[:, second, first] = np.sin(angles[:, axis])
        rotation[:, first, second] = -rotation[:, second, first]
        total = rotation @ total
    return total[:, :size, :size]
