"""Baselines with about as many parameters as the IndRNN of the recipe, for NW-UCLA.

`benchmarks.networks` measures their cost and `benchmarks.trials` trains them. The recipe's IndRNN
has seven layers in a residual stack. MinGRU and LRU are linear in their state and made to be
stacked with shortcuts: they take IndRNN's place there. A layer of the others has more weights, or
shortcuts of its own: they are stacked twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from action_rec.models import (
    GRU,
    LRU,
    LSTM,
    TCN,
    CausalAttention,
    JointEmbedding,
    MinGRU,
    ResidualIndRNN,
    StackedIndRNN,
)
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.models.recurrences import IndRNN, Recurrence

Build = Callable[..., RecurrentClassifier]


@dataclass(frozen=True)
class Peer:
    """A layer, and its hidden sizes for the number of parameters of three IndRNNs.

    Attributes:
        layer: The layer.
        wide: For the recipe's IndRNN of 256 neurons in two directions.
        narrow: For the same with 128 neurons, as the trials of docs/recipe.md.
        causal: For 256 neurons in one direction, read at every frame.
        residual: Whether it stands in the recipe's residual stack, or twice in a plain one.
    """

    layer: type[Recurrence]
    wide: int
    narrow: int
    causal: int
    residual: bool = False

    def words(self, hidden_size: int) -> list[str]:
        """Return the options of `fit` that take it in IndRNN's place in the recipe."""
        network = "--model.network"
        stack = [f"{network}=action_rec.models.StackedIndRNN", f"{network}.init_args.num_layers=2"]
        return [
            *([] if self.residual else stack),
            f"{network}.init_args.recurrence=action_rec.models.{self.layer.__name__}",
            f"{network}.init_args.hidden_size={hidden_size}",
        ]

    def both_directions(self, hidden_size: int) -> Build:
        """Return what builds the recipe's network of this layer."""
        features = partial(JointEmbedding, frames=3)
        return self._build(hidden_size, bidirectional=True, readout="mean", features=features)

    def one_direction(self) -> Build:
        """Return what builds the network that can be read at every frame."""
        return self._build(self.causal, readout="running_mean", features=JointEmbedding)

    def _build(self, hidden_size: int, **options: object) -> Build:
        stack: Build = (
            partial(ResidualIndRNN, num_blocks=3)
            if self.residual
            else partial(StackedIndRNN, num_layers=2)
        )
        return partial(stack, hidden_size=hidden_size, recurrence=self.layer, **options)


PEERS: dict[str, Peer] = {
    "IndRNN": Peer(IndRNN, 256, 128, 256, residual=True),
    "GRU": Peer(GRU, 214, 92, 184),
    "LSTM": Peer(LSTM, 178, 76, 154),
    "TCN": Peer(TCN, 128, 60, 104),
    "MinGRU": Peer(MinGRU, 174, 90, 174, residual=True),
    "LRU": Peer(LRU, 112, 58, 102, residual=True),
    "CausalAttention": Peer(CausalAttention, 236, 104, 198),
}
