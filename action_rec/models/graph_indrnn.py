"""A recurrent network on joints: memory in every joint, a graph between the layers."""

from torch import Tensor, nn

from action_rec.models.classifiers import RecurrentClassifier
from action_rec.models.encoders import (
    MOST_LAYERS,
    Before,
    Encoder,
    States,
    check_count,
    check_weights,
)
from action_rec.models.inputs import FrameShape
from action_rec.models.joint_graph import (
    GraphMixing,
    GraphName,
    Graphs,
    PoseGraph,
    stack_adjacencies,
)
from action_rec.models.joints import JointPool, MovingJoints, PoolName
from action_rec.models.layers import LayerOptions, NormPosition, RecurrentLayer, recurrent_bound
from action_rec.models.padding import Padding
from action_rec.models.readouts import ReadoutName, build_readout
from action_rec.models.recurrences import IndRNN, RecurrenceCallable


class JointRecurrence(nn.Module):
    """A recurrent layer in every joint, with norm and dropout as in `RecurrentLayer`.

    IndRNN has a neuron with its own u for each joint and channel. A layer that projects its input,
    such as a GRU, is shared by the joints: one with weights across joints would make the graph
    pointless.

    Args:
        joints: Number of joints V.
        channels: Features of each joint.
        options: What all layers share.
        last: Whether this is the layer that is read.
    """

    def __init__(
        self, joints: int, channels: int, options: LayerOptions, *, last: bool = False
    ) -> None:
        super().__init__()
        self.joints = joints
        self.shared = options.projects_input
        self.halves = 2 if options.bidirectional else 1
        if self.shared:
            self.layer = RecurrentLayer(2 * channels, channels, options, last=last)
        else:
            size = joints * channels
            self.layer = RecurrentLayer(size, size, options, last=last, project=False)

    def forward(
        self, x: Tensor, state: Tensor | None, padding: Padding | None = None
    ) -> tuple[Tensor, Tensor]:
        """Run over the features of joints.

        Args:
            x: (N, T, V, channels), or twice the channels for a layer that projects them.
            state: (N, S) what the call on the preceding frames returned; None at the start.
            padding: That of (N, T).

        Returns:
            (N, T, V, channels), and the state after the last frame.
        """
        rows, frames = x.shape[:2]
        if self.shared:
            every = x.transpose(1, 2).flatten(0, 1)
            own = None if state is None else state.view(len(every), -1)
            joints = None if padding is None else padding.repeated(self.joints)
            y, last = self.layer(every, own, joints)
            return y.view(rows, self.joints, frames, -1).transpose(1, 2), last.view(rows, -1)
        # Two directions divide the channels of each joint, not the joints.
        split = x.unflatten(3, (self.halves, -1)).transpose(2, 3)  # type: ignore[no-untyped-call]
        y, last = self.layer(split.flatten(2), state, padding)
        return y.view(split.shape).transpose(2, 3).flatten(3), last


