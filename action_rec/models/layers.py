"""The parts that every recurrent stack is made of."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.models.norms import FrameNorm
from action_rec.models.recurrences import Bidirectional, IndRNN, Recurrence, RecurrenceCallable

NormPosition = Literal["before", "after", "none"]


@dataclass(frozen=True)
class LayerOptions:
    """What all recurrent layers of a stack share.

    Attributes:
        recurrence: Builds the recurrent layer: IndRNN, or a rival in its place.
        bound: Bound on the recurrent weight of IndRNN.
        norm: Batch norm ``after`` the recurrence (the default of Li et al.) or ``before`` it, or
            ``none``.
        framewise: Whether its statistics are those of each frame and not of batch and time.
        dropout: Share of features dropped.
        bidirectional: Whether half of the neurons run backward in time.
        long_memory: Whether the last layer starts with weights that remember the whole clip.
        weight_std: Linear weights start from N(0, weight_std^2); None for Kaiming uniform, a = 8.
    """

    recurrence: RecurrenceCallable = IndRNN
    bound: float = 1.0
    norm: NormPosition = "after"
    framewise: bool = False
    dropout: float = 0.0
    bidirectional: bool = False
    long_memory: bool = True
    weight_std: float | None = None

    def build(self, num_inputs: int, size: int, *, last: bool = False) -> Recurrence:
        """Build a recurrent layer from num_inputs to size features."""
        if self.bidirectional:
            built: Recurrence = Bidirectional(self.recurrence, num_inputs, size)
        else:
            built = self.recurrence(num_inputs, size)
        for module in built.modules():
            if isinstance(module, IndRNN):
                module.start(self.bound, long_memory=last and self.long_memory)
        return built

    def linear(self, num_inputs: int, size: int) -> nn.Linear:
        """Build a linear layer with the starting weights of the stack."""
        layer = linear(num_inputs, size)
        if self.weight_std is not None:
            nn.init.normal_(layer.weight, std=self.weight_std)
        return layer

    def build_norm(self, size: int) -> nn.Module:
        """Build the norm of features (B, T, size)."""
        if self.norm == "none":
            return nn.Identity()
        return FrameNorm(size) if self.framewise else nn.BatchNorm1d(size)

    @property
    def projects_input(self) -> bool:
        """Whether the recurrence needs no linear layer before it."""
        return self.recurrence(2, 2).projects_input


class SharedDropout(nn.Module):
    """Dropout whose mask is the same in every frame of a clip (Gal and Ghahramani, NIPS 2016)."""

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise InputError(f"dropout must be in [0, 1), got {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Drop whole features of `x` (B, T, D) in training; return `x` unchanged otherwise."""
        if not self.training or self.p == 0:
            return x
        keep = 1 - self.p
        # Rounded uniforms: a CPU draws them four times as fast as bernoulli_ draws its own.
        mask = torch.rand(x.shape[0], 1, x.shape[2], device=x.device).add_(keep).floor_()
        return x * mask.div_(keep).to(x.dtype)

    def extra_repr(self) -> str:
        """Show the settings in the printed network."""
        return f"p={self.p}"


class RecurrentLayer(nn.Module):
    """A linear layer, the recurrence, batch norm, and shared dropout.

    The linear layer is left out where the recurrence projects its input itself, and where
    `project` is false because it stands elsewhere.

    Args:
        num_inputs: Features of the input.
        size: Features D of the output.
        options: What all layers of the stack share.
        dropout: Share of features dropped; None for that of the options.
        last: Whether this is the layer that is read.
        project: Whether the input needs to be projected.
    """

    def __init__(
        self,
        num_inputs: int,
        size: int,
        options: LayerOptions,
        *,
        dropout: float | None = None,
        last: bool = False,
        project: bool = True,
    ) -> None:
        super().__init__()
        if options.norm not in ("before", "after", "none"):
            raise InputError(
                f"norm must be 'before' or 'after' the recurrence or 'none', got '{options.norm}'"
            )
        self.norm_position = options.norm
        projects = options.projects_input
        own = project and not projects
        self.linear = options.linear(num_inputs, size) if own else nn.Identity()
        self.recurrence = options.build(num_inputs if projects else size, size, last=last)
        # Before a recurrence that projects its input, the norm is one of the input.
        normed = num_inputs if projects and options.norm == "before" else size
        self.norm = options.build_norm(normed)
        self.dropout = SharedDropout(options.dropout if dropout is None else dropout)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the features (B, T, D) of `x` (B, T, num_inputs) and the last state (B, S)."""
        x = self.linear(x)
        if self.norm_position == "before":
            x = self._normalize(x)
        y, last = self.recurrence(x, state)
        if self.norm_position == "after":
            y = self._normalize(y)
        return self.dropout(y), last

    def _normalize(self, x: Tensor) -> Tensor:
        if isinstance(self.norm, FrameNorm):
            return self.norm.forward(x)
        # A plain BatchNorm1d over (B * T, D), so that it converts to SyncBatchNorm.
        normalized: Tensor = self.norm(x.flatten(0, 1))
        return normalized.view(x.shape)


def recurrent_bound(gamma: float, clip_len: int) -> float:
    """The bound gamma^(1/T) on |u|, for which a state grows gamma-fold over T steps at most.

    Raises:
        InputError: Gamma is not positive.
    """
    if gamma <= 0:
        raise InputError(f"gamma must be above 0, got {gamma}; the papers use 5")
    return float(gamma ** (1 / clip_len))


def linear(num_inputs: int, num_outputs: int) -> nn.Linear:
    """A linear layer as the IndRNN papers start it: Kaiming uniform with a = 8, bias 0."""
    layer = nn.Linear(num_inputs, num_outputs)
    nn.init.kaiming_uniform_(layer.weight, a=8)
    nn.init.zeros_(layer.bias)
    return layer
