"""Numba kernels of the recurrence for one tile of rows and neurons."""

from collections.abc import Callable
from functools import cache
from math import factorial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from action_rec.ops.reference import LEAKY_SLOPE

Array = NDArray[Any]
Scalar = Any
Tile = tuple[int, int, int, int]

_RELU, _LEAKY_RELU, _TANH, _IDENTITY = range(4)
_CODES = {"relu": _RELU, "leaky_relu": _LEAKY_RELU, "tanh": _TANH, "identity": _IDENTITY}
_TAYLOR = tuple(1 / factorial(n) for n in range(8, 0, -1))


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    # `nogil` allows threads. "numpy" division has no check for zero, which prevents vectorization.
    compiled: Callable[..., Any]
    try:
        compiled = numba.njit(function, nogil=True, error_model="numpy", cache=True)
    except RuntimeError:  # no writable cache folder: compile in every process
        compiled = numba.njit(function, nogil=True, error_model="numpy")
    return compiled


@_compiled
def _tanh(x: Scalar) -> Scalar:
    # expm1(2x) by its Taylor series near zero and nine doublings, which LLVM vectorizes, unlike
    # the tanh of libm.
    part = min(max(np.float64(x), -20.0), 20.0) / 256
    power = 0.0
    for coefficient in _TAYLOR:
        power = power * part + coefficient
    power *= part
    for _ in range(9):
        power *= power + 2.0
    return type(x)(power / (power + 2.0))


@_compiled
def _activate(x: Scalar, code: int) -> Scalar:
    if code == _RELU:
        return type(x)(0) if x <= 0 else x
    if code == _LEAKY_RELU:
        return x if x > 0 else x * type(x)(LEAKY_SLOPE)
    return _tanh(x) if code == _TANH else x


@_compiled
def _backpropagate(grad: Scalar, state: Scalar, code: int) -> Scalar:
    if code == _RELU:
        return type(grad)(0) if state <= 0 else grad
    if code == _LEAKY_RELU:
        return grad if state > 0 else grad * type(grad)(LEAKY_SLOPE)
    return grad * (type(grad)(1) - state * state) if code == _TANH else grad


@_compiled
def _at(i: int, size: int, descending: bool) -> Scalar:
    # Unsigned, because Numba checks signed indices for negative values.
    return np.uintp(size - 1 - i if descending else i)


@cache
def forward_kernel(activation: str, reverse: bool) -> Callable[..., None]:
    """Return the kernel ``(x, u, h0, lengths, states, tile)``, which computes a tile of `states`.

    The arrays are contiguous and of the same dtype, except `lengths`, which is int64; a tile is
    (first row, end row, first neuron, end neuron). Activation and direction are constants of the
    kernel, because as arguments they would prevent vectorization of the loop over neurons.
    """
    code = _CODES[activation]

    @_compiled
    def forward(x: Array, u: Array, h0: Array, lengths: Array, states: Array, tile: Tile) -> None:
        first_row, end_row, first, end = tile
        weight = u[first:end]
        for row in range(first_row, end_row):
            state = h0[row, first:end].copy()
            for i in range(x.shape[1]):
                t = _at(i, x.shape[1], reverse)
                projected, output = x[row, t, first:end], states[row, t, first:end]
                if t < lengths[row]:
                    for j in range(state.size):
                        d = _at(j, state.size, reverse)
                        state[d] = _activate(projected[d] + weight[d] * state[d], code)
                        output[d] = state[d]
                else:
                    output[:] = state

    return forward


@cache
def backward_kernel(activation: str, reverse: bool) -> Callable[..., None]:
    """Return the kernel ``(grad, states, u, h0, lengths, grad_x, grad_u, grad_h0, tile)``.

    It computes a tile of `grad_x` (B, T, D), `grad_u` (B, D) and `grad_h0` (B, D). `grad_u` is
    float64 and has one sum per row, so that the result does not depend on the tiles.
    """
    code, descending = _CODES[activation], not reverse

    @_compiled
    def backward(
        grad: Array,
        states: Array,
        u: Array,
        h0: Array,
        lengths: Array,
        grad_x: Array,
        grad_u: Array,
        grad_h0: Array,
        tile: Tile,
    ) -> None:
        first_row, end_row, first, end = tile
        last = grad.shape[1] - 1
        weight = u[first:end][::-1].copy() if descending else u[first:end].copy()
        for row in range(first_row, end_row):
            carry = np.zeros(end - first, grad.dtype)
            total = np.zeros(end - first, np.float64)
            for i in range(last + 1):
                t = _at(i, last + 1, descending)
                previous = h0[row] if i == last else states[row, _at(i + 1, last + 1, descending)]
                previous, state = previous[first:end], states[row, t, first:end]
                incoming, delta = grad[row, t, first:end], grad_x[row, t, first:end]
                if t < lengths[row]:
                    # Neurons run in the direction of time: sequential access is 3 times as fast.
                    for j in range(carry.size):
                        d = _at(j, carry.size, descending)
                        delta[d] = _backpropagate(incoming[d] + carry[j], state[d], code)
                        carry[j] = delta[d] * weight[j]
                        total[j] += np.float64(delta[d]) * np.float64(previous[d])
                else:
                    carry += incoming[::-1] if descending else incoming
                    delta[:] = 0
            grad_u[row, first:end] = total[::-1] if descending else total
            grad_h0[row, first:end] = carry[::-1] if descending else carry

    return backward
