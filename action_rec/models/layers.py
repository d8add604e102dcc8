"""Recurrent layer with normalization and dropout, and the options that all layers share."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.models.norms import FrameNorm
from action_rec.models.padding import Padding, on_frames
from action_rec.models.recurrences import Bidirectional, IndRNN, Recurrence, RecurrenceCallable

NormPosition = Literal["before", "after", "none"]

_LARGEST_GAMMA = 1_000_000  # a state that grows more than that is useless


@dataclass(frozen=True)
class LayerOptions:
    """Options that all recurrent layers of a network share.

    Attributes:
        recurrence: Builds the recurrent layer, IndRNN or a baseline.
        bound: Upper bound of |u| of IndRNN.
        norm: Batch norm ``after`` the recurrence (the default of Li et al.), ``before`` it, or
            ``none``.
        framewise: Whether training statistics are computed per frame instead of over batch and
            time.
        dropout: Dropout rate.
        bidirectional: Whether half of the neurons run backward in time.
        reads_last_step: Whether only the last step is read. The last IndRNN layer is then
            initialized with u in (1 / bound, bound).
        weight_std: Standard deviation of the initial linear weights, drawn from N(0, std^2); None
            for Kaiming uniform with a = 8.
    """

    recurrence: RecurrenceCallable = IndRNN
    bound: float = 1.0
    norm: NormPosition = "after"
    framewise: bool = False
    dropout: float = 0.0
    bidirectional: bool = False
    reads_last_step: bool = True
    weight_std: float | None = None

    def build(self, num_inputs: int, size: int, *, last: bool = False) -> Recurrence:
        """Build a recurrent layer with `num_inputs` inputs and `size` outputs."""
        if self.bidirectional:
            built: Recurrence = Bidirectional(self.recurrence, num_inputs, size)
        else:
            built = self.recurrence(num_inputs, size)
        for module in built.modules():
            if isinstance(module, IndRNN):
                module.reset_parameters(self.bound, near_bound=last and self.reads_last_step)
        return built

    def linear(self, num_inputs: int, size: int) -> nn.Linear:
        """Build a linear layer initialized as the options say."""
        layer = linear(num_inputs, size)
        if self.weight_std is not None:
            nn.init.normal_(layer.weight, std=self.weight_std)
        return layer

    def build_norm(self, size: int) -> nn.Module:
        """Build the normalization of features (B, T, size)."""
        if self.norm == "none":
            return nn.Identity()
        return FrameNorm(size) if self.framewise else nn.BatchNorm1d(size)

    @property
    def projects_input(self) -> bool:
        """Whether the recurrence multiplies its input with a weight matrix of its own."""
        return self.recurrence(2, 2).projects_input


class SharedDropout(nn.Module):
    """Dropout with one mask for all frames of a clip (Gal and Ghahramani, NIPS 2016).

    Args:
        p: Probability that a feature is dropped, in [0, 1).

    Raises:
        InputError: `p` is outside [0, 1).
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise InputError(f"dropout must be in [0, 1), got {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """Drop features of `x` (B, T, D) for all T in training mode; else return `x` unchanged."""
        if not self.training or self.p == 0:
            return x
        keep = 1 - self.p
        # Rounding uniform numbers is four times as fast on a CPU as bernoulli_.
        mask = torch.rand(x.shape[0], 1, x.shape[2], device=x.device).add_(keep).floor_()
        return x * mask.div_(keep).to(x.dtype)

    def extra_repr(self) -> str:
        """Return the settings shown in the printed network."""
        return f"p={self.p}"


class RecurrentLayer(nn.Module):
    """Linear layer, recurrence, batch norm and shared dropout.

    There is no linear layer if the recurrence projects its input itself, or if `project` is false.

    Args:
        num_inputs: Number of input features.
        size: Number of output features D.
        options: Options that all layers of the network share.
        dropout: Dropout rate; None for that of `options`.
        last: Whether this is the last recurrent layer of the network.
        project: Whether the input is projected by a linear layer.

    Raises:
        InputError: The position of the norm is unknown.
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
        has_linear = project and not projects
        self.linear = options.linear(num_inputs, size) if has_linear else nn.Identity()
        self.recurrence = options.build(num_inputs if projects else size, size, last=last)
        # With norm="before", a recurrence that projects its input is given normalized inputs.
        normed = num_inputs if projects and options.norm == "before" else size
        self.norm = options.build_norm(normed)
        self.dropout = SharedDropout(options.dropout if dropout is None else dropout)

    def forward(
        self, x: Tensor, state: Tensor | None = None, padding: Padding | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the features (B, T, D) of `x` (B, T, num_inputs) and the last state (B, S)."""
        x = on_frames(self.linear, x, padding)
        if self.norm_position == "before":
            x = self._normalize(x, padding)
        if isinstance(self.recurrence, Bidirectional):
            y, last = self.recurrence(x, state, padding)
        else:  # padding comes last, so it does not reach the frames before it
            y, last = self.recurrence(x, state)
        if self.norm_position == "after":
            y = self._normalize(y, padding)
        return self.dropout(y), last

    def _normalize(self, x: Tensor, padding: Padding | None) -> Tensor:
        if isinstance(self.norm, FrameNorm):
            return self.norm.forward(x)
        # A plain BatchNorm1d on (B * T, D) can be converted to SyncBatchNorm.
        return on_frames(self.norm, x.flatten(0, 1), padding).view(x.shape)


def recurrent_bound(gamma: float, clip_len: int) -> float:
    """Return the bound gamma^(1/T) on |u|, with which a state grows at most gamma-fold in T steps.

    Raises:
        InputError: `gamma` is not above 0 and at most a million.
    """
    if not gamma > 0:  # NaN is not
        raise InputError(f"gamma must be above 0, got {gamma}; the papers use 5")
    if gamma > _LARGEST_GAMMA:
        raise InputError(f"gamma must be at most {_LARGEST_GAMMA:,}, got {gamma}; the papers use 5")
    return float(gamma ** (1 / clip_len))


def linear(num_inputs: int, num_outputs: int) -> nn.Linear:
    """Build a linear layer initialized as in the IndRNN papers: Kaiming uniform, a = 8, bias 0."""
    layer = nn.Linear(num_inputs, num_outputs)
    nn.init.kaiming_uniform_(layer.weight, a=8)
    nn.init.zeros_(layer.bias)
    return layer
