"""Features of single joints: their embedding with motion, and pooling over joints and bodies."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.errors import InputError
from action_rec.models.encoders import Before, States, check_count, check_weights
from action_rec.models.inputs import FrameFeatures, FrameShape
from action_rec.models.padding import Padding, on_frames

PoolName = Literal["max", "mean", "both", "projection"]


class MovingJoints(FrameFeatures):
    """Position and motion of each joint through a linear layer of its own and ReLU.

    Motion is the step from the frame before, 0 in the first frame and where the body is absent in
    either of the two. That frame is the state of a stream, so the features can be computed frame by
    frame. Batch norm of the input brings motion, which is small, to the scale of position. All
    bodies share the weights; the weights of its own tell the network which joint it looks at.

    Args:
        frame_shape: (M, V, C).
        channels: Features of each joint.
    """

    num_states = 1

    def __init__(self, frame_shape: FrameShape, channels: int = 16) -> None:
        super().__init__()
        check_count("channels", channels)
        bodies, joints, coordinates = frame_shape
        self.frame_shape = frame_shape
        self.size = bodies * joints * channels
        inputs = 2 * coordinates
        check_weights(f"{channels} channels", joints * inputs * channels)
        self.norm = nn.BatchNorm1d(joints * inputs)
        self.weight = nn.Parameter(torch.empty(joints, inputs, channels))
        nn.init.uniform_(self.weight, -(inputs**-0.5), inputs**-0.5)
        self.bias = nn.Parameter(torch.zeros(joints, channels))

    def forward(self, clip: Tensor, padding: Padding | None = None) -> Tensor:
        """Return the features (B, T, M * V * channels) of a clip; 0 for an absent body."""
        return self.describe(clip, [None], padding)[0]

    def describe(
        self, clip: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Go on from the frame before; see `FrameFeatures`."""
        joints, after = self.embed(clip, before, padding)
        joints = joints.view(*clip.shape[:4], -1) * present(clip)[..., None, None]
        return joints.flatten(2), after

    def embed(
        self, clip: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Return the features (B * T * M, V, channels) of a clip, and the state after it."""
        moving, after = self._moving(clip, before)
        normed = on_frames(self.norm, moving.flatten(3).flatten(0, 2), padding)
        inputs = normed.view(-1, *moving.shape[3:])
        joints = torch.einsum("nvi,vic->nvc", inputs, self.weight)
        return functional.relu(joints + self.bias), after

    def _moving(self, clip: Tensor, before: Before) -> tuple[Tensor, States]:
        """Position and motion (B, T, M, V, 2 * C), and the last frame (B, M * V * C)."""
        first = clip[:, :1] if before[0] is None else before[0].view_as(clip[:, :1])
        frames = torch.cat((first, clip), dim=1)
        there = present(frames)
        both = (there[:, 1:] & there[:, :-1])[..., None, None]
        motion = (clip - frames[:, :-1]) * both
        return torch.cat((clip, motion), dim=4), [clip[:, -1].flatten(1)]


class JointPool(nn.Module):
    """From the features of joints (N, V, channels) to those of a body (N, size), all at least 0.

    Args:
        joints: Number of joints V.
        channels: Features of each joint.
        pool: ``max`` or ``mean`` over the joints, or ``both``, of a linear layer that the joints
            share; or a ``projection`` of each joint by weights of its own, side by side.
        pool_size: Outputs of that linear layer or projection.

    Raises:
        InputError: There is no such pooling.
    """

    def __init__(self, joints: int, channels: int, pool: PoolName, pool_size: int) -> None:
        super().__init__()
        if pool not in ("max", "mean", "both", "projection"):
            raise InputError(f"pool must be 'max', 'mean', 'both' or 'projection', got '{pool}'")
        check_count("pool_size", pool_size)
        self.pool = pool
        own = pool == "projection"
        check_weights(f"pool_size {pool_size}", channels * pool_size * (joints if own else 1))
        self.weight = nn.Parameter(torch.empty(joints if own else 1, channels, pool_size))
        nn.init.uniform_(self.weight, -(channels**-0.5), channels**-0.5)
        self.size = {"projection": joints, "both": 2}.get(pool, 1) * pool_size
        self.norm = nn.BatchNorm1d(joints * pool_size if own else pool_size)

    def forward(self, joints: Tensor, padding: Padding | None = None) -> Tensor:
        """Return (N, size) of `joints` (N, V, channels); N is a multiple of padding's frames."""
        if self.pool == "projection":
            projected = torch.einsum("nvc,vcp->nvp", joints, self.weight).flatten(1)
            return self._activate(projected, padding)
        shared = self._activate(joints.flatten(0, 1) @ self.weight[0], padding)
        features = shared.view(*joints.shape[:2], -1)
        if self.pool == "mean":
            return features.mean(dim=1)
        largest = features.amax(dim=1)
        if self.pool == "max":
            return largest
        # Maximum and mean of a feature stay neighbours: a read-out takes the halves apart.
        return torch.stack((largest, features.mean(dim=1)), dim=2).flatten(1)

    def _activate(self, features: Tensor, padding: Padding | None) -> Tensor:
        return functional.relu(on_frames(self.norm, features, padding))

    def extra_repr(self) -> str:
        """Show the settings in the printed network."""
        return f"{self.pool}, {self.size}"


def present(clip: Tensor) -> Tensor:
    """Whether each body of a clip (B, T, M, V, C) is there, (B, T, M): absent ones are all zero."""
    return (clip != 0).flatten(3).any(dim=3)
