"""The network of all long-memory tasks: an embedding, an encoder of the models, and a read-out."""

from typing import Literal

from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.long_memory.embeddings import EmbeddingCallable, SymbolEmbedding, Values
from action_rec.models.encoders import EncoderCallable, States
from action_rec.models.layers import LayerOptions, NormPosition, recurrent_bound
from action_rec.models.recurrences import IndRNN, Recurrence, RecurrenceCallable

ReadFrom = Literal["last", "every"]


class SequenceNetwork(nn.Module):
    """From a sequence to the outputs of its last step, or of every step.

    The encoder is one of those that the skeleton networks are made of.

    Args:
        num_inputs: Numbers of a step, or of symbols; set by the data.
        num_outputs: Outputs K; set by the data.
        num_steps: Steps T of a sequence, for the bound on u; set by the data.
        encoder: ``StackedEncoder``, ``ResidualEncoder`` or ``DenseEncoder`` of
            ``action_rec.models.encoders`` and ``.dense``, with its sizes.
        embedding: What the encoder is fed: ``Values``, ``OneHot`` or ``SymbolEmbedding``.
        readout: Whether the ``last`` step is read, or ``every`` step.
        recurrence: The recurrent layer, e.g. ``action_rec.models.LSTM`` in the place of IndRNN.
        gamma: |u| is kept below gamma^(1 / num_steps); 1 for sequences without end.
        norm: Batch norm ``after`` or ``before`` the recurrence, or ``none``.
        framewise: Whether its statistics are those of each step and not of all: where every step
            is read, so that none sees what comes after it.
        dropout: Share of features dropped after each layer; a dense encoder has shares of its own.
        weight_std: Linear weights start from N(0, weight_std^2); None for Kaiming uniform, a = 8.
        tied: Whether the outputs have the weights of the symbols' embedding.

    Raises:
        InputError: The weights cannot be tied, for their shapes differ; there is no step; gamma is
            below 1 although the last step is to remember all of them; or every step is read and
            batch norm would show it those to come.
    """

    def __init__(
        self,
        num_inputs: int,
        num_outputs: int,
        num_steps: int,
        encoder: EncoderCallable,
        embedding: EmbeddingCallable = Values,
        readout: ReadFrom = "last",
        recurrence: RecurrenceCallable = IndRNN,
        gamma: float = 2.0,
        norm: NormPosition = "none",
        framewise: bool = False,
        dropout: float = 0.0,
        weight_std: float | None = None,
        tied: bool = False,
    ) -> None:
        super().__init__()
        if num_steps < 1:
            raise InputError(f"num_steps must be at least 1, got {num_steps}")
        if readout == "last" and gamma < 1:
            raise InputError(
                f"gamma must be at least 1 where the last step is read, got {gamma}: u starts "
                "there between gamma^(-1 / T) and gamma^(1 / T); the papers use 2"
            )
        if readout == "every" and norm != "none" and not framewise:
            raise InputError(
                "where every step is read, batch norm over time would show it the "
                "steps to come; use framewise: true or norm: none"
            )
        options = LayerOptions(
            recurrence=recurrence,
            bound=recurrent_bound(gamma, num_steps),
            norm=norm,
            framewise=framewise,
            dropout=dropout,
            reads_last_step=readout == "last",
            weight_std=weight_std,
        )
        self.readout = readout
        self.embedding = embedding(num_inputs)
        self.encoder = encoder(self.embedding.size, options)
        self.head = nn.Linear(self.encoder.size, num_outputs)
        nn.init.kaiming_normal_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        if tied:
            self._tie()

    @property
    def title(self) -> str:
        """What a table calls the network: its encoder and its recurrent layers."""
        layers = [type(m).__name__ for m in self.modules() if isinstance(m, Recurrence)]
        name = type(self.encoder).__name__.removesuffix("Encoder").lower()
        return f"{len(layers)} x {' and '.join(sorted(set(layers)))}, {name}"

    def forward(self, x: Tensor, states: States | None = None) -> tuple[Tensor, States]:
        """Run over a sequence, or a piece of one.

        Args:
            x: Values (B, T, num_inputs) or symbols (B, T).
            states: What the call on the preceding piece returned; None at the start.

        Returns:
            Outputs (B, K) of the last step or (B, T, K) of all, and the states after the last.

        Raises:
            InputError: The states are of another batch size.
        """
        if states and len(states[0]) != len(x):
            raise InputError(
                f"the carried state is of {len(states[0])} sequences, but the batch has {len(x)}; "
                "a state goes on with the sequences that it comes from: keep the batch size, or "
                "start anew without a state"
            )
        features, after = self.encoder(self.embedding(x), states)
        outputs: Tensor = self.head(features[:, -1] if self.readout == "last" else features)
        return outputs, after

    def _tie(self) -> None:
        table = self.embedding
        if not isinstance(table, SymbolEmbedding):
            raise InputError(
                f"tied: true needs the embedding SymbolEmbedding, got {type(table).__name__}"
            )
        if table.size != self.encoder.size or table.table.num_embeddings != self.head.out_features:
            raise InputError(
                f"tied: true needs as many features of a symbol as the encoder gives: the embedding"
                f" has {table.size} and the encoder {self.encoder.size}; set the embedding's size "
                f"to {self.encoder.size}"
            )
        self.head.weight = table.table.weight
