"""Reference implementation of the recurrence: a loop that defines the result of all backends."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Activation = Literal["relu", "leaky_relu", "prelu", "elu", "tanh", "identity"]

LEAKY_SLOPE = 0.01
_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "leaky_relu": lambda x: functional.leaky_relu(x, LEAKY_SLOPE),
    "elu": functional.elu,
    "tanh": torch.tanh,
    "identity": lambda x: x,
}


def activation_function(
    activation: Activation, slope: Tensor | None = None
) -> Callable[[Tensor], Tensor]:
    """Return the function of an activation, for tensors (..., D).

    Args:
        activation: Its name.
        slope: The slope (D,) of ``prelu`` below zero; None for the others.
    """
    if slope is None:
        return _ACTIVATIONS[activation]
    # PyTorch's PReLU expects the neurons on the second axis. An infinite x gives no gradient of the
    # slope only if it is not multiplied with it.
    return lambda x: torch.where(x > 0, x, slope * torch.where(x > 0, 0.0, x))


def reference_recurrence(
    x: Tensor,
    u: Tensor,
    h0: Tensor | None,
    lengths: Tensor | None,
    activation: Activation,
    reverse: bool,
    slope: Tensor | None = None,
) -> Tensor:
    """Return all states (B, T, D); the arguments are those of `indrnn_recurrence`.

    The state is computed in `compute_dtype`, and the result is rounded to the dtype of `x`. The
    state does not change past the end of a sequence, in both directions.
    """
    wide = compute_dtype(x)
    act = activation_function(activation, None if slope is None else slope.to(wide))
    steps, u = x.to(wide).unbind(dim=1), u.to(wide)
    state = x.new_zeros(x[:, 0].shape, dtype=wide) if h0 is None else h0.to(wide)
    states = list(steps)
    for t in reversed(range(len(steps))) if reverse else range(len(steps)):
        argument = steps[t] + u * state
        if lengths is None:
            state = act(argument)
        else:
            inside = (lengths > t)[:, None]  # NaN in padding must not reach a gradient
            state = torch.where(inside, act(torch.where(inside, argument, 0.0)), state)
        states[t] = state
    return torch.stack(states, dim=1).to(x.dtype)


def compute_dtype(x: Tensor) -> torch.dtype:
    """Return the dtype in which the state is computed: that of `x`, but at least float32."""
    return torch.promote_types(x.dtype, torch.float32)
