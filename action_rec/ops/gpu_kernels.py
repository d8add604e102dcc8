"""Triton kernels of the recurrence for one row and one block of neurons."""

import triton
import triton.language as tl
from triton.language.extra import libdevice

from action_rec.ops.reference import LEAKY_SLOPE

# In Triton, pointers, scalars and blocks all have the type `tl.tensor`.
_SLOPE = tl.constexpr(LEAKY_SLOPE)
_INTERPRETED = tl.constexpr(triton.knobs.runtime.interpret)


@triton.jit
def _expm1(x: tl.tensor) -> tl.tensor:
    # The interpreter has no libdevice. Near zero, the difference of exp(x) and 1 is inexact.
    if _INTERPRETED:
        series = x * (1 + x / 2 * (1 + x / 3 * (1 + x / 4 * (1 + x / 5))))
        x = tl.where(x > -0.02, series, tl.exp(x) - 1)
    else:
        x = libdevice.expm1(x)
    return x


@triton.jit
def _activate(x: tl.tensor, slope: tl.tensor, ACTIVATION: tl.constexpr) -> tl.tensor:
    if ACTIVATION == "relu":
        x = tl.where(x <= 0, 0.0, x)  # propagates NaN, unlike a maximum
    elif ACTIVATION == "leaky_relu":
        x = tl.where(x > 0, x, x * _SLOPE)
    elif ACTIVATION == "prelu":
        x = tl.where(x > 0, x, x * slope)
    elif ACTIVATION == "elu":
        x = tl.where(x <= 0, _expm1(tl.where(x <= 0, x, 0.0)), x)
    elif ACTIVATION == "tanh":
        # The interpreter has no libdevice.
        x = 1 - 2 / (tl.exp(2 * x) + 1) if _INTERPRETED else libdevice.tanh(x)
    return x


@triton.jit
def _backpropagate(
    grad: tl.tensor,
    state: tl.tensor,
    above: tl.tensor,
    slope: tl.tensor,
    ACTIVATION: tl.constexpr,
) -> tl.tensor:
    if ACTIVATION == "relu":
        grad = tl.where(state <= 0, 0.0, grad)
    elif ACTIVATION == "leaky_relu":
        grad = tl.where(state > 0, grad, grad * _SLOPE)
    elif ACTIVATION == "prelu":
        grad = tl.where(above, grad, grad * slope)
    elif ACTIVATION == "elu":
        grad = tl.where(state <= 0, grad * (state + 1), grad)
    elif ACTIVATION == "tanh":
        grad = grad * (1 - state * state)
    return grad


@triton.jit
def _add(total: tl.tensor, error: tl.tensor, term: tl.tensor) -> tl.tuple:
    # Knuth's TwoSum: `error` accumulates the rounding errors of `total`.
    new = total + term
    added = new - total
    return new, error + ((total - (new - added)) + (term - added))


@triton.jit
def forward_kernel(
    x: tl.tensor,
    u: tl.tensor,
    slope: tl.tensor,
    h0: tl.tensor,
    lengths: tl.tensor,
    states: tl.tensor,
    steps: tl.tensor,
    size: tl.tensor,
    x_row: tl.tensor,
    x_step: tl.tensor,
    x_column: tl.tensor,
    x_start: tl.tensor,
    states_step: tl.tensor,
    states_start: tl.tensor,
    ACTIVATION: tl.constexpr,
    REVERSE: tl.constexpr,
    WIDE: tl.constexpr,
    BLOCK: tl.constexpr,
    STAGES: tl.constexpr,
) -> None:
    """Compute `states`; ``*_start`` is the offset of the first step, ``*_step`` a signed stride."""
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = column < size
    weight = tl.load(u + column, mask=inside, other=0.0).to(WIDE)
    tilt = weight
    if slope is not None:
        tilt = tl.load(slope + column, mask=inside, other=0.0).to(WIDE)
    state = tl.zeros((BLOCK,), WIDE)
    if h0 is not None:
        state = tl.load(h0 + row * size + column, mask=inside, other=0.0).to(WIDE)
    length = steps
    if lengths is not None:
        length = tl.load(lengths + row)
    x += row * x_row + x_start + column * x_column
    states += row * steps * size + states_start + column
    for i in tl.range(steps, num_stages=STAGES):
        t = steps - 1 - i if REVERSE else i
        projected = tl.load(x, mask=inside, other=0.0).to(WIDE)
        updated = _activate(projected + weight * state, tilt, ACTIVATION)
        state = tl.where(t < length, updated, state)
        tl.store(states, state.to(states.dtype.element_ty), mask=inside)
        x += x_step
        states += states_step


