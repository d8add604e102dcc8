"""Input embeddings: modules that map the steps of a sequence to features (B, T, D)."""

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional


class InputEmbedding(nn.Module):
    """Base class of input embeddings.

    Attributes:
        size: Number of features D of a step.
    """

    size: int


EmbeddingCallable = Callable[[int], InputEmbedding]  # (num_inputs) -> embedding


class Values(InputEmbedding):
    """Identity, for real-valued inputs (B, T, num_inputs).

    Args:
        num_inputs: Number of inputs of a step.
    """

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.size = num_inputs

    def forward(self, x: Tensor) -> Tensor:
        """Return `x`."""
        return x


class OneHot(InputEmbedding):
    """One-hot encoding of symbols (B, T).

    Args:
        num_inputs: Number of symbols.
    """

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.size = num_inputs

    def forward(self, x: Tensor) -> Tensor:
        """Return the encoding (B, T, num_inputs) of symbols `x` (B, T)."""
        return functional.one_hot(x, self.size).float()


class SymbolEmbedding(InputEmbedding):
    """Learned embedding of symbols (B, T), initialized from U(-0.1, 0.1).

    Args:
        num_inputs: Number of symbols.
        size: Number of features of each symbol.
    """

    def __init__(self, num_inputs: int, size: int) -> None:
        super().__init__()
        self.size = size
        self.table = nn.Embedding(num_inputs, size)
        nn.init.uniform_(self.table.weight, -0.1, 0.1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the embeddings (B, T, size) of symbols `x` (B, T)."""
        vectors: Tensor = self.table(x)
        return vectors
