"""The recurrence of one row and one block of neurons, compiled by Triton for the GPU at hand."""

import triton
import triton.language as tl
from triton.language.extra import libdevice

from action_rec.ops.reference import LEAKY_SLOPE

# A pointer, a scalar and a block of numbers are all a `tl.tensor` to Triton.
_SLOPE = tl.constexpr(LEAKY_SLOPE)
_INTERPRETED = tl.constexpr(triton.knobs.runtime.interpret)


@triton.jit
def _activate(x: tl.tensor, ACTIVATION: tl.constexpr) -> tl.tensor:
    if ACTIVATION == "relu":
        x = tl.where(x <= 0, 0.0, x)  # NaN passes, unlike in a maximum
    elif ACTIVATION == "leaky_relu":
        x = tl.where(x > 0, x, x * _SLOPE)
    elif ACTIVATION == "tanh":
        # The interpreter has no libdevice; its exp saturates as this needs it to.
        x = 1 - 2 / (tl.exp(2 * x) + 1) if _INTERPRETED else libdevice.tanh(x)
    return x


@triton.jit
def _backpropagate(grad: tl.tensor, state: tl.tensor, ACTIVATION: tl.constexpr) -> tl.tensor:
    if ACTIVATION == "relu":
        grad = tl.where(state <= 0, 0.0, grad)
    elif ACTIVATION == "leaky_relu":
        grad = tl.where(state > 0, grad, grad * _SLOPE)
    elif ACTIVATION == "tanh":
        grad = grad * (1 - state * state)
    return grad


@triton.jit
def _add(total: tl.tensor, lost: tl.tensor, term: tl.tensor) -> tl.tuple:
    # Knuth's exact sum: what rounding takes from `total` is gathered in `lost`.
    new = total + term
    added = new - total
    return new, lost + ((total - (new - added)) + (term - added))


@triton.jit
def forward_kernel(
    x: tl.tensor,
    u: tl.tensor,
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
    """Fill `states`; ``*_step`` leads to the next step in running order, from ``*_start``."""
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = column < size
    weight = tl.load(u + column, mask=inside, other=0.0).to(WIDE)
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
        following = _activate(projected + weight * state, ACTIVATION)
        state = tl.where(t < length, following, state)
        tl.store(states, state.to(states.dtype.element_ty), mask=inside)
        x += x_step
        states += states_step


@triton.jit
def _step_back(
    incoming: tl.tensor,
    carry: tl.tensor,
    state: tl.tensor,
    before: tl.tensor,
    weight: tl.tensor,
    total: tl.tensor,
    lost: tl.tensor,
    active: tl.tensor,
    ACTIVATION: tl.constexpr,
) -> tl.tuple:
    gathered = incoming + carry
    delta = tl.where(active, _backpropagate(gathered, state, ACTIVATION), 0.0)
    total, lost = _add(total, lost, tl.where(active, delta * before, 0.0))
    return delta, tl.where(active, delta * weight, gathered), total, lost


@triton.jit
def backward_kernel(
    grad: tl.tensor,
    states: tl.tensor,
    u: tl.tensor,
    h0: tl.tensor,
    lengths: tl.tensor,
    grad_x: tl.tensor,
    grad_u: tl.tensor,
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
    """Fill `grad_x`, `grad_u` (B, D) and `grad_h0`; steps and starts run from last to first."""
    row = tl.program_id(0).to(tl.int64)
    column = tl.program_id(1).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = column < size
    weight = tl.load(u + column, mask=inside, other=0.0).to(WIDE)
    length = steps
    if lengths is not None:
        length = tl.load(lengths + row)
    grad += row * grad_row + grad_start + column * grad_column
    states += row * steps * size + states_start + column
    grad_x += row * steps * size + states_start + column
    carry = tl.zeros((BLOCK,), WIDE)
    total = tl.zeros((BLOCK,), WIDE)
    lost = tl.zeros((BLOCK,), WIDE)
    state = tl.load(states, mask=inside, other=0.0).to(WIDE)
    # A state is loaded once: as the one before its successor, then as the state of its own step.
    for i in tl.range(steps - 1, num_stages=STAGES):
        t = i if REVERSE else steps - 1 - i
        states += states_step
        before = tl.load(states, mask=inside, other=0.0).to(WIDE)
        incoming = tl.load(grad, mask=inside, other=0.0).to(WIDE)
        delta, carry, total, lost = _step_back(
            incoming, carry, state, before, weight, total, lost, t < length, ACTIVATION
        )
        tl.store(grad_x, delta.to(grad_x.dtype.element_ty), mask=inside)
        state = before
        grad += grad_step
        grad_x += states_step
    before = tl.zeros((BLOCK,), WIDE)
    if h0 is not None:
        before = tl.load(h0 + row * size + column, mask=inside, other=0.0).to(WIDE)
    incoming = tl.load(grad, mask=inside, other=0.0).to(WIDE)
    first = steps - 1 if REVERSE else 0
    delta, carry, total, lost = _step_back(
        incoming, carry, state, before, weight, total, lost, first < length, ACTIVATION
    )
    tl.store(grad_x, delta.to(grad_x.dtype.element_ty), mask=inside)
    # An overflow leaves NaN in `lost`; the plain sum then shows it as the loop does.
    total = tl.where(lost == lost, total + lost, total)
    tl.store(grad_u + row * size + column, total, mask=inside)
    tl.store(grad_h0 + row * size + column, carry, mask=inside)