@triton.jit
def _step_back(
    inputs: tl.tuple,
    sums: tl.tuple,
    active: tl.tensor,
    ACTIVATION: tl.constexpr,
) -> tl.tuple:
    """Return the gradient of x, the next carry, and the sums of u and of the slope."""
    incoming, carry, state, previous, projected, weight, slope = inputs
    total, error, tilts, tilt_error = sums
    grad = incoming + carry
    # The state decides on the side of zero where it can: the argument of the activation is
    # computed from states rounded to the dtype of x. Only PReLU makes use of it.
    before = projected + weight * previous
    above = tl.where(slope >= 0, state, before) > 0
    delta = tl.where(active, _backpropagate(grad, state, above, slope, ACTIVATION), 0.0)
    total, error = _add(total, error, tl.where(active, delta * previous, 0.0))
    if ACTIVATION == "prelu":
        term = tl.where(above, 0.0, grad * before)
        tilts, tilt_error = _add(tilts, tilt_error, tl.where(active, term, 0.0))
    carry = tl.where(active, delta * weight, grad)
    return delta, carry, (total, error, tilts, tilt_error)


@triton.jit
def _corrected(total: tl.tensor, error: tl.tensor) -> tl.tensor:
    # After an overflow `error` is NaN; the uncorrected sum is then inf or NaN, as in the loop.
    return tl.where(error == error, total + error, total)


@triton.jit
def backward_kernel(
    grad: tl.tensor,
    states: tl.tensor,
    x: tl.tensor,
    u: tl.tensor,
    slope: tl.tensor,
    h0: tl.tensor,
    lengths: tl.tensor,
    grad_x: tl.tensor,
    grad_u: tl.tensor,
    grad_slope: tl.tensor,
    grad_h0: tl.tensor,
    steps: tl.tensor,
    size: tl.tensor,
    grad_row: tl.tensor,
    grad_step: tl.tensor,
    grad_column: tl.tensor,
    grad_start: tl.tensor,
    states_step: tl.tensor,
    states_start: tl.tensor,
    ACTIVATION: tl.constexpr,
    REVERSE: tl.constexpr,
    WIDE: tl.constexpr,
    BLOCK: tl.constexpr,
    STAGES: tl.constexpr,
) -> None:
    """Compute `grad_x`, `grad_u` (B, D) and `grad_h0`, from the last step computed to the first.

    For PReLU it reads `x`, laid out as `states`, and computes `grad_slope` (B, D).
    """
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = column < size
    weight = tl.load(u + column, mask=inside, other=0.0).to(WIDE)
    tilt = weight
    if slope is not None:
        tilt = tl.load(slope + column, mask=inside, other=0.0).to(WIDE)
    length = steps
    if lengths is not None:
        length = tl.load(lengths + row)
    grad += row * grad_row + grad_start + column * grad_column
    states += row * steps * size + states_start + column
    grad_x += row * steps * size + states_start + column
    if x is not None:
        x += row * steps * size + states_start + column
    carry = tl.zeros((BLOCK,), WIDE)
    total = tl.zeros((BLOCK,), WIDE)
    error = tl.zeros((BLOCK,), WIDE)
    tilts = tl.zeros((BLOCK,), WIDE)
    tilt_error = tl.zeros((BLOCK,), WIDE)
    projected = tl.zeros((BLOCK,), WIDE)
    state = tl.load(states, mask=inside, other=0.0).to(WIDE)
    # Each state is loaded once, as the previous state of one step, and reused in the next.
    for i in tl.range(steps - 1, num_stages=STAGES):
        t = i if REVERSE else steps - 1 - i
        states += states_step
        previous = tl.load(states, mask=inside, other=0.0).to(WIDE)
        incoming = tl.load(grad, mask=inside, other=0.0).to(WIDE)
        if x is not None:
            projected = tl.load(x, mask=inside, other=0.0).to(WIDE)
            x += states_step
        sums = (total, error, tilts, tilt_error)
        inputs = (incoming, carry, state, previous, projected, weight, tilt)
        delta, carry, sums = _step_back(inputs, sums, t < length, ACTIVATION)
        total, error, tilts, tilt_error = sums
        tl.store(grad_x, delta.to(grad_x.dtype.element_ty), mask=inside)
        state = previous
        grad += grad_step
        grad_x += states_step
    previous = tl.zeros((BLOCK,), WIDE)
    if h0 is not None:
        previous = tl.load(h0 + row * size + column, mask=inside, other=0.0).to(WIDE)
    incoming = tl.load(grad, mask=inside, other=0.0).to(WIDE)
    if x is not None:
        projected = tl.load(x, mask=inside, other=0.0).to(WIDE)
    first = steps - 1 if REVERSE else 0
    sums = (total, error, tilts, tilt_error)
    inputs = (incoming, carry, state, previous, projected, weight, tilt)
    delta, carry, sums = _step_back(inputs, sums, first < length, ACTIVATION)
    total, error, tilts, tilt_error = sums
    tl.store(grad_x, delta.to(grad_x.dtype.element_ty), mask=inside)
    tl.store(grad_u + row * size + column, _corrected(total, error), mask=inside)
    if grad_slope is not None:
        tl.store(grad_slope + row * size + column, _corrected(tilts, tilt_error), mask=inside)
    tl.store(grad_h0 + row * size + column, carry, mask=inside)
