"""A training step's recurrence, batch norm and shared dropout on the CPU, in one operator.

Apart, the three read and write tensors of (B, T, D) seven times forward and ten times back;
together four times and five. Of those tensors the states alone are kept for the way back.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from action_rec.errors import InputError
from action_rec.ops.cpu import MIN_TILE, as_array, empty, parts
from action_rec.ops.cpu_kernels import Array
from action_rec.ops.cpu_threads import run_parallel
from action_rec.ops.fused_kernels import (
    BLOCK,
    Blocks,
    gradient_kernel,
    normalize,
    recurrence_kernel,
    reduce_gradient,
)


class Normalized(NamedTuple):
    """What batch norm makes of the states.

    Attributes:
        outputs: Normalized and scaled states, (B, T, D).
        last: The states after the last step, (B, D).
        mean: Mean of each neuron over batch and time, (D,), float64, without gradient.
        variance: Biased variance likewise.
    """

    outputs: Tensor
    last: Tensor
    mean: Tensor
    variance: Tensor


def recur_and_normalize(
    x: Tensor,
    u: Tensor,
    h0: Tensor | None,
    weight: Tensor,
    bias: Tensor,
    scale: Tensor,
    eps: float,
    activation: str,
) -> Normalized:
    """Return what ``action_rec.ops.indrnn_batch_norm`` does, for the same arguments."""
    results = _Fused.apply(x, u, h0, weight, bias, scale, eps, activation)  # type: ignore[no-untyped-call]
    return Normalized(*results)


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 (untyped in PyTorch, too)
        x: Tensor,
        u: Tensor,
        h0: Tensor | None,
        weight: Tensor,
        bias: Tensor,
        scale: Tensor,
        eps: float,
        activation: str,
    ) -> tuple[Tensor, ...]:
        ctx.set_materialize_grads(False)
        start = torch.zeros_like(scale) if h0 is None else h0
        arrays = [as_array(tensor, torch.float32) for tensor in (x, u, start)]
        states, outputs = (empty(arrays[0].shape, arrays[0].dtype) for _ in range(2))
        totals, squares = _sums(x), _sums(x)
        kernel, count = recurrence_kernel(activation), x.shape[0] * x.shape[1]
        _run(lambda tile: kernel(*arrays, states, totals, squares, tile), x)
        with np.errstate(over="ignore", invalid="ignore"):  # an overflow shows in the outputs
            mean = totals.sum(axis=0) / count
            variance = np.maximum(squares.sum(axis=0) / count - mean * mean, 0)
            gain = as_array(weight, torch.float64) / np.sqrt(variance + eps)
            shift = as_array(bias, torch.float64) - mean * gain
        factors = as_array(scale, torch.float32)
        _run(lambda tile: normalize(states, gain, shift, factors, outputs, tile), x)
        kept, *statistics = (torch.from_numpy(array) for array in (states, mean, variance))
        last = kept[:, -1].clone()
        ctx.save_for_backward(kept, u, start, weight, scale, *statistics, last)
        ctx.options = (eps, activation, h0 is not None)
        ctx.mark_non_differentiable(*statistics)
        return torch.from_numpy(outputs), last, *statistics

    @staticmethod
    def backward(ctx: Any, grad: Tensor | None, grad_last: Tensor | None, *_: None) -> Any:  # noqa: ANN401
        states, _, start, *_ = ctx.saved_tensors
        eps, activation, has_start = ctx.options
        grad = torch.zeros_like(states) if grad is None else grad
        grad_last = torch.zeros_like(start) if grad_last is None else grad_last
        inputs = (grad, grad_last, *ctx.saved_tensors, eps, activation)
        of_x, of_u, of_h0, *of_norm = _Gradients.apply(*inputs)  # type: ignore[no-untyped-call]
        return (of_x, of_u, of_h0 if has_start else None, *of_norm, None, None, None)


class _Gradients(torch.autograd.Function):
    """The gradients; a function of its own, so that differentiating them is noticed."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        grad: Tensor,
        grad_last: Tensor,
        states: Tensor,
        u: Tensor,
        start: Tensor,
        weight: Tensor,
        scale: Tensor,
        mean: Tensor,
        variance: Tensor,
        last: Tensor,  # unused: unlike the states, it is known to depend on x
        eps: float,
        activation: str,
    ) -> tuple[Tensor, ...]:
        tensors = (grad, grad_last, states, u, start, scale)
        arrays = [as_array(tensor, torch.float32) for tensor in tensors]
        totals, products, grad_u = _sums(states), _sums(states), _sums(states)
        pair = (arrays[0], arrays[2], arrays[5], totals, products)
        _run(lambda tile: reduce_gradient(*pair, tile), states)
        average, inverse = mean.numpy(), 1 / np.sqrt(variance.numpy() + eps)
        grad_bias = totals.sum(axis=0)
        grad_weight = (products.sum(axis=0) - average * grad_bias) * inverse
        gain, count = as_array(weight, torch.float64) * inverse, states.shape[0] * states.shape[1]
        slope = -gain * inverse * grad_weight / count
        offset = -gain * grad_bias / count - average * slope
        coefficients = np.stack((gain, slope, offset)).astype(arrays[0].dtype)
        grad_x, grad_h0 = (empty(array.shape, array.dtype) for array in arrays[:2])
        results, kernel = (grad_x, grad_u, grad_h0), gradient_kernel(activation)
        _run(lambda tile: kernel(*arrays, coefficients, *results, tile), states)
        gradients = (grad_x, grad_u.sum(axis=0), grad_h0, grad_weight, grad_bias)
        return tuple(torch.from_numpy(array).to(states.dtype) for array in gradients)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:  # noqa: ANN401
        raise InputError(
            "indrnn_batch_norm was differentiated twice, which it cannot; use indrnn_recurrence "
            "with backend='reference' and torch.nn.functional.batch_norm"
        )


def _sums(x: Tensor) -> Array:
    return empty((-(-x.shape[0] // BLOCK), x.shape[2]), np.dtype(np.float64))


def _run(kernel: Callable[[Blocks], None], x: Tensor) -> None:
    wanted = min(torch.get_num_threads(), x.numel() // MIN_TILE)
    tiles = list(parts(-(-x.shape[0] // BLOCK), max(1, wanted)))
    run_parallel(kernel, tiles, len(tiles))
