"""Reference implementation of the recurrence: a loop that defines the result of all backends."""

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

    The state is computed in `compute_dtype`, and the result is rounded to the dtype of `x`. The
    state does not change past the end of a sequence, in both directions.
    """
    act, wide = ACTIVATIONS[activation], compute_dtype(x)
    steps, u = x.to(wide).unbind(dim=1), u.to(wide)
    state = x.new_zeros(x[:, 0].shape, dtype=wide) if h0 is None else h0.to(wide)
    states = list(steps)
    for t in reversed(range(len(steps))) if reverse else range(len(steps)):
        updated = act(steps[t] + u * state)
        state = updated if lengths is None else torch.where((lengths > t)[:, None], updated, state)
        states[t] = state
    return torch.stack(states, dim=1).to(x.dtype)


def compute_dtype(x: Tensor) -> torch.dtype:
    """Return the dtype in which the state is computed: that of `x`, but at least float32."""
    return torch.promote_types(x.dtype, torch.float32)
