"""Frame features: modules that map a clip (B, T, M, V, C) to features (B, T, D)."""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.errors import InputError
from action_rec.models.encoders import Before, States, check_count, check_weights
from action_rec.models.padding import Padding, on_frames

FrameShape = tuple[int, int, int]

# Pairs of Kinect v2 joints (1-based) that define a line, as chosen in arXiv 1910.06251 after
# Zhang et al., "On Geometric Features for Skeleton-Based Action Recognition", WACV 2017.
_BONES = (
    *((4, 3), (3, 21), (21, 2), (2, 1)),
    *((21, 9), (9, 10), (10, 11), (11, 12), (12, 24), (12, 25)),
    *((21, 5), (5, 6), (6, 7), (7, 8), (8, 22), (8, 23)),
    *((1, 17), (17, 18), (18, 19), (19, 20), (1, 13), (13, 14), (14, 15), (15, 16)),
)
_ALONG_LIMBS = ((19, 17), (12, 9), (15, 13), (5, 8), (4, 2))
# Right ankle, left ankle, head, right hand, and left shoulder (5), which the authors use where one
# would expect the left hand (8).
_BETWEEN_ENDS = ((19, 15), (19, 4), (19, 12), (19, 5), (15, 4), (15, 12), (15, 5), (4, 12), (4, 5))
LINES = (*_BONES, *_ALONG_LIMBS, *_BETWEEN_ENDS, (12, 5))


