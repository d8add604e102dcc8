"""The recurrence of IndRNN; this package is its only door.

`indrnn_recurrence` checks what it is given and chooses a path: `reference` is the loop that defines
the result, the others compute the same faster. ``docs/recurrence.md`` says what each was measured
against.
"""

import logging
from functools import cache
from importlib.util import find_spec
from typing import Literal, get_args

import torch
from torch import Tensor

from action_rec.errors import InputError
from action_rec.ops.checks import check_inputs
from action_rec.ops.operator import fast_recurrence
from action_rec.ops.reference import Activation, reference_recurrence

Backend = Literal["auto", "reference", "cpu", "triton"]

__all__ = ["Activation", "Backend", "indrnn_recurrence"]

_TRITON_INSTALLED = find_spec("triton") is not None


def indrnn_recurrence(
    x: Tensor,
    u: Tensor,
    h0: Tensor | None = None,
    activation: Activation = "relu",
    backend: Backend = "auto",
    *,
    lengths: Tensor | None = None,
    reverse: bool = False,
) -> Tensor:
    """Compute ``h_t = act(x_t + u * h_{t-1})``, each neuron on its own.

    Li et al., "Independently Recurrent Neural Network", CVPR 2018 (arXiv 1803.04831), eq. 4, where
    `x` stands for the projected input ``W x_t + b``. The state is carried in float32, or float64
    where `x` is float64, and the states come out in the dtype of `x`, under autocast too.

    Args:
        x: Projected input, (B, T, D) with T >= 1, of any strides and floating dtype.
        u: Recurrent weight, (D,).
        h0: State before the first step, (B, D); None for zeros.
        activation: ``relu``, ``leaky_relu`` (slope 0.01), ``tanh`` or ``identity``.
        backend: ``reference``, the readable loop on any device; ``cpu`` or ``triton``, the fast
            paths; or ``auto``, the fastest that runs where `x` is. The fast paths can be
            differentiated once, the loop any number of times.
        lengths: Steps of each sequence, (B,), integers from 1 to T; None if all have T. Past the
            end of its sequence a state stands still.
        reverse: Run from the last step of each sequence to its first.

    Returns:
        The states of all steps, (B, T, D). The last state of every sequence is ``states[:, -1]``,
        or ``states[:, 0]`` with `reverse`, where the steps past the end hold `h0`.

    Raises:
        InputError: A shape, dtype, device or length is not one of those above, or `backend` cannot
            run here.
    """
    if activation not in get_args(Activation):
        raise InputError(
            f"activation '{activation}' is unknown; use one of {', '.join(get_args(Activation))}"
        )
    check_inputs(x, u, h0, lengths)
    chosen = _choose(backend, x)
    if chosen == "reference":
        return reference_recurrence(x, u, h0, lengths, activation, reverse)
    states: Tensor = fast_recurrence(x, u, h0, lengths, activation, reverse, chosen)
    return states


def _choose(backend: Backend, x: Tensor) -> Backend:
    if backend not in get_args(Backend):
        raise InputError(
            f"backend '{backend}' is unknown; use one of {', '.join(get_args(Backend))}"
        )
    device = x.device.type
    if backend == "auto":
        return _choose_for(x.device)
    if backend == "cpu" and device != "cpu":
        raise InputError(f"backend 'cpu' cannot run on {x.device}, where x is; use 'auto'")
    if backend == "triton":
        _check_triton(x)
    return backend


def _choose_for(device: torch.device) -> Backend:
    compiling = torch.compiler.is_compiling()
    chosen: Backend = "reference"
    # torch.func cannot differentiate a custom operator, but any loop of PyTorch's own.
    if compiling or not torch._C._are_functorch_transforms_active():
        if device.type == "cpu":
            chosen = "cpu"
        elif device.type == "cuda" and (_TRITON_INSTALLED if compiling else triton_runs(device)):
            chosen = "triton"
    if not compiling:
        _say(chosen, device.type)
    return chosen


@cache
def triton_runs(device: torch.device) -> bool:
    """Whether the kernels can be built and launched on a device; warns once if they cannot.

    Triton builds its launcher with a C compiler when a kernel is first launched: that it is
    installed is not enough.
    """
    reason = "it is not installed"
    if _TRITON_INSTALLED:
        try:
            x = torch.zeros(1, 1, 1, device=device)
            fast_recurrence(x, x[0, 0], None, None, "relu", False, "triton")
        except Exception as error:  # whatever a compiler, a driver or Triton raises
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        else:
            return True
    logging.getLogger(__name__).warning(
        "indrnn_recurrence runs on %s as a loop, which is many times slower, for Triton does not "
        "run there (%s); it needs the package triton, a C compiler and Python's headers",
        device,
        reason,
    )
    return False


def _check_triton(x: Tensor) -> None:
    if not _TRITON_INSTALLED:
        raise InputError(
            "backend 'triton' needs triton, which is not installed; "
            "use backend='auto' or run: pip install triton"
        )
    from triton import knobs

    if not (x.is_cuda or knobs.runtime.interpret):
        raise InputError(f"backend 'triton' needs x on a GPU, got {x.device}; use backend='auto'")


@cache
def _say(backend: str, device: str) -> None:
    message = "indrnn_recurrence runs on %s with backend '%s'"
    logging.getLogger(__name__).info(message, device, backend)
