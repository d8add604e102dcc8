"""Recurrence, batch norm over batch and time, and shared dropout on a tile of neurons, by Numba.

The tile is (first neuron, end neuron) over all rows: its statistics are then its own, and one call
does the whole forward or backward pass. Sums are carried in float64, in a fixed order.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from action_rec.ops.cpu_kernels import CODES, Array, activate, backpropagate, compiled

Neurons = tuple[int, int]


@cache
def fused_forward_kernel(activation: str) -> Callable[..., None]:
    """Compile a kernel that fills the columns of a tile in its last four arrays.

    Its arguments are ``(x, u, h0, weight, bias, scale, eps, states, outputs, mean, variance,
    tile)``: `x`, `states` and `outputs` (B, T, D), `h0` and `scale` (B, D), the others (D,);
    float32, but for `mean` and the biased `variance`, which are float64.
    """
    code = CODES[activation]

    @compiled
    def forward(
        x: Array,
        u: Array,
        h0: Array,
        weight: Array,
        bias: Array,
        scale: Array,
        eps: float,
        states: Array,
        outputs: Array,
        mean: Array,
        variance: Array,
        tile: Neurons,
    ) -> None:
        first, end = tile
        total, square = np.zeros(end - first, np.float64), np.zeros(end - first, np.float64)
        recurrent = u[first:end]
        for row in range(x.shape[0]):
            before = h0[row, first:end]
            for t in range(x.shape[1]):
                projected, state = x[row, t, first:end], states[row, t, first:end]
                # Two loops: each is vector code, and the second finds the state in the L1 cache.
                for j in range(total.size):
                    d = np.uintp(j)
                    state[d] = activate(projected[d] + recurrent[d] * before[d], code)
                for j in range(total.size):
                    d = np.uintp(j)
                    wide = np.float64(state[d])
                    total[d] += wide
                    square[d] += wide * wide
                before = state
        count = x.shape[0] * x.shape[1]
        average = total / count
        spread = square / count - average * average
        spread[spread < 0] = 0
        mean[first:end], variance[first:end] = average, spread
        gain = weight[first:end] / np.sqrt(spread + eps)
        _normalize(states, gain, bias[first:end] - average * gain, scale, outputs, tile)

    return forward


@compiled
def _normalize(
    states: Array, gain: Array, shift: Array, scale: Array, outputs: Array, tile: Neurons
) -> None:
    first, end = tile
    for row in range(states.shape[0]):
        kept = scale[row, first:end]
        slope, offset = (gain * kept).astype(scale.dtype), (shift * kept).astype(scale.dtype)
        for t in range(states.shape[1]):
            state, output = states[row, t, first:end], outputs[row, t, first:end]
            for j in range(slope.size):
                d = np.uintp(j)
                output[d] = state[d] * slope[d] + offset[d]


@cache
def fused_backward_kernel(activation: str) -> Callable[..., None]:
    """Compile a kernel that fills the columns of a tile in its last five arrays.

    Its arguments are ``(grad, grad_last, states, u, h0, weight, scale, eps, mean, variance,
    grad_x, grad_u, grad_h0, grad_weight, grad_bias, tile)``, with shapes and types as in the
    forward kernel; `grad_u`, `grad_weight` and `grad_bias` (D,) are float64.
    """
    code = CODES[activation]

    @compiled
    def backward(
        grad: Array,
        grad_last: Array,
        states: Array,
        u: Array,
        h0: Array,
        weight: Array,
        scale: Array,
        eps: float,
        mean: Array,
        variance: Array,
        grad_x: Array,
        grad_u: Array,
        grad_h0: Array,
        grad_weight: Array,
        grad_bias: Array,
        tile: Neurons,
    ) -> None:
        first, end = tile
        average, inverse = mean[first:end], 1 / np.sqrt(variance[first:end] + eps)
        total, product = _reduce(grad, states, scale, tile)
        product = (product - average * total) * inverse
        grad_weight[first:end], grad_bias[first:end] = product, total
        # The gradient of the states is gain * scale * grad + slope * state + offset.
        gain = weight[first:end] * inverse
        wide_slope = -gain * inverse * product / (grad.shape[0] * grad.shape[1])
        wide_offset = -gain * total / (grad.shape[0] * grad.shape[1]) - average * wide_slope
        slope, offset = wide_slope.astype(grad.dtype), wide_offset.astype(grad.dtype)
        recurrent, total = u[first:end], np.zeros(end - first, np.float64)
        last = grad.shape[1] - 1
        # From the last row to the first: they are what the reduction has left in the cache.
        for i in range(grad.shape[0]):
            row = grad.shape[0] - 1 - i
            carry = grad_last[row, first:end].copy()
            factor = (gain * scale[row, first:end]).astype(grad.dtype)
            for k in range(last + 1):
                t = last - k
                before = h0[row, first:end] if t == 0 else states[row, t - 1, first:end]
                state, incoming = states[row, t, first:end], grad[row, t, first:end]
                delta = grad_x[row, t, first:end]
                for j in range(carry.size):
                    d = np.uintp(j)
                    normed = factor[d] * incoming[d] + slope[d] * state[d] + offset[d]
                    delta[d] = backpropagate(normed + carry[d], state[d], code)
                    carry[d] = delta[d] * recurrent[d]
                    total[d] += np.float64(delta[d]) * np.float64(before[d])
            grad_h0[row, first:end] = carry
        grad_u[first:end] = total

    return backward


@compiled
def _reduce(grad: Array, states: Array, scale: Array, tile: Neurons) -> tuple[Array, Array]:
    first, end = tile
    total, product = np.zeros(end - first, np.float64), np.zeros(end - first, np.float64)
    for row in range(grad.shape[0]):
        kept = scale[row, first:end]
        for t in range(grad.shape[1]):
            incoming, state = grad[row, t, first:end], states[row, t, first:end]
            for j in range(total.size):
                d = np.uintp(j)
                wide = np.float64(incoming[d] * kept[d])
                total[d] += wide
                product[d] += wide * np.float64(state[d])
    return total, product
