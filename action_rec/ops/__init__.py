"""The recurrence of IndRNN; this package is its only door."""

from typing import Literal, get_args

from torch import Tensor

from action_rec.errors import InputError
from action_rec.ops.reference import Activation, reference_recurrence

Backend = Literal["auto", "reference"]

__all__ = ["Activation", "Backend", "indrnn_recurrence"]


def indrnn_recurrence(
    x: Tensor,
    u: Tensor,
    h0: Tensor | None = None,
    activation: Activation = "relu",
    backend: Backend = "auto",
) -> Tensor:
    """Compute ``h_t = act(x_t + u * h_{t-1})``, each neuron on its own.

    Li et al., "Independently Recurrent Neural Network", CVPR 2018 (arXiv 1803.04831), eq. 4, where
    `x` stands for the projected input ``W x_t + b``.

    Args:
        x: Projected input, (B, T, D) with T >= 1.
        u: Recurrent weight, (D,).
        h0: State before the first step, (B, D); None for zeros.
        activation: ``relu``, ``leaky_relu``, ``tanh`` or ``identity``.
        backend: ``reference``, the readable loop, or ``auto``, which chooses a path.

    Returns:
        The states of all steps, (B, T, D); the last one is ``states[:, -1]``.

    Raises:
        InputError: A shape, the activation or the backend is not one of those above.
    """
    _check_shapes(x, u, h0)
    if activation not in get_args(Activation):
        raise InputError(
            f"activation '{activation}' is unknown; use one of {', '.join(get_args(Activation))}"
        )
    if backend not in get_args(Backend):
        raise InputError(
            f"backend '{backend}' is unknown; use one of {', '.join(get_args(Backend))}"
        )
    return reference_recurrence(x, u, h0, activation)


def _check_shapes(x: Tensor, u: Tensor, h0: Tensor | None) -> None:
    if x.ndim != 3 or x.shape[1] == 0:
        raise InputError(
            f"x must be (B, T, D) with at least one step, got {tuple(x.shape)}; "
            "give one frame as x[:, None]"
        )
    if u.shape != x.shape[2:]:
        raise InputError(
            f"u must be (D,) = ({x.shape[2]},) to fit x {tuple(x.shape)}, got {tuple(u.shape)}"
        )
    if h0 is not None and h0.shape != (x.shape[0], x.shape[2]):
        raise InputError(
            f"h0 must be (B, D) = {(x.shape[0], x.shape[2])} to fit x {tuple(x.shape)}, "
            f"got {tuple(h0.shape)}; carry states only between batches of one size"
        )
