"""From what a step of a sequence is given as to features (B, T, D) for the encoder."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional


class InputEmbedding(nn.Module):
    """What a network asks of its embedding.

    Attributes:
        size: Features D of a step.
    """

    size: int


EmbeddingCallable = Callable[[int], InputEmbedding]  # (num_inputs) -> embedding


class Values(InputEmbedding):
    """Numbers as they are: (B, T, num_inputs).

    Args:
        num_inputs: Numbers of a step.
    """

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.size = num_inputs

    def forward(self, x: Tensor) -> Tensor:
        """Return `x`."""
        return x


class OneHot(InputEmbedding):
    """A symbol of (B, T) as a vector that is one at its place.

    Args:
        num_inputs: Number of symbols.
    """

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.size = num_inputs

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, num_inputs)."""
        return functional.one_hot(x, self.size).float()


class SymbolEmbedding(InputEmbedding):
    """A symbol of (B, T) as a vector that is learned, from U(-0.1, 0.1) at the start.

    Args:
        num_inputs: Number of symbols.
        size: Features of each.
    """

    def __init__(self, num_inputs: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.table = nn.Embedding(num_inputs, size)
        nn.init.uniform_(self.table.weight, -0.1, 0.1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, T, size)."""
        vectors: Tensor = self.table(x)
        return vectors
