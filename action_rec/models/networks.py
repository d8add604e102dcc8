"""The networks of the IndRNN papers, in which any recurrent layer can replace IndRNN."""

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
        clip_len: Number of frames T of a clip, for the bound on u; set by the data.
        hidden_size: Number of neurons of each layer, of both directions together.
        num_layers: Number of recurrent layers.
        dropout: Dropout rate after each layer.
        norm: Batch norm ``after`` or ``before`` the recurrence, or ``none``.
        gamma: Bounds the recurrent weight: |u| <= gamma^(1 / clip_len).
        recurrence: Recurrent layer, e.g. ``action_rec.models.LSTM`` instead of IndRNN.
        bidirectional: Whether half of the neurons run backward in time.
        readout: Features that are classified: those of the ``last`` step, their ``running_mean``,
            which a stream can be read by, their ``mean`` over time, or an ``attention``-weighted
            mean.
        features: Frame features: ``action_rec.models.FlatFrames``, the coordinates;
            ``JointEmbedding`` or ``JointGraph``; or ``JointConvolution``, which replaces the first
            linear layer.
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
        frame_features = features(frame_shape)
        options = LayerOptions(
            recurrence=recurrence,
            bound=recurrent_bound(gamma, clip_len),
            norm=norm,
            dropout=dropout,
            bidirectional=bidirectional,
            reads_last_step=readout == "last",
        )
        encoder = StackedEncoder(
            frame_features.size,
            options,
            hidden_size,
            num_layers,
            projected=frame_features.projected,
        )
        read = build_readout(readout, hidden_size, bidirectional=bidirectional)
        super().__init__(frame_features, encoder, read, num_classes)


class ResidualIndRNN(RecurrentClassifier):
    """Residual IndRNN of 2 * num_blocks + 1 layers (Li et al., arXiv 1910.06251).

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Number of frames T of a clip, for the bound on u; set by the data.
        hidden_size: Number of neurons of each layer, of both directions together.
        num_blocks: Number of residual blocks of two layers each: 5 give 11 layers, 10 give 21.
        dropout: Dropout rate after each layer.
        norm: Batch norm ``after`` or ``before`` the recurrence, or ``none``.
        gamma: Bounds the recurrent weight: |u| <= gamma^(1 / clip_len).
        recurrence: Recurrent layer, e.g. ``action_rec.models.LSTM`` instead of IndRNN.
        bidirectional: Whether half of the neurons run backward in time.
        readout: Features that are classified: those of the ``last`` step, their ``running_mean``,
            which a stream can be read by, their ``mean`` over time, or an ``attention``-weighted
            mean.
        features: Frame features: ``action_rec.models.FlatFrames``, the coordinates;
            ``JointEmbedding`` or ``JointGraph``; or ``JointConvolution``, which replaces the first
            linear layer.
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
        frame_features = features(frame_shape)
        options = LayerOptions(
            recurrence=recurrence,
            bound=recurrent_bound(gamma, clip_len),
            norm=norm,
            dropout=dropout,
            bidirectional=bidirectional,
            reads_last_step=readout == "last",
        )
        encoder = ResidualEncoder(
            frame_features.size,
            options,
            hidden_size,
            num_blocks,
            projected=frame_features.projected,
        )
        read = build_readout(readout, hidden_size, bidirectional=bidirectional)
        super().__init__(frame_features, encoder, read, num_classes)


class DenseIndRNN(RecurrentClassifier):
    """Densely connected IndRNN (Li et al., arXiv 1910.06251).

    `time_difference` and `line_distances` together give the variant dense-aug.

    Args:
        num_classes: Number of logits; set by the data.
        frame_shape: (M, V, C) of the clips; set by the data.
        clip_len: Number of frames T of a clip, for the bound on u; set by the data.
        growth: Number of features that each dense layer adds.
        first: Number of neurons of the first layer, as a multiple of `growth`.
        blocks: Number of dense layers of each block.
        dropout: Dropout rates; None for the defaults of `DenseDropout`.
        norm: Batch norm ``after`` or ``before`` the recurrence, or ``none``.
        gamma: Bounds the recurrent weight: |u| <= gamma^(1 / clip_len).
        recurrence: Recurrent layer, e.g. ``action_rec.models.LSTM`` instead of IndRNN.
        readout: Features that are classified: those of the ``last`` step, their ``running_mean``,
            which a stream can be read by, their ``mean`` over time, or an ``attention``-weighted
            mean.
        time_difference: Concatenate x_t - x_(t-1) to the input and to the output of every stage.
        line_distances: Concatenate the distances of all joints to 39 lines (Kinect v2 only).
        features: Frame features, e.g. ``action_rec.models.JointGraph``.

    Raises:
        InputError: Frame features other than coordinates are combined with line distances.
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
            reads_last_step=readout == "last",
        )
        encoder = DenseEncoder(
            described.size,
            options,
            growth,
            first,
            blocks or (),  # a config may say null
            dropout or DenseDropout(),
            time_difference=time_difference,
        )
        read = build_readout(readout, encoder.size, bidirectional=False)
        super().__init__(described, encoder, read, num_classes)
