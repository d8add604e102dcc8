"""The recurrence as a loop that can be read: it defines what every other path must compute."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Activation = Literal["relu", "leaky_relu", "tanh", "identity"]

LEAKY_SLOPE = 0.01
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "leaky_relu": lambda x: functional.leaky_relu(x, LEAKY_SLOPE),
    "tanh": torch.tanh,
    "identity": lambda x: x,
}


def reference_recurrence(
    x: Tensor,
    u: Tensor,
    h0: Tensor | None,
    lengths: Tensor | None,
    activation: Activation,
    reverse: bool,
) -> Tensor:
    """Return all states (B, T, D); the arguments are those of `indrnn_recurrence`.

    The state is carried in `compute_dtype` and every step of it is rounded to the dtype of `x`.
    Past the end of a sequence the state stands still, in either direction.
    """
    act, wide = ACTIVATIONS[activation], compute_dtype(x)
    steps, u = x.to(wide).unbind(dim=1), u.to(wide)
    state = x.new_zeros(x[:, 0].shape, dtype=wide) if h0 is None else h0.to(wide)
    states = list(steps)
    for t in reversed(range(len(steps))) if reverse else range(len(steps)):
        following = act(steps[t] + u * state)
        inside = None if lengths is None else (lengths > t)[:, None]
        state = following if inside is None else torch.where(inside, following, state)
        states[t] = state
    return torch.stack(states, dim=1).to(x.dtype)


def compute_dtype(x: Tensor) -> torch.dtype:
    """The dtype in which the state of `x` is carried: at least float32."""
    return torch.promote_types(x.dtype, torch.float32)
