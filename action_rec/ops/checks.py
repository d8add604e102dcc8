"""Validation of the arguments of the recurrence."""

import torch
from torch import Tensor

from action_rec.errors import InputError


def check_inputs(x: Tensor, u: Tensor, h0: Tensor | None, lengths: Tensor | None) -> None:
    """Check the shapes, dtypes, devices and lengths of the arguments of `indrnn_recurrence`.

    Raises:
        InputError: An argument is invalid.
    """
    if x.ndim != 3 or x.shape[1] == 0:
        raise InputError(
            f"x must be (B, T, D) with at least one step, got {tuple(x.shape)}; "
            "pass a single frame as x[:, None]"
        )
    if u.shape != x.shape[2:]:
        raise InputError(
            f"u must be (D,) = ({x.shape[2]},) to match x {tuple(x.shape)}, got {tuple(u.shape)}; "
            "pass one weight per neuron"
        )
    if h0 is not None and h0.shape != (x.shape[0], x.shape[2]):
        raise InputError(
            f"h0 must be (B, D) = {(x.shape[0], x.shape[2])} to match x {tuple(x.shape)}, "
            f"got {tuple(h0.shape)}; carry states only between batches of the same size"
        )
    for name, tensor in (("x", x), ("u", u), ("h0", h0)):
        if tensor is not None:
            _check_kind(name, tensor, x)
    if lengths is not None:
        _check_lengths(lengths, x)


def check_slope(slope: Tensor | None, activation: str, x: Tensor) -> None:
    """Check that `prelu`, and no other activation, has one slope for each neuron.

    Raises:
        InputError: It has not.
    """
    if (slope is None) == (activation == "prelu"):
        raise InputError(
            f"activation '{activation}' came {'without' if slope is None else 'with'} a slope; "
            "'prelu' needs one slope (D,), the others take none"
        )
    if slope is None:
        return
    if slope.shape != x.shape[2:]:
        raise InputError(
            f"slope must be (D,) = ({x.shape[2]},) to match x {tuple(x.shape)}, got "
            f"{tuple(slope.shape)}; pass one slope per neuron"
        )
    _check_kind("slope", slope, x)


def _check_kind(name: str, tensor: Tensor, x: Tensor) -> None:
    if not tensor.is_floating_point():
        raise InputError(
            f"{name} must be floating point, got {tensor.dtype}; convert it with .float()"
        )
    if tensor.device != x.device:
        raise InputError(
            f"{name} is on {tensor.device} and x on {x.device}; move {name} with .to(x.device)"
        )


def _check_lengths(lengths: Tensor, x: Tensor) -> None:
    batch, steps = x.shape[:2]
    if lengths.shape != (batch,):
        raise InputError(
            f"lengths must be (B,) = ({batch},) to match x {tuple(x.shape)}, "
            f"got {tuple(lengths.shape)}; pass one length per sequence"
        )
    if lengths.is_floating_point() or lengths.is_complex() or lengths.dtype == torch.bool:
        raise InputError(
            f"lengths must be integers, got {lengths.dtype}; convert them with .long()"
        )
    # A compiled graph cannot branch on values. No backend reads out of bounds for any length.
    if torch.compiler.is_compiling():
        return
    invalid = [length for length in lengths.tolist() if not 1 <= length <= steps]
    if invalid:
        raise InputError(
            f"lengths must be from 1 to T = {steps}, got {invalid[0]}; "
            "remove empty sequences and truncate longer ones"
        )
