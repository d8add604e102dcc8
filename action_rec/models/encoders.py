"""Recurrent encoders that map features (B, T, num_inputs) to features (B, T, size).

Every encoder accepts the states that an earlier call returned, so that a long sequence can be
processed in chunks. In eval mode the result equals that of one call on the whole sequence.
"""

from collections.abc import Callable, Sequence

from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.memory import check_memory
from action_rec.models.layers import LayerOptions, RecurrentLayer
from action_rec.models.padding import Padding, on_frames

MOST_LAYERS = 1000

States = list[Tensor]  # one state (B, S) per stateful layer, in the order of the layers
Before = Sequence[Tensor | None]  # the initial states; None at the start of a sequence


class Encoder(nn.Module):
    """Base class of recurrent encoders.

    Attributes:
        size: Number of output features.
        num_states: Number of state tensors.
    """

    size: int
    num_states: int

    def forward(
        self, x: Tensor, states: States | None = None, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Encode `x`.

        Args:
            x: Features, (B, T, num_inputs).
            states: States returned by the call on the preceding frames; None at the start.
            padding: The padding of sequences of different lengths; None if all have T frames.

        Returns:
            Features (B, T, size), of no meaning in padding, and the states after all T frames.
        """
        return self.encode(x, [None] * self.num_states if states is None else states, padding)

    def encode(
        self, x: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Encode `x` as `forward` does, given `num_states` initial states or Nones."""
        raise NotImplementedError


EncoderCallable = Callable[[int, LayerOptions], Encoder]  # (num_inputs, options) -> encoder


class StackedEncoder(Encoder):
    """Plain stack of layers, each linear, recurrence, batch norm, dropout (arXiv 1803.04831).

    Args:
        num_inputs: Number of input features.
        options: Options of all layers.
        hidden_size: Number of neurons of each layer.
        num_layers: Number of layers.
        projected: Whether the features replace the output of the first linear layer.

    Raises:
        InputError: `num_layers` or `hidden_size` is below 1, or `projected` is set and
            `num_inputs` differs from `hidden_size`.
    """

    def __init__(
        self,
        num_inputs: int,
        options: LayerOptions,
        hidden_size: int,
        num_layers: int,
        *,
        projected: bool = False,
    ) -> None:
        super().__init__()
        check_count("num_layers", num_layers, most=MOST_LAYERS)
        _check_width(num_inputs, hidden_size, num_layers, projected=projected)
        self.size = hidden_size
        self.num_states = num_layers
        widths = [num_inputs, *[hidden_size] * (num_layers - 1)]
        self.layers = nn.ModuleList(
            RecurrentLayer(
                width,
                hidden_size,
                options,
                last=index == num_layers - 1,
                project=index > 0 or not projected,
            )
            for index, width in enumerate(widths)
        )

    def encode(
        self, x: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Encode `x`; see `Encoder`."""
        after: States = []
        for layer, state in zip(self.layers, before, strict=True):
            x, last = layer(x, state, padding)
            after.append(last)
        return x, after


class ResidualBlock(nn.Module):
    """Residual block: twice [recurrence, batch norm, dropout, linear], added to the input."""

    def __init__(self, size: int, options: LayerOptions) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            RecurrentLayer(size, size, options, project=False) for _ in range(2)
        )
        projects = options.projects_input
        self.linears = nn.ModuleList(
            nn.Identity() if projects else options.linear(size, size) for _ in range(2)
        )

    def forward(
        self, x: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Return the output (B, T, D) for `x` (B, T, D) and the two states after the last frame."""
        shortcut = x
        after: States = []
        for layer, project, state in zip(self.layers, self.linears, before, strict=True):
            x, last = layer(x, state, padding)
            x = on_frames(project, x, padding)
            after.append(last)
        return shortcut + x, after


class ResidualEncoder(Encoder):
    """Residual stack of 2 * num_blocks + 1 recurrent layers (arXiv 1910.06251).

    It consists of a linear layer, the residual blocks, and a last recurrent layer.

    Args:
        num_inputs: Number of input features.
        options: Options of all layers.
        hidden_size: Number of neurons of each layer.
        num_blocks: Number of residual blocks, each with two recurrent layers.
        projected: Whether the features replace the output of the linear layer.

    Raises:
        InputError: `num_blocks` is negative, `hidden_size` is below 1, or `projected` is set and
            `num_inputs` differs from `hidden_size`.
    """

    def __init__(
        self,
        num_inputs: int,
        options: LayerOptions,
        hidden_size: int,
        num_blocks: int,
        *,
        projected: bool = False,
    ) -> None:
        super().__init__()
        check_count("num_blocks", num_blocks, least=0, most=MOST_LAYERS)
        _check_width(num_inputs, hidden_size, 2 * num_blocks + 1, projected=projected)
        self.size = hidden_size
        self.num_states = 2 * num_blocks + 1
        self.first = nn.Identity() if projected else options.linear(num_inputs, hidden_size)
        self.blocks = nn.ModuleList(ResidualBlock(hidden_size, options) for _ in range(num_blocks))
        self.last = RecurrentLayer(hidden_size, hidden_size, options, last=True, project=False)

    def encode(
        self, x: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Encode `x`; see `Encoder`."""
        after: States = []
        x = on_frames(self.first, x, padding)
        for index, block in enumerate(self.blocks):
            x, pair = block(x, before[2 * index : 2 * index + 2], padding)
            after += pair
        x, last = self.last(x, before[-1], padding)
        return x, [*after, last]


def check_count(name: str, count: int, least: int = 1, most: int = 1_000_000) -> None:
    """Check that a number of layers, blocks or neurons is possible.

    Raises:
        InputError: `count` is below `least` or above `most`.
    """
    if count < least:
        raise InputError(f"{name} must be at least {least}, got {count}")
    if count > most:
        raise InputError(f"{name} must be at most {most:,}, got {count}")


def check_weights(arguments: str, weights: int) -> None:
    """Check that float32 weights fit into the memory of this machine.

    Args:
        arguments: Names and values of the arguments that decide the number.
        weights: Their number, or a lower bound.

    Raises:
        InputError: There are too many.
    """
    check_memory(f"a network with {arguments}", 4 * weights)


def _check_width(num_inputs: int, hidden_size: int, layers: int, *, projected: bool) -> None:
    check_count("hidden_size", hidden_size)
    check_weights(
        f"hidden_size {hidden_size} in {layers} layers",
        hidden_size * (num_inputs * (not projected) + hidden_size * (layers - 1)),
    )
    if projected and num_inputs != hidden_size:
        raise InputError(
            f"the features that replace the first linear layer have size {num_inputs}, but "
            f"hidden_size is {hidden_size}; set hidden_size to {num_inputs}"
        )
