"""From a clip (B, T, M, V, C) to the features of its frames (B, T, D)."""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.errors import InputError
from action_rec.models.encoders import Before, States

FrameShape = tuple[int, int, int]

# Pairs of Kinect v2 joints (from 1) that span a line, in the authors' choice (arXiv 1910.06251,
# after Zhang et al., "On Geometric Features for Skeleton-Based Action Recognition", WACV 2017).
_BONES = (
    *((4, 3), (3, 21), (21, 2), (2, 1)),
    *((21, 9), (9, 10), (10, 11), (11, 12), (12, 24), (12, 25)),
    *((21, 5), (5, 6), (6, 7), (7, 8), (8, 22), (8, 23)),
    *((1, 17), (17, 18), (18, 19), (19, 20), (1, 13), (13, 14), (14, 15), (15, 16)),
)
_OVER_ONE_JOINT_OR_MORE = ((19, 17), (12, 9), (15, 13), (5, 8), (4, 2))
# Right ankle, left ankle, head, right hand and, where one expects the left hand, left shoulder.
_BETWEEN_ENDS = ((19, 15), (19, 4), (19, 12), (19, 5), (15, 4), (15, 12), (15, 5), (4, 12), (4, 5))
LINES = (*_BONES, *_OVER_ONE_JOINT_OR_MORE, *_BETWEEN_ENDS, (12, 5))


class FrameFeatures(nn.Module):
    """What every description of frames promises: a clip (B, T, M, V, C) to (B, T, size).

    Attributes:
        size: Features of a frame.
        projected: Whether they take the place of the first linear layer's output.
        frames: Frames that the description of one looks at, itself in the middle.
        num_states: Number of tensors that its state in a stream consists of.
    """

    size: int
    projected = False
    frames = 1
    num_states = 0

    def describe(self, clip: Tensor, before: Before) -> tuple[Tensor, States]:
        """Go on where an earlier call ended.

        Args:
            clip: The next frames, (B, T, M, V, C).
            before: `num_states` tensors that the call on the preceding frames returned, or Nones.

        Returns:
            Features (B, T, size), and the states after the last frame.
        """
        return self(clip), []


FeaturesCallable = Callable[[FrameShape], FrameFeatures]


class FlatFrames(FrameFeatures):
    """All M * V * C coordinates of a frame side by side."""

    def __init__(self, frame_shape: FrameShape) -> None:
        super().__init__()
        self.size = prod(frame_shape)

    def forward(self, clip: Tensor) -> Tensor:
        """Return the features (B, T, M * V * C) of a clip."""
        return clip.flatten(2)


class JointEmbedding(FrameFeatures):
    """A small linear layer of its own for every joint of every body, batch norm and ReLU.

    Args:
        frame_shape: (M, V, C).
        channels: Features of every joint.
        frames: Frames around each one that it sees, an odd number: with 3 the one before and the
            one after as well, so that it can tell motion. At the ends of a clip the last one stands
            for those beyond.

    Raises:
        InputError: The number of frames is even or below 1.
    """

    def __init__(self, frame_shape: FrameShape, channels: int = 16, frames: int = 1) -> None:
        super().__init__()
        if frames < 1 or frames % 2 == 0:
            raise InputError(f"frames must be an odd number of at least 1, got {frames}")
        bodies, joints, coordinates = frame_shape
        self.frames = frames
        inputs = coordinates * frames
        self.weight = nn.Parameter(torch.empty(bodies, joints, inputs, channels))
        nn.init.uniform_(self.weight, -(inputs**-0.5), inputs**-0.5)
        self.size = bodies * joints * channels
        self.norm = nn.BatchNorm1d(self.size)

    def forward(self, clip: Tensor) -> Tensor:
        """Return the features (B, T, M * V * channels) of a clip."""
        embedded = torch.einsum("btmvc,mvcd->btmvd", self._windows(clip), self.weight)
        normed: Tensor = self.norm(embedded.flatten(0, 1).flatten(1))
        return functional.relu(normed).view(*clip.shape[:2], -1)

    def _windows(self, clip: Tensor) -> Tensor:
        """The coordinates (B, T, M, V, C * frames) around every frame."""
        if self.frames == 1:
            return clip
        beyond = self.frames // 2
        before, after = (end.expand(-1, beyond, -1, -1, -1) for end in (clip[:, :1], clip[:, -1:]))
        return torch.cat((before, clip, after), dim=1).unfold(1, self.frames, 1).flatten(4)


class JointConvolution(FrameFeatures):
    """A convolution over the joint axis in place of the first linear layer.

    The ConvIndRNN of arXiv 1910.06251: the same small filter for every joint, in the order of the
    joint set.

    Args:
        frame_shape: (M, V, C).
        channels: Output channels of every joint.
        kernel_size: Joints that a filter spans, an odd number.
    """

    projected = True

    def __init__(self, frame_shape: FrameShape, channels: int, kernel_size: int = 5) -> None:
        super().__init__()
        bodies, joints, coordinates = frame_shape
        self.convolution = nn.Conv1d(coordinates, channels, kernel_size, padding=kernel_size // 2)
        nn.init.kaiming_uniform_(self.convolution.weight, a=8)
        nn.init.zeros_(self.convolution.bias)  # type: ignore[arg-type]
        self.size = bodies * joints * channels

    def forward(self, clip: Tensor) -> Tensor:
        """Return the features (B, T, M * V * channels) of a clip."""
        convolved: Tensor = self.convolution(clip.flatten(0, 2).transpose(1, 2))
        return convolved.view(*clip.shape[:2], -1)


class LineDistances(FrameFeatures):
    """The coordinates, and the distance of every joint to every line of `LINES` (in their unit).

    A joint's distance to a line that it spans is left out: 39 lines x 23 joints x M bodies. A line
    whose ends coincide, such as all lines of an absent body, is at distance 0. The size is that of
    M * V * C coordinates and M * 897 distances.
    """

    ends: Tensor
    measured: Tensor  # places of the 897 among all pairs of a line and a joint

    def __init__(self, frame_shape: FrameShape) -> None:
        super().__init__()
        if frame_shape[1:] != (25, 3):
            raise InputError(
                "line distances are defined for the 25 joints of Kinect v2 in 3D, got "
                f"{frame_shape[1]} joints of {frame_shape[2]} coordinates; use "
                "line_distances: false"
            )
        ends = torch.tensor(LINES) - 1
        measured = torch.ones(len(LINES), 25, dtype=torch.bool)
        measured.scatter_(1, ends, False)
        self.register_buffer("ends", ends, persistent=False)
        places = measured.flatten().nonzero()[:, 0]
        self.register_buffer("measured", places, persistent=False)
        self.size = prod(frame_shape) + frame_shape[0] * len(places)

    def forward(self, clip: Tensor) -> Tensor:
        """Return the features (B, T, size) of a clip (B, T, M, 25, 3)."""
        return torch.cat((clip.flatten(2), self.distances(clip).flatten(2)), dim=2)

    def distances(self, clip: Tensor) -> Tensor:
        """Return the distances (B, T, M, 897)."""
        start, end = (clip[:, :, :, joints] for joints in self.ends.unbind(1))
        direction = functional.normalize(end - start, dim=-1)[..., None, :]
        offset = clip[:, :, :, None] - start[..., None, :]
        across = torch.linalg.cross(offset, direction.expand_as(offset))
        distances: Tensor = torch.linalg.vector_norm(across, dim=-1)
        return distances.flatten(-2).index_select(-1, self.measured)
