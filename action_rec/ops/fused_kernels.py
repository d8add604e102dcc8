"""Recurrence, batch norm over batch and time, and shared dropout on a tile of rows, by Numba.

The passes over (B, T, D) between which the sums of all rows must be known. A tile is (first block,
end block) of `BLOCK` rows each; sums are carried in float64, one for each block, so that they do
not depend on the tiles. Tiles of rows are one stream of memory: tiles of half of the neurons took
1.6 times as long where others shared the cache. Arrays are contiguous, and float32 unless said
otherwise.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from action_rec.ops.cpu_kernels import CODES, Array, activate, backpropagate, compiled

Blocks = tuple[int, int]

BLOCK = 4


@compiled
def _rows(block: int, batch: int) -> range:
    return range(block * BLOCK, min(block * BLOCK + BLOCK, batch))


@cache
def recurrence_kernel(activation: str) -> Callable[..., None]:
    """Compile ``(x, u, h0, states, totals, squares, tile)``.

    It fills `states` (B, T, D) and, in float64, the sums of the states and of their squares,
    (blocks, D).
    """
    code = CODES[activation]

    @compiled
    def recur(
        x: Array, u: Array, h0: Array, states: Array, totals: Array, squares: Array, tile: Blocks
    ) -> None:
        for block in range(tile[0], tile[1]):
            total, square = np.zeros(u.size, np.float64), np.zeros(u.size, np.float64)
            for row in _rows(block, x.shape[0]):
                before = h0[row]
                for t in range(x.shape[1]):
                    projected, state = x[row, t], states[row, t]
                    # Two loops: each is vector code, and the second finds the state in the cache.
                    for j in range(u.size):
                        d = np.uintp(j)
                        state[d] = activate(projected[d] + u[d] * before[d], code)
                    for j in range(u.size):
                        d = np.uintp(j)
                        wide = np.float64(state[d])
                        total[d] += wide
                        square[d] += wide * wide
                    before = state
            totals[block], squares[block] = total, square

    return recur


@compiled
def normalize(
    states: Array, gain: Array, shift: Array, scale: Array, outputs: Array, tile: Blocks
) -> None:
    """Fill `outputs` (B, T, D) with ``scale * (gain * states + shift)``.

    `scale` is (B, D), `gain` and `shift` are (D,) in float64.
    """
    for row in range(tile[0] * BLOCK, min(tile[1] * BLOCK, states.shape[0])):
        slope = (gain * scale[row]).astype(scale.dtype)
        offset = (shift * scale[row]).astype(scale.dtype)
        for t in range(states.shape[1]):
            state, output = states[row, t], outputs[row, t]
            for j in range(slope.size):
                d = np.uintp(j)
                output[d] = state[d] * slope[d] + offset[d]


@compiled
def reduce_gradient(
    grad: Array, states: Array, scale: Array, totals: Array, products: Array, tile: Blocks
) -> None:
    """Sum ``scale * grad`` and its product with the states into float64 arrays (blocks, D)."""
    size = scale.shape[1]
    for block in range(tile[0], tile[1]):
        total, product = np.zeros(size, np.float64), np.zeros(size, np.float64)
        for row in _rows(block, grad.shape[0]):
            kept = scale[row]
            for t in range(grad.shape[1]):
                incoming, state = grad[row, t], states[row, t]
                for j in range(size):
                    d = np.uintp(j)
                    wide = np.float64(incoming[d] * kept[d])
                    total[d] += wide
                    product[d] += wide * np.float64(state[d])
        totals[block], products[block] = total, product


@cache
def gradient_kernel(activation: str) -> Callable[..., None]:
    """Compile a kernel that fills its last three arrays from the others.

    The gradient of the states is ``gain * scale * grad + slope * states + offset`` with the
    `coefficients` gain, slope and offset (3, D). It fills `grad_x` (B, T, D), `grad_h0` (B, D) and,
    in float64, `grad_u` (blocks, D).
    """
    code = CODES[activation]

    @compiled
    def backward(
        grad: Array,
        grad_last: Array,
        states: Array,
        u: Array,
        h0: Array,
        scale: Array,
        coefficients: Array,
        grad_x: Array,
        grad_u: Array,
        grad_h0: Array,
        tile: Blocks,
    ) -> None:
        gain, slope, offset = coefficients[0], coefficients[1], coefficients[2]
        last = grad.shape[1] - 1
        for block in range(tile[0], tile[1]):
            total = np.zeros(u.size, np.float64)
            for row in _rows(block, grad.shape[0]):
                carry, factor = grad_last[row].copy(), gain * scale[row]
                for k in range(last + 1):
                    t = last - k
                    before = h0[row] if t == 0 else states[row, t - 1]
                    state, incoming, delta = states[row, t], grad[row, t], grad_x[row, t]
                    for j in range(u.size):
                        d = np.uintp(j)
                        normed = factor[d] * incoming[d] + slope[d] * state[d] + offset[d]
                        delta[d] = backpropagate(normed + carry[d], state[d], code)
                        carry[d] = delta[d] * u[d]
                        total[d] += np.float64(delta[d]) * np.float64(before[d])
                grad_h0[row] = carry
            grad_u[block] = total

    return backward
