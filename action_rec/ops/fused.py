"""A training step's recurrence, batch norm and shared dropout on the CPU, in one operator.

Apart, the three read and write tensors of (B, T, D) seven times forward and ten times back;
together four times and five. Of those tensors the states alone are kept for the way back.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from action_rec.errors import InputError
from action_rec.ops.cpu import MIN_TILE, as_array, empty, parts
from action_rec.ops.cpu_threads import run_parallel
from action_rec.ops.fused_kernels import Neurons, fused_backward_kernel, fused_forward_kernel

# A cache line of float32: threads do not write to one another's.
_MIN_NEURONS = 16


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
        shape, size = tuple(x.shape), x.shape[2:]
        states, outputs = empty(shape, np.dtype(np.float32)), empty(shape, np.dtype(np.float32))
        mean, variance = empty(size, np.dtype(np.float64)), empty(size, np.dtype(np.float64))
        start = torch.zeros_like(scale) if h0 is None else h0
        inputs = [as_array(tensor, torch.float32) for tensor in (x, u, start, weight, bias, scale)]
        kernel = fused_forward_kernel(activation)
        _run(lambda tile: kernel(*inputs, eps, states, outputs, mean, variance, tile), shape)
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
        tensors = (grad, grad_last, states, u, start, weight, scale)
        inputs = [as_array(tensor, torch.float32) for tensor in tensors]
        statistics = [as_array(tensor, torch.float64) for tensor in (mean, variance)]
        grad_x, grad_h0 = empty(states.shape, inputs[0].dtype), empty(start.shape, inputs[0].dtype)
        grad_u, grad_weight, grad_bias = (empty(u.shape, statistics[0].dtype) for _ in range(3))
        results = (grad_x, grad_u, grad_h0, grad_weight, grad_bias)
        kernel = fused_backward_kernel(activation)
        _run(lambda tile: kernel(*inputs, eps, *statistics, *results, tile), states.shape)
        return tuple(torch.from_numpy(array).to(states.dtype) for array in results)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Any:  # noqa: ANN401
        raise InputError(
            "indrnn_batch_norm was differentiated twice, which it cannot; use indrnn_recurrence "
            "with backend='reference' and torch.nn.functional.batch_norm"
        )


def _run(kernel: Callable[[Neurons], None], shape: Sequence[int]) -> None:
    batch, steps, size = shape
    wanted = min(torch.get_num_threads(), batch * steps * size // MIN_TILE, size // _MIN_NEURONS)
    tiles = list(parts(size, max(1, wanted)))
    run_parallel(kernel, tiles, len(tiles))
