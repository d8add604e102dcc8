"""Features of frames from a graph over the joints."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from action_rec.errors import InputError
from action_rec.models.encoders import MOST_LAYERS, Before, States, check_count
from action_rec.models.inputs import FrameFeatures, FrameShape
from action_rec.models.joints import JointPool, MovingJoints, PoolName, present
from action_rec.models.padding import Padding, on_frames

GraphName = Literal["both", "learned", "pose"]
Graphs = tuple[Tensor | None, Tensor | None]  # (L, V, V) learned, (B, T, M, V, V) of the pose


class PoseGraph(nn.Module):
    """A graph that follows from the pose: softmax over the joints of theta(x) phi(x)^T.

    As in SGN (Zhang et al., CVPR 2020, arXiv 1904.01189), one graph for each frame.

    Args:
        channels: Features of each joint, and of theta and phi.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Linear(channels, 2 * channels)

    def forward(self, joints: Tensor) -> Tensor:
        """Return the graph (N, V, V) of `joints` (N, V, channels); each row sums to 1."""
        theta, phi = self.project(joints).chunk(2, dim=2)
        scores = theta @ phi.transpose(1, 2) * joints.shape[2] ** -0.5
        graph: Tensor = scores.softmax(dim=2)
        return graph


class GraphMixing(nn.Module):
    """The features of each joint beside those of its neighbours in the graph, and a linear layer.

    Args:
        joints: Number of joints V.
        channels: Features of each joint.
        graph: ``learned``, an adjacency (V, V) that all frames share, ``pose``, that of each frame,
            or ``both``, their sum.
        project: Whether there is a linear layer, back to `channels`; otherwise they are doubled.
    """

    def __init__(
        self, joints: int, channels: int, graph: GraphName, *, project: bool = True
    ) -> None:
        super().__init__()
        if graph not in ("both", "learned", "pose"):
            raise InputError(f"graph must be 'both', 'learned' or 'pose', got '{graph}'")
        self.adjacency = None
        if graph != "pose":
            self.adjacency = nn.Parameter(torch.empty(joints, joints))
            nn.init.uniform_(self.adjacency, -(joints**-0.5), joints**-0.5)
        self.linear = nn.Linear(2 * channels, channels) if project else nn.Identity()

    def forward(self, joints: Tensor, pose: Tensor | None) -> Tensor:
        """Return (N, V, channels) of `joints` (N, V, channels) and the pose's graph (N, V, V)."""
        graph = self._graph(joints, pose)
        if not isinstance(self.linear, nn.Linear):
            return torch.cat((joints, torch.bmm(graph, joints)), dim=2)
        # The linear layer on both side by side, without a copy of them: it commutes with the graph.
        own, neighbours = self.linear.weight.chunk(2, dim=1)
        offset = functional.linear(joints, own, self.linear.bias)
        return torch.baddbmm(offset, graph, functional.linear(joints, neighbours))

    def _graph(self, joints: Tensor, pose: Tensor | None) -> Tensor:
        if self.adjacency is None:
            assert pose is not None  # graph="pose"
            return pose
        return self.adjacency.expand(len(joints), -1, -1) if pose is None else self.adjacency + pose


class GraphLayer(nn.Module):
    """Graph mixing, batch norm and ReLU, added to the input."""

    def __init__(self, joints: int, channels: int, graph: GraphName) -> None:
        super().__init__()
        self.mixing = GraphMixing(joints, channels, graph)
        self.norm = nn.BatchNorm1d(channels)

    def forward(
        self, joints: Tensor, pose: Tensor | None, padding: Padding | None = None
    ) -> Tensor:
        """Return (N, V, channels); see `GraphMixing`."""
        mixed: Tensor = self.mixing(joints, pose)
        normed = on_frames(self.norm, mixed.flatten(0, 1), padding)
        return joints + functional.relu(normed).view_as(mixed)


class JointGraph(FrameFeatures):
    """Position and motion of the joints, graph layers over them, pooled over joints and bodies.

    In front of time it does what SGN does (arXiv 1904.01189), but looks back only, by one frame,
    which is the state of a stream. Each joint has weights of its own at the input and the graphs
    are learned, so any joint set can be used. All bodies share the weights, and the maximum over
    them does not depend on their order. A frame without a body is 0.

    Args:
        frame_shape: (M, V, C).
        channels: Features of each joint.
        num_layers: Graph layers; 0 leaves embedding and pooling.
        pool: Over the joints: ``max``, ``mean`` or ``both``, or a ``projection`` of each joint.
        pool_size: Features that are pooled, or those that each joint is projected to.
        graph: ``learned``, ``pose``, a graph that follows from each frame, or ``both``.

    Raises:
        InputError: A number is too small, or there is no such pooling or graph.
    """

    num_states = 1

    def __init__(
        self,
        frame_shape: FrameShape,
        channels: int = 16,
        num_layers: int = 2,
        pool: PoolName = "projection",
        pool_size: int = 8,
        graph: GraphName = "both",
    ) -> None:
        super().__init__()
        check_count("num_layers", num_layers, least=0, most=MOST_LAYERS)
        joints = frame_shape[1]
        self.embedding = MovingJoints(frame_shape, channels)
        self.pose = PoseGraph(channels) if num_layers > 0 and graph != "learned" else None
        self.layers = nn.ModuleList(GraphLayer(joints, channels, graph) for _ in range(num_layers))
        self.pool = JointPool(joints, channels, pool, pool_size)
        self.size = self.pool.size

    def forward(self, clip: Tensor, padding: Padding | None = None) -> Tensor:
        """Return the features (B, T, size) of a clip."""
        return self.describe(clip, [None], padding)[0]

    def describe(
        self, clip: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Go on from the frame before; see `FrameFeatures`."""
        joints, after = self.embedding.embed(clip, before, padding)
        pose = None if self.pose is None else self.pose(joints)
        for layer in self.layers:
            joints = layer(joints, pose, padding)
        bodies = self.pool(joints, padding).view(*clip.shape[:3], -1)
        return (bodies * present(clip)[..., None]).amax(dim=2), after

    def graphs(self, clip: Tensor) -> Graphs:
        """Return the graphs of a clip; see `RecurrentClassifier.graphs`."""
        learned = stack_adjacencies(self.layers)
        if self.pose is None:
            return learned, None
        joints, _ = self.embedding.embed(clip, [None])
        pose: Tensor = self.pose(joints)
        return learned, pose.view(*clip.shape[:3], *pose.shape[1:])


def stack_adjacencies(layers: nn.ModuleList) -> Tensor | None:
    """The learned adjacencies (num_layers, V, V) of layers; None where there are none."""
    found = [m.adjacency for m in layers.modules() if isinstance(m, GraphMixing)]
    learned: list[Tensor] = [adjacency for adjacency in found if adjacency is not None]
    return torch.stack(learned) if learned else None
