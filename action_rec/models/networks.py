"""The networks of the IndRNN papers, with any recurrent layer in the place of IndRNN."""

from action_rec.errors import InputError
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.models.dense import DenseDropout, DenseEncoder
from action_rec.models.encoders import ResidualEncoder, StackedEncoder
from action_rec.models.inputs import FeaturesCallable, FlatFrames, FrameShape, LineDistances
from action_rec.models.layers import LayerOptions, NormPosition, recurrent_bound
from action_rec.models.readouts import ReadoutName, build_readout
from action_rec.models.recurrences import IndRNN, RecurrenceCallable


class StackedIndRNN(RecurrentClassifier):
    """Plain IndRNN (Li et al., CVPR 2018, arXiv 1803.04831).

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Frames T of a clip, for the bound on u; set by the data.
        hidden_size: Neurons of each layer, of both directions together.
        num_layers: Recurrent layers.
        dropout: Share of features dropped after each layer.
        norm: Batch norm ``after`` or ``before`` the recurrence, or ``none``.
        gamma: |u| is kept below gamma^(1 / clip_len).
        recurrence: The recurrent layer, e.g. ``action_rec.models.LSTM`` in the place of IndRNN.
        bidirectional: Whether half of the neurons run backward in time.
        readout: What is classified: the ``last`` step, the ``mean`` over time, or ``attention``.
        features: What a frame is described by: ``action_rec.models.FlatFrames``, its coordinates;
            ``JointEmbedding`` or ``JointGraph``; or ``JointConvolution``, which takes the first
            linear layer's place.
    """

    def __init__(
        self,
        num_classes: int,
        frame_shape: FrameShape = (2, 25, 3),
        clip_len: int = 20,
        hidden_size: int = 512,
        num_layers: int = 6,
        dropout: float = 0.4,
        norm: NormPosition = "after",
        gamma: float = 5.0,
        recurrence: RecurrenceCallable = IndRNN,
        bidirectional: bool = False,
        readout: ReadoutName = "last",
        features: FeaturesCallable = FlatFrames,
    ) -> None:
        described = features(frame_shape)
        options = LayerOptions(
            recurrence=recurrence,
            bound=recurrent_bound(gamma, clip_len),
            norm=norm,
            dropout=dropout,
            bidirectional=bidirectional,
            long_memory=readout == "last",
        )
        encoder = StackedEncoder(
            described.size, options, hidden_size, num_layers, projected=described.projected
        )
        read = build_readout(readout, hidden_size, bidirectional=bidirectional)
        super().__init__(described, encoder, read, num_classes)


class ResidualIndRNN(RecurrentClassifier):
    """Residual IndRNN of 2 * num_blocks + 1 layers (Li et al., arXiv 1910.06251).

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Frames T of a clip, for the bound on u; set by the data.
        hidden_size: Neurons of each layer, of both directions together.
        num_blocks: Residual blocks of two layers each: 5 give 11 layers, 10 give 21.
        dropout: Share of features dropped after each layer.
        norm: Batch norm ``after`` or ``before`` the recurrence, or ``none``.
        gamma: |u| is kept below gamma^(1 / clip_len).
        recurrence: The recurrent layer, e.g. ``action_rec.models.LSTM`` in the place of IndRNN.
        bidirectional: Whether half of the neurons run backward in time.
        readout: What is classified: the ``last`` step, the ``mean`` over time, or ``attention``.
        features: What a frame is described by: ``action_rec.models.FlatFrames``, its coordinates;
            ``JointEmbedding`` or ``JointGraph``; or ``JointConvolution``, which takes the first
            linear layer's place.
    """

    def __init__(
        self,
        num_classes: int,
        frame_shape: FrameShape = (2, 25, 3),
        clip_len: int = 20,
        hidden_size: int = 512,
        num_blocks: int = 10,
        dropout: float = 0.5,
        norm: NormPosition = "after",
        gamma: float = 5.0,
        recurrence: RecurrenceCallable = IndRNN,
        bidirectional: bool = False,
        readout: ReadoutName = "last",
        features: FeaturesCallable = FlatFrames,
    ) -> None:
        described = features(frame_shape)
        options = LayerOptions(
            recurrence=recurrence,
            bound=recurrent_bound(gamma, clip_len),
            norm=norm,
            dropout=dropout,
            bidirectional=bidirectional,
            long_memory=readout == "last",
        )
        encoder = ResidualEncoder(
            described.size, options, hidden_size, num_blocks, projected=described.projected
        )
        read = build_readout(readout, hidden_size, bidirectional=bidirectional)
        super().__init__(described, encoder, read, num_classes)


class DenseIndRNN(RecurrentClassifier):
    """Densely connected IndRNN (Li et al., arXiv 1910.06251).

    Its variant dense-aug is `time_difference` and `line_distances` together.

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Frames T of a clip, for the bound on u; set by the data.
        growth: New features of every dense layer.
        first: The first layer has this many times `growth` neurons.
        blocks: Dense layers of each block.
        dropout: Shares of features dropped, by place.
        norm: Batch norm ``after`` or ``before`` the recurrence, or ``none``.
        gamma: |u| is kept below gamma^(1 / clip_len).
        recurrence: The recurrent layer, e.g. ``action_rec.models.LSTM`` in the place of IndRNN.
        readout: What is classified: the ``last`` step, the ``mean`` over time, or ``attention``.
        time_difference: Append x_t - x_(t-1) to the input and to the output of every stage.
        line_distances: Append the distances of all joints to 39 lines to the input (Kinect v2).
        features: What a frame is described by, e.g. ``action_rec.models.JointGraph``.

    Raises:
        InputError: Features that are no coordinates together with line distances.
    """

    def __init__(
        self,
        num_classes: int,
        frame_shape: FrameShape = (2, 25, 3),
        clip_len: int = 20,
        growth: int = 48,
        first: int = 6,
        blocks: tuple[int, ...] = (8, 6, 4),
        dropout: DenseDropout | None = None,
        norm: NormPosition = "after",
        gamma: float = 5.0,
        recurrence: RecurrenceCallable = IndRNN,
        readout: ReadoutName = "last",
        time_difference: bool = False,
        line_distances: bool = False,
        features: FeaturesCallable = FlatFrames,
    ) -> None:
        described = features(frame_shape)
        if line_distances:
            if not isinstance(described, FlatFrames):
                raise InputError(
                    "line distances stand beside coordinates, got features "
                    f"{type(described).__name__}; use line_distances: false"
                )
            described = LineDistances(frame_shape)
        options = LayerOptions(
            recurrence=recurrence,
            bound=recurrent_bound(gamma, clip_len),
            norm=norm,
            long_memory=readout == "last",
        )
        encoder = DenseEncoder(
            described.size,
            options,
            growth,
            first,
            blocks,
            dropout or DenseDropout(),
            time_difference=time_difference,
        )
        read = build_readout(readout, encoder.size, bidirectional=False)
        super().__init__(described, encoder, read, num_classes)
