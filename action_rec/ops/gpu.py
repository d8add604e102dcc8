"""GPU backend of the recurrence: one kernel launch per pass, one program per row and block."""

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from action_rec.ops.gpu_kernels import backward_kernel, forward_kernel
from action_rec.ops.reference import compute_dtype

_MANY_COLUMNS = 2**17


def constants(columns: int) -> tuple[int, int]:
    """Return warps of a program and prefetched steps for so many rows x neurons.

    Not benchmarked yet; ``python -m benchmarks.gpu`` sweeps over both.
    """
    return (4 if columns >= _MANY_COLUMNS else 1), 8


def forward(
    x: Tensor,
    u: Tensor,
    h0: Tensor | None,
    lengths: Tensor | None,
    activation: str,
    reverse: bool,
    slope: Tensor | None = None,
) -> Tensor:
    """Return all states (B, T, D); the arguments are those of `indrnn_recurrence`."""
    states = x.new_empty(x.shape)
    _launch(
        forward_kernel,
        (x, *_contiguous(u, slope, h0, lengths, x), states),
        *(x, activation, reverse, reverse),
    )
    return states


def backward(
    grad: Tensor,
    states: Tensor,
    u: Tensor,
    h0: Tensor | None,
    lengths: Tensor | None,
    activation: str,
    reverse: bool,
    x: Tensor | None = None,
    slope: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the gradients of x (B, T, D), u (D,), h0 (B, D) and slope from that of `states`.

    `x` and `slope` are those of PReLU; without a slope, its gradient is empty.
    """
    grad_x = states.new_empty(states.shape)
    # One sum per row, then their sum in a fixed order. Atomics would not be deterministic.
    grad_u = states.new_empty(states[:, 0].shape, dtype=compute_dtype(states))
    grad_slope = None if slope is None else torch.empty_like(grad_u)
    grad_h0 = torch.empty_like(grad_u)
    read = (states.contiguous(), None if x is None else x.contiguous())
    written = (grad_x, grad_u, grad_slope, grad_h0)
    _launch(
        backward_kernel,
        (grad, *read, *_contiguous(u, slope, h0, lengths, states), *written),
        *(grad, activation, reverse, not reverse),
    )
    start_dtype = grad_h0.dtype if h0 is None else h0.dtype
    if slope is None or grad_slope is None:
        tilts = u.new_empty(0)
    else:
        tilts = grad_slope.sum(dim=0).to(slope.dtype)
    return grad_x, grad_u.sum(dim=0).to(u.dtype), grad_h0.to(start_dtype), tilts


def _contiguous(
    u: Tensor, slope: Tensor | None, h0: Tensor | None, lengths: Tensor | None, x: Tensor
) -> tuple[Tensor | None, ...]:
    return (
        u.contiguous(),
        None if slope is None else slope.contiguous(),
        None if h0 is None else h0.contiguous(),
        None if lengths is None else lengths.to(x.device, torch.int64).contiguous(),
    )


def _launch(
    kernel: Any,  # noqa: ANN401
    tensors: tuple[Tensor | None, ...],
    strided: Tensor,
    activation: str,
    reverse: bool,
    from_end: bool,
) -> None:
    batch, steps, size = strided.shape
    if strided.numel() == 0:
        return
    row, step, column = strided.stride()
    start, sign = (steps - 1, -1) if from_end else (0, 1)
    # Asynchronous copies need at least 4 bytes per thread.
    lanes = 32 * max(1, 4 // strided.element_size())
    warps, stages = constants(batch * size)
    block = lanes * warps
    with torch.cuda.device_of(strided):  # type: ignore[no-untyped-call]
        kernel[(batch, triton.cdiv(size, block))](
            *tensors,
            *(steps, size, row, sign * step, column, start * step, sign * size, start * size),
            ACTIVATION=activation,
            REVERSE=reverse,
            WIDE=tl.float64 if strided.dtype == torch.float64 else tl.float32,
            BLOCK=block,
            STAGES=stages,
            num_warps=warps,
            enable_fp_fusion=True,
        )
