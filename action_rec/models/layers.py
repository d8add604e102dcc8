"""The parts that every IndRNN network is made of."""

from typing import Literal

import torch
from torch import Tensor, nn

from action_rec.errors import InputError
from action_rec.ops import Activation, indrnn_recurrence

NormPosition = Literal["before", "after"]


class IndRNN(nn.Module):
    """The recurrence ``h_t = act(x_t + u * h_{t-1})`` with its bounded weight u (D,).

    Li et al., arXiv 1803.04831, section 4.1: u starts uniform in (0, bound), or in
    (1 / bound, bound) where only the last step is read, so that every neuron remembers the whole
    clip. The bound gamma^(1/T) keeps a state from growing more than gamma-fold over T steps.

    Args:
        size: Number of neurons D.
        bound: Largest |u| allowed; `clamp_recurrent_weight` enforces it.
        long_memory: Start u in (1 / bound, bound).
        activation: The nonlinearity of the recurrence.
    """

    def __init__(
        self,
        size: int,
        bound: float,
        *,
        long_memory: bool = False,
        activation: Activation = "relu",
    ) -> None:
        super().__init__()
        self.bound = bound
        self.activation: Activation = activation
        self.u = nn.Parameter(torch.empty(size).uniform_(1 / bound if long_memory else 0, bound))

    def forward(self, x: Tensor, state: Tensor | None = None) -> Tensor:
        """Return all states (B, T, D) of `x` (B, T, D), starting from `state` (B, D) or zeros."""
        return indrnn_recurrence(x, self.u, state, self.activation)

    @torch.no_grad()
    def clamp_recurrent_weight(self) -> None:
        """Bring u back into [-bound, bound]."""
        self.u.clamp_(-self.bound, self.bound)

    def extra_repr(self) -> str:
        """Show the settings in the printed network."""
        return f"{self.u.numel()}, bound={self.bound:.4f}, activation={self.activation}"


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
        mask = x.new_empty(x.shape[0], 1, x.shape[2]).bernoulli_(keep).div_(keep)
        return x * mask

    def extra_repr(self) -> str:
        """Show the settings in the printed network."""
        return f"p={self.p}"


class RecurrentLayer(nn.Module):
    """Recurrence, batch norm and shared dropout: what follows each linear layer.

    Batch norm takes its statistics over batch and time; `norm` puts it after the recurrence
    (the default of Li et al.) or before it.
    """

    def __init__(
        self,
        size: int,
        *,
        bound: float,
        norm: NormPosition,
        dropout: float,
        long_memory: bool = False,
    ) -> None:
        super().__init__()
        if norm not in ("before", "after"):
            raise InputError(f"norm must be 'before' or 'after' the recurrence, got '{norm}'")
        self.norm_position = norm
        self.recurrence = IndRNN(size, bound, long_memory=long_memory)
        self.norm = nn.BatchNorm1d(size)
        self.dropout = SharedDropout(dropout)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the features (B, T, D) of `x` (B, T, D) and the last state (B, D)."""
        if self.norm_position == "before":
            x = self._normalize(x)
        states = self.recurrence(x, state)
        y = self._normalize(states) if self.norm_position == "after" else states
        return self.dropout(y), states[:, -1]

    def _normalize(self, x: Tensor) -> Tensor:
        # A plain BatchNorm1d over (B * T, D), so that it converts to SyncBatchNorm.
        normalized: Tensor = self.norm(x.flatten(0, 1))
        return normalized.view_as(x)


def linear(num_inputs: int, num_outputs: int) -> nn.Linear:
    """A linear layer as the IndRNN papers start it: Kaiming uniform with a = 8, bias 0."""
    layer = nn.Linear(num_inputs, num_outputs)
    nn.init.kaiming_uniform_(layer.weight, a=8)
    nn.init.zeros_(layer.bias)
    return layer
