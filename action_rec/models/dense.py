"""The densely connected encoder (Li et al., arXiv 1910.06251, section III-C)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from action_rec.models.encoders import Before, Encoder, States, check_count
from action_rec.models.layers import LayerOptions, RecurrentLayer


@dataclass(frozen=True)
class DenseDropout:
    """Shares of features dropped; the defaults are those of the authors' logs on NTU60 xsub.

    Attributes:
        first: After the first layer.
        wide: After the first layer of a dense layer, of 4 * growth neurons.
        growth: After its second layer, of growth neurons.
        transition: After the transitions between blocks.
        last: After the last transition.
    """

    first: float = 0.5
    wide: float = 0.1
    growth: float = 0.5
    transition: float = 0.3
    last: float = 0.3


class TimeDifference(nn.Module):
    """Appends to each frame what changed since the frame before; the first changed from zero."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return (B, T, 2 * D) from `x` (B, T, D), and the last frame (B, D) as the state."""
        before = torch.zeros_like(x[:, 0]) if state is None else state
        shifted = torch.cat((before[:, None], x[:, :-1]), dim=1)
        return torch.cat((x, x - shifted), dim=2), x[:, -1]


class Stage(nn.Module):
    """A recurrent layer, with its time difference appended where that is asked for.

    Attributes:
        num_states: Number of its states: one, or two with the time difference.
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

    def forward(self, x: Tensor, before: Before) -> tuple[Tensor, States]:
        """Return the features of `x` (B, T, num_inputs), and the states."""
        x, state = self.layer(x, before[0])
        if self.difference is None:
            return x, [state]
        x, frame = self.difference(x, before[1])
        return x, [state, frame]


class DenseLayer(nn.Module):
    """Two stages, of 4 * growth and growth neurons, whose output is appended to their input."""

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

    def forward(self, x: Tensor, before: Before) -> tuple[Tensor, States]:
        """Return `x` (B, T, num_inputs) with the new features appended, and the states."""
        middle = self.wide.num_states
        y, first = self.wide(x, before[:middle])
        y, second = self.narrow(y, before[middle:])
        return torch.cat((x, y), dim=2), first + second


class DenseEncoder(Encoder):
    """A first layer, and blocks of dense layers with a transition after each that halves them.

    Args:
        num_inputs: Features of a frame.
        options: What all layers share.
        growth: New features k of every dense layer; the first layer has `first` * k.
        first: See there.
        blocks: Dense layers of each block.
        dropout: Shares of features dropped.
        time_difference: Append the difference to the frame before to the input and after every
            stage, which doubles all widths.
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
        check_count("the number of blocks", len(blocks))
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

    def encode(self, x: Tensor, before: Before) -> tuple[Tensor, States]:
        """Encode `x`; see `Encoder`."""
        after: States = []
        if self.input_difference is not None:
            x, frame = self.input_difference(x, before[0])
            after.append(frame)
        for stage in self.stages:
            done = len(after)
            x, states = stage(x, before[done : done + int(stage.num_states)])  # type: ignore[arg-type]
            after += states
        return x, after
