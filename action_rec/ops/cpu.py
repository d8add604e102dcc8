"""CPU backend of the recurrence: rows and neurons are divided into tiles, one thread per tile.

It uses as many threads as PyTorch. The result does not depend on the tiles.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from action_rec.ops.cpu_kernels import Array, Tile, backward_kernel, forward_kernel
from action_rec.ops.cpu_threads import run_parallel
from action_rec.ops.reference import compute_dtype

# Minimum elements of a tile: about 25 microseconds of work, the cost of starting the threads.
_MIN_TILE = 131_072


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
    wide = compute_dtype(x)
    array, weight = _array(x, wide), _array(u, wide)
    tilt = weight if slope is None else _array(slope, wide)  # one that is not read
    inputs = (array, weight, tilt, _start(h0, array, wide), _lengths(lengths, x))
    states = _empty(array.shape, array.dtype)
    kernel = forward_kernel(activation, reverse)
    _run(lambda tile: kernel(*inputs, states, tile), x.shape)
    return torch.from_numpy(states).to(x.dtype)


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
    wide = compute_dtype(states)
    array, weight = _array(states, wide), _array(u, wide)
    start = _start(h0, array, wide)
    projected = array if x is None else _array(x, wide)
    tilt = weight if slope is None else _array(slope, wide)
    inputs = (_array(grad, wide), array, projected, weight, tilt, start, _lengths(lengths, states))
    grad_x = _empty(array.shape, array.dtype)
    grad_u = _empty(start.shape, np.dtype(np.float64))
    grad_slope = grad_u if slope is None else _empty(start.shape, np.dtype(np.float64))
    grad_h0 = _empty(start.shape, start.dtype)
    kernel = backward_kernel(activation, reverse)
    _run(lambda tile: kernel(*inputs, grad_x, grad_u, grad_slope, grad_h0, tile), states.shape)
    return (
        torch.from_numpy(grad_x).to(states.dtype),
        torch.from_numpy(grad_u.sum(axis=0)).to(u.dtype),
        torch.from_numpy(grad_h0).to(wide if h0 is None else h0.dtype),
        u.new_empty(0) if slope is None else torch.from_numpy(grad_slope.sum(axis=0)).to(slope),
    )


def _empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    # Unlike PyTorch, NumPy requests huge pages, which halves the time for large outputs.
    return np.empty(shape, dtype)


def _array(tensor: Tensor, dtype: torch.dtype) -> Array:
    array: Array = tensor.detach().to(dtype).contiguous().numpy()
    return array


def _start(h0: Tensor | None, x: Array, dtype: torch.dtype) -> Array:
    if h0 is None:
        return np.zeros((x.shape[0], x.shape[2]), x.dtype)
    return _array(h0, dtype)


def _lengths(lengths: Tensor | None, x: Tensor) -> Array:
    if lengths is None:
        return np.full(x.shape[0], x.shape[1], np.int64)
    return _array(lengths, torch.int64)


def _run(kernel: Callable[[Tile], None], shape: torch.Size) -> None:
    tiles = _tiles(*shape)
    run_parallel(kernel, tiles, len(tiles))


def _tiles(batch: int, steps: int, size: int) -> list[Tile]:
    count = min(torch.get_num_threads(), batch * steps * size // _MIN_TILE)
    row_parts = max(1, min(count, batch))
    ranges = product(_split(batch, row_parts), _split(size, max(1, count // row_parts)))
    return [(*rows, *neurons) for rows, neurons in ranges]


def _split(length: int, count: int) -> Iterator[tuple[int, int]]:
    step = max(1, -(-length // count))
    return ((start, min(start + step, length)) for start in range(0, length, step))
