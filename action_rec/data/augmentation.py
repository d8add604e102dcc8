"""Turning, scaling and mirroring whole clips at random, in training."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from action_rec.data.sampling import Keys, seed_keys, uniforms
from action_rec.errors import InputError

_SEED = 0x617567  # apart from the choice of frames


@dataclass(frozen=True)
class Augmentation:
    """How far clips are changed; the default leaves them as they are.

    Attributes:
        rotation: Largest angles in degrees about the x, y and z axis, in 3D; in 2D only the last,
            in the plane, counts.
        scale: Smallest and largest factor, drawn for each axis.
        shear: Largest share of one axis that is added to another.
        mirror: Share of clips whose left and right are exchanged.

    Raises:
        InputError: A number is out of range.
    """

    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float] = (1.0, 1.0)
    shear: float = 0.0
    mirror: float = 0.0

    def __post_init__(self) -> None:
        if min(self.rotation) < 0 or self.shear < 0 or not 0 < self.scale[0] <= self.scale[1]:
            raise InputError(
                "augmentation needs angles and shear of at least 0 and a scale of a smaller and a "
                f"larger factor above 0, got {self}"
            )
        if not 0 <= self.mirror <= 1:
            raise InputError(f"augmentation.mirror must be between 0 and 1, got {self.mirror}")

    def matrices(self, keys: Keys, size: int) -> NDArray[np.float64]:
        """Draw what the coordinates of each clip are multiplied by.

        Args:
            keys: What the choice for each clip follows from, (N,).
            size: C, 3 or 2.

        Returns:
            (N, C, C) for column vectors: rotation about x, y and z in turn, then shear, then scale.
        """
        draws = uniforms(seed_keys(keys, _SEED), 3 + 9 + 3)
        spread = 2 * draws - 1
        angles = spread[:, :3] * np.deg2rad(self.rotation)
        shear = spread[:, 3:12].reshape(-1, 3, 3)[:, :size, :size] * self.shear
        shear[:, np.arange(size), np.arange(size)] = 1
        low, high = self.scale
        scale = low + (high - low) * draws[:, 12 : 12 + size]
        matrices: NDArray[np.float64] = scale[:, :, None] * (shear @ _turn(angles, size))
        return matrices


def augment(clips: Tensor, keys: Keys, augmentation: Augmentation, mirror: Sequence[int]) -> Tensor:
    """Change clips at random, each by the choice of its key; absent bodies stay zero.

    Args:
        clips: (N, T, M, V, C) on the CPU, centred where they are to be turned about.
        keys: What the choice for each clip follows from, (N,).
        augmentation: How far.
        mirror: V indices of the joint on the other side of the body.

    Returns:
        (N, T, M, V, C).
    """
    if augmentation == Augmentation():
        return clips
    size = clips.shape[-1]
    matrices = torch.from_numpy(augmentation.matrices(keys, size)).to(clips)
    if augmentation.mirror > 0:
        flip = uniforms(seed_keys(keys, _SEED + 1), 1)[:, 0] < augmentation.mirror
        clips, matrices = _mirror(clips, matrices, torch.from_numpy(flip), mirror)
    # NumPy takes a quarter of the time of torch's batched product.
    product = np.matmul(clips.flatten(1, 3).numpy(), matrices.transpose(1, 2).numpy())
    return torch.from_numpy(product).view(clips.shape)


def _mirror(
    clips: Tensor, matrices: Tensor, flip: Tensor, mirror: Sequence[int]
) -> tuple[Tensor, Tensor]:
    exchanged = clips.clone()
    exchanged[flip] = clips[flip][..., list(mirror), :]
    sign = torch.ones_like(matrices[:, :1])
    sign[flip, :, 0] = -1  # x runs from side to side
    return exchanged, matrices * sign


def _turn(angles: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Rotations (N, C, C) by angles (N, 3), in radians; in 2D by the last angle."""
    turns = np.broadcast_to(np.eye(3), (len(angles), 3, 3))
    for axis in range(3) if size == 3 else (2,):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        turn = np.broadcast_to(np.eye(3), turns.shape).copy()
        turn[:, first, first] = turn[:, second, second] = np.cos(angles[:, axis])
        turn[:, second, first] = np.sin(angles[:, axis])
        turn[:, first, second] = -turn[:, second, first]
        turns = turn @ turns
    return turns[:, :size, :size]