class FrameFeatures(nn.Module):
    """Base class of frame features, which map a clip (B, T, M, V, C) to (B, T, size).

    They are called with the clip and the padding of its frames, which is None if there is none.

    Attributes:
        size: Number of features of a frame.
        projected: Whether the features replace the output of the first linear layer.
        frame_shape: (M, V, C) of the clips; None if any is accepted.
        frames: Number of frames that the features of one frame depend on, centred on it.
        num_states: Number of tensors of the state that streaming carries.
    """

    size: int
    frame_shape: FrameShape | None = None
    projected = False
    frames = 1
    num_states = 0

    def describe(
        self, clip: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Go on where an earlier call ended.

        Args:
            clip: The next frames, (B, T, M, V, C).
            before: `num_states` tensors that the call on the preceding frames returned, or Nones.
            padding: The padding of sequences of different lengths; None if all have T frames.

        Returns:
            Features (B, T, size), and the states after the last frame.
        """
        return self(clip, padding), []


FeaturesCallable = Callable[[FrameShape], FrameFeatures]


class FlatFrames(FrameFeatures):
    """The M * V * C coordinates of a frame as one vector."""

    def __init__(self, frame_shape: FrameShape) -> None:
        super().__init__()
        self.frame_shape = frame_shape
        self.size = prod(frame_shape)

    def forward(self, clip: Tensor, padding: Padding | None = None) -> Tensor:
        """Return the features (B, T, M * V * C) of a clip."""
        return clip.flatten(2)


class JointEmbedding(FrameFeatures):
    """A separate linear layer for every joint of every body, followed by batch norm and ReLU.

    Args:
        frame_shape: (M, V, C).
        channels: Number of features of each joint.
        frames: Temporal window, an odd number of frames centred on each frame; 3 or more let the
            features represent motion. The first and last frames of a clip are repeated at its ends.

    Raises:
        InputError: `frames` is even or below 1, or `channels` is below 1.
    """

    def __init__(self, frame_shape: FrameShape, channels: int = 16, frames: int = 1) -> None:
        super().__init__()
        if frames < 1 or frames % 2 == 0:
            raise InputError(f"frames must be an odd number of at least 1, got {frames}")
        check_count("frames", frames)
        check_count("channels", channels)
        bodies, joints, coordinates = frame_shape
        check_weights(
            f"{channels} channels and {frames} frames", prod(frame_shape) * frames * channels
        )
        self.frames = frames
        self.frame_shape = frame_shape
        inputs = coordinates * frames
        self.weight = nn.Parameter(torch.empty(bodies, joints, inputs, channels))
        nn.init.uniform_(self.weight, -(inputs**-0.5), inputs**-0.5)
        self.size = bodies * joints * channels
        self.norm = nn.BatchNorm1d(self.size)

    def forward(self, clip: Tensor, padding: Padding | None = None) -> Tensor:
        """Return the features (B, T, M * V * channels) of a clip."""
        embedded = torch.einsum("btmvc,mvcd->btmvd", self._windows(clip, padding), self.weight)
        normed = on_frames(self.norm, embedded.flatten(0, 1).flatten(1), padding)
        return functional.relu(normed).view(*clip.shape[:2], -1)

    def _windows(self, clip: Tensor, padding: Padding | None) -> Tensor:
        """Return the coordinates (B, T, M, V, C * frames) of the window around every frame."""
        if self.frames == 1:
            return clip
        if padding is not None:
            clip = padding.extend(clip)
        more = self.frames // 2
        before, after = (end.expand(-1, more, -1, -1, -1) for end in (clip[:, :1], clip[:, -1:]))
        return torch.cat((before, clip, after), dim=1).unfold(1, self.frames, 1).flatten(4)


class JointConvolution(FrameFeatures):
    """Convolution over the joint axis that replaces the first linear layer.

    The ConvIndRNN of arXiv 1910.06251: one filter is shared by all joints, in the order of the
    joint set.

    Args:
        frame_shape: (M, V, C).
        channels: Number of output channels of each joint.
        kernel_size: Width of the filter in joints, an odd number.

    Raises:
        InputError: `channels` is below 1 or `kernel_size` is even.
    """

    projected = True

    def __init__(self, frame_shape: FrameShape, channels: int, kernel_size: int = 5) -> None:
        super().__init__()
        check_count("channels", channels)
        check_count("kernel_size", kernel_size)
        if kernel_size % 2 == 0:
            raise InputError(f"kernel_size must be an odd number, got {kernel_size}")
        bodies, joints, coordinates = frame_shape
        check_weights(f"{channels} channels", coordinates * channels * kernel_size)
        self.convolution = nn.Conv1d(coordinates, channels, kernel_size, padding=kernel_size // 2)
        nn.init.kaiming_uniform_(self.convolution.weight, a=8)
        nn.init.zeros_(self.convolution.bias)  # type: ignore[arg-type]
        self.frame_shape = frame_shape
        self.size = bodies * joints * channels

    def forward(self, clip: Tensor, padding: Padding | None = None) -> Tensor:
        """Return the features (B, T, M * V * channels) of a clip."""
        convolved: Tensor = self.convolution(clip.flatten(0, 2).transpose(1, 2))
        return convolved.view(*clip.shape[:2], -1)


class LineDistances(FrameFeatures):
    """Coordinates and the distance of every joint to every line of `LINES`, in the same unit.

    The distance of a joint to a line through it is left out, so there are 39 lines x 23 joints =
    897 distances per body, and M * V * C + M * 897 features. The distance to a line whose end
    points coincide is 0, as for all lines of an absent body.

    Args:
        frame_shape: (M, 25, 3).

    Raises:
        InputError: The joint set does not have 25 joints in 3D.
    """

    ends: Tensor
    pairs: Tensor  # indices of the 897 (line, joint) pairs, flattened

    def __init__(self, frame_shape: FrameShape) -> None:
        super().__init__()
        if frame_shape[1:] != (25, 3):
            raise InputError(
                "line distances are defined for the 25 joints of Kinect v2 in 3D, got "
                f"{frame_shape[1]} joints of {frame_shape[2]} coordinates; use "
                "line_distances: false"
            )
        ends = torch.tensor(LINES) - 1
        mask = torch.ones(len(LINES), 25, dtype=torch.bool).scatter_(1, ends, False)
        pairs = mask.flatten().nonzero()[:, 0]
        self.register_buffer("ends", ends, persistent=False)
        self.register_buffer("pairs", pairs, persistent=False)
        self.frame_shape = frame_shape
        self.size = prod(frame_shape) + frame_shape[0] * len(pairs)

    def forward(self, clip: Tensor, padding: Padding | None = None) -> Tensor:
        """Return the features (B, T, size) of a clip (B, T, M, 25, 3)."""
        return torch.cat((clip.flatten(2), self.distances(clip).flatten(2)), dim=2)

    def distances(self, clip: Tensor) -> Tensor:
        """Return the distances (B, T, M, 897) in a clip (B, T, M, 25, 3)."""
        start, end = (clip[:, :, :, joints] for joints in self.ends.unbind(1))
        direction = functional.normalize(end - start, dim=-1)[..., None, :]
        offset = clip[:, :, :, None] - start[..., None, :]
        across = torch.linalg.cross(offset, direction.expand_as(offset))
        distances: Tensor = torch.linalg.vector_norm(across, dim=-1)
        return distances.flatten(-2).index_select(-1, self.pairs)
