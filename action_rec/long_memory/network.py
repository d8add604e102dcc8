"""The network of all long-memory tasks."""

from typing import Any, Literal

from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.long_memory.embeddings import EmbeddingCallable, SymbolEmbedding, Values
from action_rec.long_memory.objectives import PADDING
from action_rec.long_memory.softmax import AdaptiveSoftmax, SoftmaxCallable
from action_rec.models.encoders import EncoderCallable, States
from action_rec.models.layers import LayerOptions, NormPosition, recurrent_bound
from action_rec.models.padding import Padding
from action_rec.models.recurrences import Bidirectional, IndRNN, Recurrence, RecurrenceCallable

SequenceReadout = Literal["last", "every"]


class SequenceNetwork(nn.Module):
    """An embedding, an encoder of `action_rec.models`, and a linear output layer.

    Args:
        num_inputs: Number of inputs of a step, or number of symbols; set by the data.
        num_outputs: Number of outputs K; set by the data.
        num_steps: Number of steps T of a sequence, for the bound on u; set by the data.
        encoder: ``StackedEncoder``, ``ResidualEncoder`` or ``DenseEncoder`` of
            ``action_rec.models.encoders`` and ``.dense``, with its sizes.
        embedding: Input embedding: ``Values``, ``OneHot`` or ``SymbolEmbedding``.
        readout: Whether to compute outputs for the ``last`` step or for ``every`` step.
        recurrence: Recurrent layer, e.g. ``action_rec.models.LSTM`` instead of IndRNN.
        gamma: Bounds the recurrent weight: |u| <= gamma^(1 / num_steps); 1 for endless sequences.
        norm: Batch norm ``after`` or ``before`` the recurrence, or ``none``.
        framewise: Whether training statistics are computed per step instead of over all steps.
            Required for the prediction of symbols, where statistics over time would leak later
            steps.
        dropout: Dropout rate after each layer; a dense encoder has rates of its own.
        weight_std: Standard deviation of the initial linear weights, drawn from N(0, std^2); None
            for Kaiming uniform with a = 8.
        tied: Whether the output layer shares the weights of the `SymbolEmbedding`.
        softmax: ``AdaptiveSoftmax`` in place of the linear output layer, for large vocabularies.
        bidirectional: Whether half of the neurons run backward in time, for whole sequences.

    Raises:
        InputError: `num_steps` is below 1; `gamma` is below 1 with ``readout: last``; the weights
            to tie differ in shape; or an adaptive softmax is not read at every step, or tied.
    """

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        num_steps: int,
        encoder: EncoderCallable,
        embedding: EmbeddingCallable = Values,
        readout: SequenceReadout = "last",
        recurrence: RecurrenceCallable = IndRNN,
        gamma: float = 2.0,
        norm: NormPosition = "none",
        framewise: bool = False,
        dropout: float = 0.0,
        weight_std: float | None = None,
        tied: bool = False,
        softmax: SoftmaxCallable | None = None,
        bidirectional: bool = False,
    ) -> None:
        super().__init__()
        if num_steps < 1:
            raise InputError(f"num_steps must be at least 1, got {num_steps}")
        if readout == "last" and gamma < 1:
            raise InputError(
                f"gamma must be at least 1 with readout: last, where u is initialized between "
                f"gamma^(-1 / T) and gamma^(1 / T), got {gamma}; the papers use 2"
            )
        options = LayerOptions(
            recurrence=recurrence,
            bound=recurrent_bound(gamma, num_steps),
            norm=norm,
            framewise=framewise,
            dropout=dropout,
            bidirectional=bidirectional,
            reads_last_step=readout == "last",
            weight_std=weight_std,
        )
        self.readout = readout
        self.bidirectional = bidirectional
        self.normalizes = "none" if norm == "none" else "steps" if framewise else "time"
        self.embedding = embedding(num_inputs)
        self.encoder = encoder(self.embedding.size, options)
        self.head: Any  # nn.Linear or AdaptiveSoftmax
        if softmax is None:
            self.head = nn.Linear(self.encoder.size, num_outputs)
            nn.init.kaiming_normal_(self.head.weight)
            nn.init.zeros_(self.head.bias)
        else:
            if tied or readout != "every":
                raise InputError(
                    "an adaptive softmax needs readout: every and tied: false, got readout: "
                    f"{readout} and tied: {str(tied).lower()}"
                )
            self.head = softmax(self.encoder.size, num_outputs)
        if tied:
            self._tie()

    @property
    def title(self) -> str:
        """Name for tables: the number and type of the recurrent layers, and the encoder."""
        modules = [m for m in self.modules() if isinstance(m, Recurrence)]
        layers = [type(m).__name__ for m in modules if not isinstance(m, Bidirectional)]
        name = type(self.encoder).__name__.removesuffix("Encoder").lower()
        count = len(layers) // 2 if self.bidirectional else len(layers)
        both = ", bidirectional" if self.bidirectional else ""
        return f"{count} x {' and '.join(sorted(set(layers)))}, {name}{both}"

    def forward(
        self,
        x: Tensor,
        states: States | None = None,
        targets: Tensor | None = None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, States]:
        """Compute the outputs for a sequence or a chunk of it.

        Args:
            x: Values (B, T, num_inputs) or symbols (B, T).
            states: States returned by the call on the preceding chunk; None at the start.
            targets: The symbols to predict or `PADDING`, (B, T), for an adaptive softmax, which
                then computes their log-probabilities alone. Another output layer ignores them.
            lengths: int64 (B,) steps of each sequence, from 1 to T, before padding; None if all
                have T.

        Returns:
            Outputs (B, K) of the last step or (B, T, K) of all, of no meaning in padding, and the
            states after T steps. Those of an adaptive softmax are log-probabilities: (B, T) of
            targets, 0 in padding.

        Raises:
            InputError: The states have another batch size.
        """
        if states and len(states[0]) != len(x):
            raise InputError(
                f"the states belong to {len(states[0])} sequences, but the batch has {len(x)}; "
                "keep the batch size, or start without states"
            )
        padding = None if lengths is None else Padding.after(lengths, x.shape[1])
        features, after = self.encoder(self.embedding(x), states, padding)
        if isinstance(self.head, AdaptiveSoftmax) and targets is not None:
            return self._of_targets(self.head, features, targets), after
        if self.readout == "last":
            features = features[:, -1] if padding is None else padding.last(features)
        outputs: Tensor = self.head(features)
        return outputs, after

    @staticmethod
    def _of_targets(softmax: AdaptiveSoftmax, features: Tensor, targets: Tensor) -> Tensor:
        kept = targets != PADDING
        scores = softmax.of_targets(features[kept], targets[kept])
        return scores.new_zeros(targets.shape).masked_scatter(kept, scores)

    def _tie(self) -> None:
        table = self.embedding
        if not isinstance(table, SymbolEmbedding):
            raise InputError(
                f"tied: true needs a SymbolEmbedding, got {type(table).__name__}; use "
                "embedding: SymbolEmbedding or tied: false"
            )
        if table.size != self.encoder.size or table.table.num_embeddings != self.head.out_features:
            raise InputError(
                f"tied: true needs embedding and encoder of equal size, got {table.size} and "
                f"{self.encoder.size}; set the size of the embedding to {self.encoder.size}"
            )
        self.head.weight = table.table.weight
