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
) -> Tensor:
    """Return all states (B, T, D); the arguments are those of `indrnn_recurrence`."""
    states = x.new_empty(x.shape)
    _launch(
        forward_kernel,
        (x, *_contiguous(u, h0, lengths, x), states),
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
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of x (B, T, D), u (D,) and h0 (B, D) from that of `states` (B, T, D)."""
    grad_x = states.new_empty(states.shape)
    # One sum per row, then their sum in a fixed order. Atomics would not be deterministic.
    grad_u = states.new_empty(states[:, 0].shape, dtype=compute_dtype(states))
    grad_h0 = torch.empty_like(grad_u)
    _launch(
        backward_kernel,
        (grad, states.contiguous(), *_contiguous(u, h0, lengths, states), grad_x, grad_u, grad_h0),
        *(grad, activation, reverse, not reverse),
    )
    start_dtype = grad_h0.dtype if h0 is None else h0.dtype
    return grad_x, grad_u.sum(dim=0).to(u.dtype), grad_h0.to(start_dtype)


def _contiguous(
    u: Tensor, h0: Tensor | None, lengths: Tensor | None, x: Tensor
) -> tuple[Tensor | None, ...]:
    return (
        u.contiguous(),
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
