"""The recurrence as a loop that can be read: it defines what every other path must compute."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Activation = Literal["relu", "leaky_relu", "tanh", "identity"]

ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,  # slope 0.01
    "tanh": torch.tanh,
    "identity": lambda x: x,
}


def reference_recurrence(x: Tensor, u: Tensor, h0: Tensor | None, activation: Activation) -> Tensor:
    """Return all states (B, T, D) of `x` (B, T, D), `u` (D,) and `h0` (B, D) or None."""
    act = ACTIVATIONS[activation]
    states: list[Tensor] = []
    state = h0
    for x_t in x.unbind(dim=1):
        state = act(x_t if state is None else x_t + u * state)
        states.append(state)
    return torch.stack(states, dim=1)