class GraphRecurrentLayer(nn.Module):
    """Graph mixing and a recurrent layer in every joint, added to the input."""

    def __init__(
        self,
        joints: int,
        channels: int,
        options: LayerOptions,
        graph: GraphName,
        *,
        last: bool = False,
    ) -> None:
        super().__init__()
        own = options.projects_input
        self.mixing = GraphMixing(joints, channels, graph, project=not own)
        self.memory = JointRecurrence(joints, channels, options, last=last)

    def forward(
        self,
        x: Tensor,
        pose: Tensor | None,
        state: Tensor | None,
        padding: Padding | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return (N, T, V, channels) of `x`, and the state (N, S) after it."""
        mixed = self.mixing(x.flatten(0, 1), pose).view(*x.shape[:3], -1)
        y, last = self.memory(mixed, state, padding)
        return x + y, last


class GraphEncoder(Encoder):
    """Graph recurrent layers on the features of joints, pooled over joints and bodies at the end.

    Args:
        frame_shape: (M, V, C) of the clips.
        channels: Features of each joint.
        options: What all layers share.
        num_layers: Recurrent layers.
        graph: ``learned``, ``pose`` or ``both``; see `GraphMixing`.
        pool: See `JointPool`.
        pool_size: See there.
    """

    def __init__(
        self,
        frame_shape: FrameShape,
        channels: int,
        options: LayerOptions,
        num_layers: int,
        graph: GraphName,
        pool: PoolName,
        pool_size: int,
    ) -> None:
        super().__init__()
        check_count("num_layers", num_layers, most=MOST_LAYERS)
        check_count("channels", channels)
        bodies, joints, _ = frame_shape
        check_weights(f"{channels} channels in {num_layers} layers", num_layers * channels**2)
        self.of_a_frame = (bodies, joints, channels)
        self.pose = PoseGraph(channels) if graph != "learned" else None
        self.layers = nn.ModuleList(
            GraphRecurrentLayer(joints, channels, options, graph, last=index == num_layers - 1)
            for index in range(num_layers)
        )
        self.pool = JointPool(joints, channels, pool, pool_size)
        self.size = self.pool.size
        self.num_states = num_layers

    def encode(
        self, x: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Encode features (B, T, M * V * channels); see `Encoder`."""
        batch, frames, _ = x.shape
        bodies = self.of_a_frame[0]
        x = x.view(batch, frames, *self.of_a_frame).transpose(1, 2).flatten(0, 1)
        pose = None if self.pose is None else self.pose(x.flatten(0, 1))
        each = None if padding is None else padding.repeated(bodies)
        after: States = []
        for layer, state in zip(self.layers, before, strict=True):
            own = None if state is None else state.view(batch * bodies, -1)
            x, last = layer(x, pose, own, each)
            after.append(last.reshape(batch, -1))
        pooled = self.pool(x.flatten(0, 1), each).view(batch, bodies, frames, -1)
        return pooled.amax(dim=1), after


class GraphIndRNN(RecurrentClassifier):
    """An IndRNN in every joint, joints mixed by a graph between the layers.

    Each joint and channel has a recurrent weight of its own. The layers are residual; joints are
    pooled after the last one, bodies share all weights and are pooled by their maximum.

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Frames T of a clip, for the bound on u; set by the data.
        channels: Features of each joint, of both directions together.
        num_layers: Recurrent layers.
        dropout: Share of features dropped after each layer.
        norm: Batch norm ``after`` or ``before`` the recurrence, or ``none``.
        gamma: |u| is kept below gamma^(1 / clip_len).
        recurrence: The recurrent layer; one that projects its input, e.g.
            ``action_rec.models.GRU``, is shared by the joints.
        bidirectional: Whether half of the channels run backward in time.
        readout: What is classified: the ``last`` step, the ``running_mean``, which a stream can be
            read by, the ``mean`` over time, or ``attention``.
        graph: ``learned``, ``pose``, a graph that follows from each frame, or ``both``.
        pool: Over the joints: ``max``, ``mean`` or ``both``, or a ``projection`` of each joint.
        pool_size: Features that are pooled, or those that each joint is projected to.
    """

    def __init__(
        self,
        num_classes: int,
        frame_shape: FrameShape = (2, 25, 3),
        clip_len: int = 20,
        channels: int = 16,
        num_layers: int = 4,
        dropout: float = 0.1,
        norm: NormPosition = "before",
        gamma: float = 5.0,
        recurrence: RecurrenceCallable = IndRNN,
        bidirectional: bool = False,
        readout: ReadoutName = "last",
        graph: GraphName = "both",
        pool: PoolName = "projection",
        pool_size: int = 8,
    ) -> None:
        options = LayerOptions(
            recurrence=recurrence,
            bound=recurrent_bound(gamma, clip_len),
            norm=norm,
            dropout=dropout,
            bidirectional=bidirectional,
            reads_last_step=readout == "last",
        )
        encoder = GraphEncoder(frame_shape, channels, options, num_layers, graph, pool, pool_size)
        read = build_readout(readout, encoder.size, bidirectional=bidirectional)
        super().__init__(MovingJoints(frame_shape, channels), encoder, read, num_classes)

    def graphs(self, clip: Tensor) -> Graphs:
        """Return the graphs of a clip; see `RecurrentClassifier.graphs`."""
        encoder = self.encoder
        assert isinstance(encoder, GraphEncoder)
        learned = stack_adjacencies(encoder.layers)
        if encoder.pose is None:
            return learned, None
        joints = self.features(clip).view(-1, *encoder.of_a_frame[1:])
        pose: Tensor = encoder.pose(joints)
        return learned, pose.view(*clip.shape[:3], *pose.shape[1:])
