"""Recurrent encoders: features (B, T, num_inputs) to features (B, T, hidden_size).

Every encoder takes the states that an earlier call returned, so that a long sequence can be fed
piece by piece: in eval mode the result equals that of the whole sequence.
"""

from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.models.layers import NormPosition, RecurrentLayer, linear

States = list[Tensor]  # one (B, hidden_size) per recurrent layer, the first layer first


class Encoder(nn.Module):
    """What every encoder promises; `hidden_size` is the width of its output."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size

    def forward(self, x: Tensor, states: States | None = None) -> tuple[Tensor, States]:
        """Encode `x`.

        Args:
            x: Features, (B, T, num_inputs).
            states: What the call on the preceding frames returned; None at the start.

        Returns:
            Features (B, T, hidden_size) and the states after the last frame.
        """
        raise NotImplementedError


class StackedEncoder(Encoder):
    """Plain stack: each layer is linear, recurrence, batch norm, dropout (arXiv 1803.04831)."""

    def __init__(
        self,
        num_inputs: int,
        hidden_size: int,
        num_layers: int,
        *,
        bound: float,
        norm: NormPosition,
        dropout: float,
    ) -> None:
        super().__init__(hidden_size)
        _check_count("num_layers", num_layers)
        widths = [num_inputs, *[hidden_size] * (num_layers - 1)]
        self.linears = nn.ModuleList(linear(width, hidden_size) for width in widths)
        self.layers = nn.ModuleList(
            RecurrentLayer(
                hidden_size,
                bound=bound,
                norm=norm,
                dropout=dropout,
                long_memory=index == num_layers - 1,
            )
            for index in range(num_layers)
        )

    def forward(self, x: Tensor, states: States | None = None) -> tuple[Tensor, States]:
        """Encode `x`; see `Encoder`."""
        before = [None] * len(self.layers) if states is None else states
        after = []
        for project, layer, state in zip(self.linears, self.layers, before, strict=True):
            x, last = layer(project(x), state)
            after.append(last)
        return x, after


class ResidualBlock(nn.Module):
    """Two times [recurrence, batch norm, dropout, linear], added to the input."""

    def __init__(self, size: int, *, bound: float, norm: NormPosition, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            RecurrentLayer(size, bound=bound, norm=norm, dropout=dropout) for _ in range(2)
        )
        self.linears = nn.ModuleList(linear(size, size) for _ in range(2))

    def forward(self, x: Tensor, states: list[Tensor | None]) -> tuple[Tensor, States]:
        """Return `x` (B, T, D) plus its correction, and the two states after it."""
        shortcut, after = x, []
        for layer, project, state in zip(self.layers, self.linears, states, strict=True):
            x, last = layer(x, state)
            x = project(x)
            after.append(last)
        return shortcut + x, after


class ResidualEncoder(Encoder):
    """Residual stack of 2 * num_blocks + 1 recurrent layers (arXiv 1910.06251).

    A linear layer, the blocks, and a last recurrent layer whose weights remember the whole clip.
    """

    def __init__(
        self,
        num_inputs: int,
        hidden_size: int,
        num_blocks: int,
        *,
        bound: float,
        norm: NormPosition,
        dropout: float,
    ) -> None:
        super().__init__(hidden_size)
        _check_count("num_blocks", num_blocks, least=0)
        self.first = linear(num_inputs, hidden_size)
        self.blocks = nn.ModuleList(
            ResidualBlock(hidden_size, bound=bound, norm=norm, dropout=dropout)
            for _ in range(num_blocks)
        )
        self.last = RecurrentLayer(
            hidden_size, bound=bound, norm=norm, dropout=dropout, long_memory=True
        )

    def forward(self, x: Tensor, states: States | None = None) -> tuple[Tensor, States]:
        """Encode `x`; see `Encoder`."""
        before = [None] * (2 * len(self.blocks) + 1) if states is None else states
        after: States = []
        x = self.first(x)
        for index, block in enumerate(self.blocks):
            x, pair = block(x, before[2 * index : 2 * index + 2])
            after += pair
        x, last = self.last(x, before[-1])
        return x, [*after, last]


def _check_count(name: str, count: int, least: int = 1) -> None:
    if count < least:
        raise InputError(f"{name} must be at least {least}, got {count}")
