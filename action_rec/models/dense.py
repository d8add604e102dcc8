"""Densely connected encoder (Li et al., arXiv 1910.06251, section III-C)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from action_rec.models.encoders import (
    MOST_LAYERS,
    Before,
    Encoder,
    States,
    check_count,
    check_weights,
)
from action_rec.models.layers import LayerOptions, RecurrentLayer
from action_rec.models.padding import Padding


@dataclass(frozen=True)
class DenseDropout:
    """Dropout rates of a dense encoder; the defaults are those of the authors' NTU60 xsub logs.

    Attributes:
        first: After the first layer.
        wide: After the first stage of a dense layer, which has 4 * growth neurons.
        growth: After the second stage of a dense layer, which has growth neurons.
        transition: After the transitions between blocks.
        last: After the last transition.
    """

    first: float = 0.5
    wide: float = 0.1
    growth: float = 0.5
    transition: float = 0.3
    last: float = 0.3


class TimeDifference(nn.Module):
    """Concatenate x_t and x_t - x_{t-1}, with zeros before the first frame."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return (B, T, 2 * D) from `x` (B, T, D), and the last frame (B, D) as the state."""
        previous = torch.zeros_like(x[:, 0]) if state is None else state
        shifted = torch.cat((previous[:, None], x[:, :-1]), dim=1)
        return torch.cat((x, x - shifted), dim=2), x[:, -1]


class Stage(nn.Module):
    """Recurrent layer, optionally followed by a time difference.

    Attributes:
        num_states: Number of state tensors: one, or two with the time difference.
    """

    def __init__(
        self,
        num_inputs: int,
        size: int,
        options: LayerOptions,
        dropout: float,
        *,
        time_difference: bool,
        last: bool = False,
    ) -> None:
        super().__init__()
        self.layer = RecurrentLayer(num_inputs, size, options, dropout=dropout, last=last)
        self.difference = TimeDifference() if time_difference else None
        self.num_states = 2 if time_difference else 1

    def forward(
        self, x: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Return the features of `x` (B, T, num_inputs) and the states after the last frame."""
        x, state = self.layer(x, before[0], padding)
        if self.difference is None:
            return x, [state]
        x, frame = self.difference(x, before[1])
        return x, [state, frame]


class DenseLayer(nn.Module):
    """Two stages of 4 * growth and growth neurons; their output is concatenated to the input."""

    def __init__(
        self,
        num_inputs: int,
        growth: int,
        options: LayerOptions,
        dropout: DenseDropout,
        *,
        time_difference: bool,
    ) -> None:
        super().__init__()
        wide = 4 * growth
        factor = 2 if time_difference else 1
        self.wide = Stage(num_inputs, wide, options, dropout.wide, time_difference=time_difference)
        self.narrow = Stage(
            factor * wide, growth, options, dropout.growth, time_difference=time_difference
        )
        self.num_states = self.wide.num_states + self.narrow.num_states

    def forward(
        self, x: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Return `x` (B, T, num_inputs) with the new features appended, and the states."""
        middle = self.wide.num_states
        y, first = self.wide(x, before[:middle], padding)
        y, second = self.narrow(y, before[middle:], padding)
        return torch.cat((x, y), dim=2), first + second


class DenseEncoder(Encoder):
    """First layer, then blocks of dense layers, each followed by a transition to half the width.

    Args:
        num_inputs: Number of features of a frame.
        options: Options of all layers.
        growth: Number of features that each dense layer adds.
        first: Number of neurons of the first layer, as a multiple of `growth`.
        blocks: Number of dense layers of each block.
        dropout: Dropout rates.
        time_difference: Concatenate the time difference to the input and to the output of every
            stage, which doubles all widths.

    Raises:
        InputError: `growth` or `first` is below 1, `blocks` is empty or has a negative number, or
            the network does not fit into memory.
    """

    def __init__(
        self,
        num_inputs: int,
        options: LayerOptions,
        growth: int,
        first: int,
        blocks: tuple[int, ...],
        dropout: DenseDropout,
        *,
        time_difference: bool = False,
    ) -> None:
        super().__init__()
        check_count("growth", growth)
        check_count("first", first)
        check_count("the number of blocks", len(blocks), most=MOST_LAYERS)
        for num_layers in blocks:
            check_count("a number of blocks", num_layers, least=0, most=MOST_LAYERS)
        # The layers read more features the deeper they are: this is what all of them read at least.
        check_weights(
            f"growth {growth}, first {first} and blocks {list(blocks)}",
            first * growth * num_inputs + 4 * growth**2 * sum(blocks),
        )
        factor = 2 if time_difference else 1
        stages: list[Stage | DenseLayer] = []

        def new_stage(size: int, dropped: float, *, last: bool = False) -> Stage:
            return Stage(width, size, options, dropped, time_difference=time_difference, last=last)

        width = factor * num_inputs
        stages.append(new_stage(first * growth, dropout.first))
        width = factor * first * growth
        for index, num_layers in enumerate(blocks):
            for _ in range(num_layers):
                stages.append(
                    DenseLayer(width, growth, options, dropout, time_difference=time_difference)
                )
                width += factor * growth
            last = index == len(blocks) - 1
            half = width // factor // 2
            stages.append(new_stage(half, dropout.last if last else dropout.transition, last=last))
            width = factor * half
        self.input_difference = TimeDifference() if time_difference else None
        self.stages = nn.ModuleList(stages)
        self.size = width
        self.num_states = factor - 1 + sum(stage.num_states for stage in stages)

    def encode(
        self, x: Tensor, before: Before, padding: Padding | None = None
    ) -> tuple[Tensor, States]:
        """Encode `x`; see `Encoder`."""
        after: States = []
        if self.input_difference is not None:
            x, frame = self.input_difference(x, before[0])
            after.append(frame)
        for stage in self.stages:
            done = len(after)
            count = int(stage.num_states)  # type: ignore[arg-type]
            x, states = stage(x, before[done : done + count], padding)
            after += states
        return x, after
