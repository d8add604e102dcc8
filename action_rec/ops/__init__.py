"""The recurrence of IndRNN.

`indrnn_recurrence` is the only public function. It checks its arguments and selects a backend:
`reference` is a loop that defines the result, the others compute the same faster. See
``docs/recurrence.md`` for benchmarks.
"""

import logging
from functools import cache
from importlib.util import find_spec
from typing import Literal, get_args

import torch
from torch import Tensor

from action_rec.errors import InputError
from action_rec.ops.checks import check_inputs, check_slope
from action_rec.ops.operator import fast_recurrence
from action_rec.ops.reference import Activation, reference_recurrence
from action_rec.ops.scan import scan_recurrence

Backend = Literal["auto", "reference", "cpu", "triton", "scan"]

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
    slope: Tensor | None = None,
) -> Tensor:
    """Compute ``h_t = act(x_t + u * h_{t-1})`` elementwise.

    Li et al., "Independently Recurrent Neural Network", CVPR 2018 (arXiv 1803.04831), eq. 4, where
    `x` is the projected input ``W x_t + b``. The state is computed in float32, or in float64 if
    `x` is float64; the result has the dtype of `x`, also under autocast.

    Args:
        x: Projected input, (B, T, D) with T >= 1, of any strides and floating dtype.
        u: Recurrent weight, (D,).
        h0: State before the first step, (B, D); None for zeros.
        activation: ``relu``, ``leaky_relu`` (slope 0.01), ``prelu`` (He et al., arXiv 1502.01852),
            ``elu`` (Clevert et al., arXiv 1511.07289, with alpha = 1), ``tanh`` or ``identity``.
        backend: ``reference``, a loop in PyTorch for any device; ``cpu`` or ``triton``, the fast
            backends; ``scan``, in parallel over time on any device, for ``relu`` and ``identity``;
            or ``auto``, the fastest backend for the device and the number of steps. All are
            differentiable once, the loop any number of times.
        lengths: Number of steps of each sequence, (B,), integers from 1 to T; None if all have T.
            The state does not change past the end of a sequence.
        reverse: Whether to run from the last step of each sequence to its first.
        slope: Slope of each neuron below zero, (D,), which ``prelu`` needs; None for the others.

    Returns:
        The states of all steps, (B, T, D). The final state of each sequence is ``states[:, -1]``,
        or ``states[:, 0]`` with `reverse`, where the steps past the end are `h0`.

    Raises:
        InputError: A shape, dtype, device or length differs from those above, there is no slope
            for ``prelu`` or one for another activation, or `backend` cannot run on the device of
            `x`.
    """
    if activation not in get_args(Activation):
        raise InputError(
            f"activation '{activation}' is unknown; use one of {', '.join(get_args(Activation))}"
        )
    check_inputs(x, u, h0, lengths)
    check_slope(slope, activation, x)
    if backend == "auto" and x.shape[1] == 1:
        # One frame of a stream: calling the operator would take longer than the arithmetic.
        return reference_recurrence(x, u, h0, lengths, activation, reverse, slope)
    selected = _select(backend, x)
    if selected == "reference":
        return reference_recurrence(x, u, h0, lengths, activation, reverse, slope)
    if selected == "scan":
        return scan_recurrence(x, u, h0, lengths, activation, reverse)
    states: Tensor = fast_recurrence(x, u, h0, lengths, activation, reverse, selected, slope)
    return states


def _select(backend: Backend, x: Tensor) -> Backend:
    if backend not in get_args(Backend):
        raise InputError(
            f"backend '{backend}' is unknown; use one of {', '.join(get_args(Backend))}"
        )
    device = x.device.type
    if backend == "auto":
        return _select_for(x.device)
    if backend == "cpu" and device != "cpu":
        raise InputError(f"backend 'cpu' needs x on the CPU, got {x.device}; use backend='auto'")
    if backend == "triton":
        _check_triton(x)
    return backend


def _select_for(device: torch.device) -> Backend:
    compiling = torch.compiler.is_compiling()
    selected: Backend = "reference"
    # torch.func cannot differentiate a custom operator, only PyTorch's own operators.
    if compiling or not torch._C._are_functorch_transforms_active():
        if device.type == "cpu":
            selected = "cpu"
        elif device.type == "cuda" and (_TRITON_INSTALLED if compiling else triton_runs(device)):
            selected = "triton"
    if not compiling:
        _log_selected(selected, device.type)
    return selected


@cache
def triton_runs(device: torch.device) -> bool:
    """Whether the kernels can be built and launched on `device`; warn once if they cannot.

    A kernel is launched to find out, because Triton needs a C compiler to build its launcher.
    """
    reason = "it is not installed"
    if _TRITON_INSTALLED:
        try:
            x = torch.zeros(1, 1, 1, device=device)
            fast_recurrence(x, x[0, 0], None, None, "relu", False, "triton")
        except Exception as error:  # compilers, drivers and Triton raise errors of many types
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        else:
            return True
    logging.getLogger(__name__).warning(
        "indrnn_recurrence falls back to a much slower loop on %s because Triton cannot run there "
        "(%s); install the package triton, a C compiler and the Python headers",
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
def _log_selected(backend: str, device: str) -> None:
    message = "indrnn_recurrence runs on %s with backend '%s'"
    logging.getLogger(__name__).info(message, device, backend)
