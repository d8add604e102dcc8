"""Normalization that looks back only: relative to where a stream of frames started."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_TINY = torch.finfo(torch.float32).tiny


class StartNormalization(nn.Module):
    """Subtract the centre of the first body in its first frame; scale 2D by the size of the body.

    It does what the preparation of a store does, but frame by frame: the joints of a store of whole
    recordings in 3D do not change. Coordinates in 2D depend on the distance to the camera; they are
    divided by the mean size of the bodies in all frames so far, where a store has the median over
    the whole recording. The size of a body is the root mean square distance of its joints from
    their centroid. Bodies and joints that were not detected, which are 0, stay 0.

    Args:
        centre: Indices of the joints whose mean is the centre of a body.
        coordinates: C, 2 or 3.
    """

    def __init__(self, centre: Sequence[int], coordinates: int) -> None:
        super().__init__()
        self.centre = list(centre)
        self.scales = coordinates == 2
        # Of each sequence: where it started, whether it has, and mean size and number of frames.
        self.sizes = [coordinates, 1, *([1, 1] if self.scales else [])]
        self.state_size = sum(self.sizes)

    def forward(self, joints: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Normalize the next frames.

        Args:
            joints: (N, T, M, V, C), zero for absent bodies and joints that were not detected.
            state: (N, state_size) that the call on the preceding frames returned; None or zeros at
                the start.

        Returns:
            Joints (N, T, M, V, C), and the state after the last frame.
        """
        if state is None:
            state = joints.new_zeros(len(joints), self.state_size)
        before = torch.split(state, self.sizes, dim=1)
        detected = (joints != 0).any(dim=4)
        start, started = self._start(joints, detected, before[0], before[1])
        moved = torch.where(detected[..., None], joints - start[:, None, None, None], 0.0)
        if not self.scales:
            return moved, torch.cat((start, started), dim=1)
        size, mean, count = self._size(joints, detected, before[2], before[3])
        scaled = moved / size.clamp(min=_TINY)[:, :, None, None, None]
        return scaled, torch.cat((start, started, mean, count), dim=1)

    def _start(
        self, joints: Tensor, detected: Tensor, start: Tensor, started: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Where each sequence started (N, C), and whether it has (N, 1), 0 or 1."""
        there = detected.any(dim=3)  # (N, T, M)
        first_body = _first(there, dim=2)
        centres = joints[:, :, :, self.centre].mean(dim=3)
        centre = (centres * first_body[..., None]).sum(dim=2)  # (N, T, C)
        anybody = there.any(dim=2)
        first = (centre * _first(anybody, dim=1)[..., None]).sum(dim=1)
        some = anybody.any(dim=1, keepdim=True).to(started)
        return torch.where(started > 0, start, first), torch.maximum(started, some)

    def _size(
        self, joints: Tensor, detected: Tensor, mean: Tensor, count: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The size so far at every frame (N, T), and its mean and count (N, 1) after the last."""
        weight = detected.to(joints)[..., None]
        number = weight.sum(dim=3, keepdim=True)
        centroid = (joints * weight).sum(dim=3, keepdim=True) / number.clamp(min=1)
        squares = ((joints - centroid) ** 2 * weight).sum(dim=(3, 4))
        measured = (number[..., 0, 0] > 1).to(joints)  # (N, T, M)
        sizes = (squares / number[..., 0, 0].clamp(min=1)).sqrt() * measured
        bodies = measured.sum(dim=2)
        size = sizes.sum(dim=2) / bodies.clamp(min=1)
        counts = count + (bodies > 0).to(joints).cumsum(dim=1)
        means = mean + ((size - mean) * (bodies > 0)).cumsum(dim=1) / counts.clamp(min=1)
        return means, means[:, -1:], counts[:, -1:]


def _first(flags: Tensor, dim: int) -> Tensor:
    """Which of the flags along `dim` is the first that is set."""
    return flags & (flags.to(torch.int64).cumsum(dim=dim) == 1)
