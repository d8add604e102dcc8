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

_RELU, _LEAKY_RELU, _PRELU, _ELU, _TANH, _IDENTITY = range(6)
_CODES = {
    **{"relu": _RELU, "leaky_relu": _LEAKY_RELU, "prelu": _PRELU},
    **{"elu": _ELU, "tanh": _TANH, "identity": _IDENTITY},
}
_TAYLOR = tuple(1 / factorial(n) for n in range(8, 0, -1))
_SMALLEST = 40.0  # exp(-40) is below the rounding error of 1 in float64


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    # `nogil` allows threads. "numpy" division has no check for zero, which prevents vectorization.
    compiled: Callable[..., Any]
    try:
        compiled = numba.njit(function, nogil=True, error_model="numpy", cache=True)
    except RuntimeError:  # no writable cache folder: compile in every process
        compiled = numba.njit(function, nogil=True, error_model="numpy")
    return compiled


@_compiled
def _expm1(x: Scalar) -> Scalar:
    # By the Taylor series near zero and nine doublings of the argument, which LLVM vectorizes,
    # unlike the functions of libm.
    part = x / 512
    power = 0.0
    for coefficient in _TAYLOR:
        power = power * part + coefficient
    power *= part
    for _ in range(9):
        power *= power + 2.0
    return power


@_compiled
def _tanh(x: Scalar) -> Scalar:
    power = _expm1(2 * min(max(np.float64(x), -20.0), 20.0))
    return type(x)(power / (power + 2.0))


@_compiled
def _elu(x: Scalar) -> Scalar:
    below = type(x)(_expm1(min(max(np.float64(x), -_SMALLEST), 0.0)))
    return below if x <= 0 else x  # propagates NaN


@_compiled
def _activate(x: Scalar, slope: Scalar, code: int) -> Scalar:
    if code == _RELU:
        return type(x)(0) if x <= 0 else x
    if code == _LEAKY_RELU:
        return x if x > 0 else x * type(x)(LEAKY_SLOPE)
    if code == _PRELU:
        return x if x > 0 else x * slope
    if code == _ELU:
        return _elu(x)
    return _tanh(x) if code == _TANH else x


@_compiled
def _backpropagate(grad: Scalar, state: Scalar, before: Scalar, slope: Scalar, code: int) -> Scalar:
    # `before` is the argument of the activation, of which only PReLU makes use.
    if code == _RELU:
        return type(grad)(0) if state <= 0 else grad
    if code == _LEAKY_RELU:
        return grad if state > 0 else grad * type(grad)(LEAKY_SLOPE)
    if code == _PRELU:
        return grad if _is_above(state, before, slope) else grad * slope
    if code == _ELU:
        return grad * (state + type(grad)(1)) if state <= 0 else grad
    return grad * (type(grad)(1) - state * state) if code == _TANH else grad


@_compiled
def _is_above(state: Scalar, before: Scalar, slope: Scalar) -> Scalar:
    # The state decides where it can: `before` is computed from states rounded to the dtype of x.
    return state > 0 if slope >= 0 else before > 0


@_compiled
def _at(i: int, size: int, descending: bool) -> Scalar:
    # Unsigned, because Numba checks signed indices for negative values.
    return np.uintp(size - 1 - i if descending else i)


@cache
def forward_kernel(activation: str, reverse: bool) -> Callable[..., None]:
    """Return the kernel ``(x, u, slope, h0, lengths, states, tile)`` of a tile of `states`.

    The arrays are contiguous and of the same dtype, except `lengths`, which is int64; a tile is
    (first row, end row, first neuron, end neuron). Activation and direction are constants of the
    kernel, because as arguments they would prevent vectorization of the loop over neurons. `slope`
    (D,) is that of PReLU; other activations do not read it.
    """
    code = _CODES[activation]

    @_compiled
    def forward(
        x: Array,
        u: Array,
        slope: Array,
        h0: Array,
        lengths: Array,
        states: Array,
        tile: Tile,
    ) -> None:
        first_row, end_row, first, end = tile
        weight, tilt = u[first:end], slope[first:end]
        for row in range(first_row, end_row):
            state = h0[row, first:end].copy()
            for i in range(x.shape[1]):
                t = _at(i, x.shape[1], reverse)
                projected, output = x[row, t, first:end], states[row, t, first:end]
                if t < lengths[row]:
                    for j in range(state.size):
                        d = _at(j, state.size, reverse)
                        state[d] = _activate(projected[d] + weight[d] * state[d], tilt[d], code)
                        output[d] = state[d]
                else:
                    output[:] = state

    return forward


@cache
def backward_kernel(activation: str, reverse: bool) -> Callable[..., None]:
    """Return the kernel of a tile of gradients, whose arguments are those of `backward` below.

    It computes a tile of `grad_x` (B, T, D), `grad_u` (B, D), `grad_h0` (B, D) and, for PReLU,
    `grad_slope` (B, D). `grad_u` and `grad_slope` are float64 and have one sum per row, so that
    the result does not depend on the tiles. `x` (B, T, D) is read for PReLU alone.
    """
    code, descending = _CODES[activation], not reverse
    learns = code == _PRELU

    @_compiled
    def backward(
        grad: Array,
        states: Array,
        x: Array,
        u: Array,
        slope: Array,
        h0: Array,
        lengths: Array,
        grad_x: Array,
        grad_u: Array,
        grad_slope: Array,
        grad_h0: Array,
        tile: Tile,
    ) -> None:
        first_row, end_row, first, end = tile
        last = grad.shape[1] - 1
        weight = u[first:end][::-1].copy() if descending else u[first:end].copy()
        tilt = slope[first:end][::-1].copy() if descending else slope[first:end].copy()
        for row in range(first_row, end_row):
            carry = np.zeros(end - first, grad.dtype)
            total = np.zeros(end - first, np.float64)
            tilts = np.zeros(end - first, np.float64)
            for i in range(last + 1):
                t = _at(i, last + 1, descending)
                previous = h0[row] if i == last else states[row, _at(i + 1, last + 1, descending)]
                previous, state = previous[first:end], states[row, t, first:end]
                incoming, delta = grad[row, t, first:end], grad_x[row, t, first:end]
                projected = x[row, t, first:end]
                if t < lengths[row]:
                    # Neurons run in the direction of time: sequential access is 3 times as fast.
                    for j in range(carry.size):
                        d = _at(j, carry.size, descending)
                        before = projected[d] + weight[j] * previous[d] if learns else state[d]
                        received = incoming[d] + carry[j]
                        delta[d] = _backpropagate(received, state[d], before, tilt[j], code)
                        if learns and not _is_above(state[d], before, tilt[j]):
                            tilts[j] += np.float64(received) * np.float64(before)
                        carry[j] = delta[d] * weight[j]
                        total[j] += np.float64(delta[d]) * np.float64(previous[d])
                else:
                    carry += incoming[::-1] if descending else incoming
                    delta[:] = 0
            grad_u[row, first:end] = total[::-1] if descending else total
            grad_h0[row, first:end] = carry[::-1] if descending else carry
            if learns:
                grad_slope[row, first:end] = tilts[::-1] if descending else tilts

    return backward
