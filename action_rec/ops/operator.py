"""The fast backends as a custom operator, for torch.compile, torch.export and autocast."""

from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from action_rec.errors import InputError
from action_rec.ops.reference import compute_dtype

Gradients = tuple[Tensor | None, ...]


@torch.library.custom_op("action_rec::indrnn_recurrence", mutates_args=())
def fast_recurrence(
    x: Tensor,
    u: Tensor,
    h0: Tensor | None,
    lengths: Tensor | None,
    activation: str,
    reverse: bool,
    backend: str,
    slope: Tensor | None = None,
) -> Tensor:
    """Return all states (B, T, D); the arguments are those of `indrnn_recurrence`."""
    states: Tensor = _module(backend).forward(x, u, h0, lengths, activation, reverse, slope)
    return states


@torch.library.custom_op("action_rec::indrnn_recurrence_backward", mutates_args=())
def fast_recurrence_backward(
    grad: Tensor,
    states: Tensor,
    u: Tensor,
    h0: Tensor | None,
    lengths: Tensor | None,
    activation: str,
    reverse: bool,
    backend: str,
    x: Tensor | None = None,
    slope: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the gradients of x (B, T, D), u (D,), h0 (B, D) and slope from that of `states`.

    `x` and `slope` (D,) are those of PReLU; without a slope, its gradient is empty.
    """
    gradients: tuple[Tensor, Tensor, Tensor, Tensor] = _module(backend).backward(
        grad, states, u, h0, lengths, activation, reverse, x, slope
    )
    return gradients


def _module(backend: str) -> ModuleType:
    # Imported on first use, because Numba and Triton take long to import.
    if backend == "triton":
        from action_rec.ops import gpu

        return gpu
    from action_rec.ops import cpu

    return cpu


@fast_recurrence.register_fake
def _states_like(x: Tensor, *_: object) -> Tensor:
    return x.new_empty(x.shape)


@fast_recurrence_backward.register_fake
def _gradients_like(
    grad: Tensor,
    states: Tensor,
    u: Tensor,
    h0: Tensor | None,
    lengths: Tensor | None,
    activation: str,
    reverse: bool,
    backend: str,
    x: Tensor | None = None,
    slope: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    start = h0 if h0 is not None else states[:, 0].to(compute_dtype(states))
    return (
        states.new_empty(states.shape),
        u.new_empty(u.shape),
        start.new_empty(start.shape),
        u.new_empty(0) if slope is None else slope.new_empty(slope.shape),
    )


def _save_for_backward(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:  # noqa: ANN401
    x, u, h0, lengths, *ctx.options, slope = inputs
    # The other activations find in the states what they need.
    ctx.save_for_backward(output, u, h0, lengths, None if slope is None else x, slope)


def _backward(ctx: Any, grad: Tensor) -> Gradients:  # noqa: ANN401
    states, u, h0, lengths, x, slope = ctx.saved_tensors
    grad_x, grad_u, grad_h0, grad_slope = fast_recurrence_backward(
        grad, states, u, h0, lengths, *ctx.options, x, slope
    )
    own = (None if h0 is None else grad_h0, None, None, None, None)
    return (grad_x, grad_u, *own, None if slope is None else grad_slope)


def _no_second_backward(ctx: Any, *grads: Tensor) -> Gradients:  # noqa: ANN401
    raise InputError(
        "indrnn_recurrence was differentiated twice, which its fast backends do not support; "
        "use backend='reference'"
    )


fast_recurrence.register_autograd(_backward, setup_context=_save_for_backward)
fast_recurrence_backward.register_autograd(_no_second_backward)


# Neurons are independent, so the axis of size N added by vmap is merged with theirs into N * D.
@fast_recurrence.register_vmap
def _map_recurrence(info: Any, in_dims: Any, *args: Any) -> tuple[Tensor, int]:  # noqa: ANN401
    # Arguments that have their default at the end are not passed.
    merged = _merge((*args[:3], *args[7:]), (*in_dims[:3], *in_dims[7:]), info.batch_size)
    states: Tensor = fast_recurrence(*merged[:3], *args[3:7], *merged[3:])
    return states.reshape(*states.shape[:2], info.batch_size, -1), 2


@fast_recurrence_backward.register_vmap
def _map_backward(info: Any, in_dims: Any, *args: Any) -> tuple[tuple[Tensor, ...], Any]:  # noqa: ANN401
    merged = _merge((*args[:4], *args[8:]), (*in_dims[:4], *in_dims[8:]), info.batch_size)
    *gradients, tilts = fast_recurrence_backward(*merged[:4], *args[4:8], *merged[4:])
    split = [g.reshape(*g.shape[:-1], info.batch_size, -1) for g in gradients]
    if len(args) < 10 or args[9] is None:
        return (*split, tilts), (2, 0, 1, None)
    return (*split, tilts.reshape(info.batch_size, -1)), (2, 0, 1, 0)


def _merge(tensors: tuple[Any, ...], dims: tuple[int | None, ...], size: int) -> list[Any]:
    merged = []
    for tensor, dim in zip(tensors, dims, strict=False):
        if tensor is not None:
            stacked = tensor.expand(size, *tensor.shape) if dim is None else tensor.movedim(dim, 0)
            tensor = stacked.movedim(0, -2).flatten(-2)
        merged.append(tensor)
    return merged
