"""The recurrence in parallel over time, for ReLU and identity: backend ``scan``, on any device.

One step of the ReLU recurrence, ``h -> relu(x + u h)``, is a `ClampMap`, and clamp maps compose to
clamp maps. So the steps are divided into chunks whose maps are composed side by side; the map of a
chunk gives the state at its end from that at its start; and each chunk is run again from its exact
start, side by side. Nothing is iterated. Of T steps, about 3 sqrt(T) are done one after the other.
The derivation is in ``docs/recurrence.md``.
"""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from action_rec.errors import InputError
from action_rec.ops.reference import compute_dtype

_CLAMPING = {"relu": True, "identity": False}
# Products of u over a chunk stay below e^600 in float64, whose largest number is about e^709.
_LARGEST_LOG = 600.0


class ClampMap(NamedTuple):
    """Maps ``h -> clamp(offset + slope * h, low, high)``, one for each element of the tensors.

    Attributes:
        offset: What is added.
        slope: What the state is multiplied by, of any sign.
        low: The lower bound.
        high: The upper bound, at least `low`.
    """

    offset: Tensor
    slope: Tensor
    low: Tensor
    high: Tensor

    @classmethod
    def identity(cls, like: Tensor) -> "ClampMap":
        """Return maps that change nothing, in the shape of `like`."""
        zeros = torch.zeros_like(like)
        return cls(zeros, zeros + 1, zeros - math.inf, zeros + math.inf)

    def __call__(self, state: Tensor) -> Tensor:
        """Apply the maps to states."""
        moved = self.offset + _times(self.slope, state)
        return torch.maximum(torch.minimum(moved, self.high), self.low)

    def then(self, x: Tensor, u: Tensor, clamping: bool) -> "ClampMap":
        """Return these maps followed by ``h -> relu(x + u h)``, with ReLU if `clamping` is true.

        Adding and multiplying move the bounds as they move a state, and exchange them where u is
        negative. ReLU then clamps the bounds alone: a state within them is within the new ones, or
        is clamped to one of them.
        """
        moved = ClampMap(x + _times(u, self.offset), u * self.slope, self.low, self.high)
        if not clamping:
            return moved  # its bounds are infinite
        # An infinite bound is no state: an infinite x goes beyond it.
        ends = [torch.where(x.isinf(), x, x + _times(u, bound)) for bound in (self.low, self.high)]
        low, high = torch.minimum(*ends).relu(), torch.maximum(*ends).relu()
        # A constant map, as after a state that is 0 for every start, needs no slope, which could
        # otherwise become infinite.
        constant = low >= high
        return ClampMap(
            torch.where(constant, low, moved.offset),
            moved.slope.masked_fill(constant, 0),
            low,
            high,
        )


def _times(factor: Tensor, value: Tensor) -> Tensor:
    """Multiply; 0 where the factor is 0, also for a bound that is infinite."""
    return torch.where((factor == 0) & value.isinf(), 0, factor * value)


def scan_recurrence(
    x: Tensor,
    u: Tensor,
    h0: Tensor | None,
    lengths: Tensor | None,
    activation: str,
    reverse: bool,
) -> Tensor:
    """Return all states (B, T, D); the arguments are those of `indrnn_recurrence`.

    Raises:
        InputError: The steps of the activation do not compose.
    """
    if activation not in _CLAMPING:
        raise InputError(
            f"backend 'scan' got activation '{activation}', whose steps do not compose to maps of "
            "fixed size; use relu or identity, or backend='auto'"
        )
    arguments = (x, u, h0, lengths, _CLAMPING[activation], reverse)
    states: Tensor = _Scan.apply(*arguments)  # type: ignore[no-untyped-call]
    return states


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        x: Tensor,
        u: Tensor,
        h0: Tensor | None,
        lengths: Tensor | None,
        clamping: bool,
        reverse: bool,
    ) -> Tensor:
        wide = compute_dtype(x)
        start = x.new_zeros(x[:, 0].shape, dtype=wide) if h0 is None else h0.to(wide)
        order = _Order(x.shape[1], _chunk(x.shape[1], u), reverse)
        valid = order.valid(lengths, x)
        run = _run(order.split(x.to(wide)), u.to(wide), start, valid, clamping)
        states = order.join(run).to(x.dtype)
        ctx.save_for_backward(states, u, h0, lengths)
        ctx.options = clamping, reverse
        return states

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        arguments = (grad, *ctx.saved_tensors, *ctx.options)
        # A function of its own, so that a second derivative is noticed.
        gradients = _ScanBackward.apply(*arguments)  # type: ignore[no-untyped-call]
        return (*gradients, None, None, None)


class _ScanBackward(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        grad: Tensor,
        states: Tensor,
        u: Tensor,
        h0: Tensor | None,
        lengths: Tensor | None,
        clamping: bool,
        reverse: bool,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        wide = compute_dtype(states)
        # From the last step to the first: the gradient is an affine recurrence.
        order = _Order(states.shape[1], _chunk(states.shape[1], u), not reverse)
        passed = ~(states <= 0) if clamping else torch.ones_like(states, dtype=torch.bool)
        valid = order.valid(lengths, states)
        run, carried = _run_back(order.split(grad.to(wide)), order.split(passed), u.to(wide), valid)
        grad_x = order.join(run)
        start = torch.zeros_like(states[:, 0]) if h0 is None else h0
        parts = (states[:, 1:], start[:, None]) if reverse else (start[:, None], states[:, :-1])
        before = torch.cat([part.double() for part in parts], dim=1)
        grad_u = (grad_x.double() * before).sum(dim=(0, 1)).to(u.dtype)
        return grad_x.to(grad.dtype), grad_u, None if h0 is None else carried.to(h0.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[None, ...]:  # noqa: ANN401
        raise InputError(
            "indrnn_recurrence was differentiated twice, which backend 'scan' does not support; "
            "use backend='reference'"
        )


class _Order(NamedTuple):
    """The division of T steps into chunks, in the order in which they are run.

    Attributes:
        steps: T.
        chunk: Steps of a chunk; the last one is filled up with steps that change nothing.
        reverse: Whether the last step comes first.
    """

    steps: int
    chunk: int
    reverse: bool

    def split(self, x: Tensor) -> Tensor:
        """Return (B, chunks, steps, D) of (B, T, D), zeros in steps that are filled up."""
        x = x.flip(1) if self.reverse else x
        x = functional.pad(x, (0, 0, 0, -self.steps % self.chunk))
        return x.reshape(x.shape[0], x.shape[1] // self.chunk, self.chunk, x.shape[2])

    def valid(self, lengths: Tensor | None, x: Tensor) -> Tensor | None:
        """Return (B or 1, chunks, steps, 1): which steps of `x` change the state; None: all do."""
        if lengths is None:
            if self.steps % self.chunk == 0:
                return None
            lengths = torch.tensor([self.steps])
        within = torch.arange(self.steps, device=x.device) < lengths.to(x.device)[:, None]
        return self.split(within[..., None])

    def join(self, x: Tensor) -> Tensor:
        """Return (B, T, D) of what `split` divided."""
        x = x.flatten(1, 2)[:, : self.steps]
        return x.flip(1) if self.reverse else x


def _chunk(steps: int, u: Tensor) -> int:
    """Return the steps of a chunk, so few that products of u over them can be represented."""
    chunk = math.ceil(math.sqrt(steps))
    largest = float(u.detach().abs().max()) if u.numel() else 0.0
    if largest > 1:
        chunk = min(chunk, max(1, int(_LARGEST_LOG / math.log(largest))))
    return chunk


def _run(x: Tensor, u: Tensor, start: Tensor, valid: Tensor | None, clamping: bool) -> Tensor:
    """Return all states (B, chunks, steps, D) of the divided input `x`, from `start` (B, D)."""
    # The last chunk ends no other one's start.
    state = _starts(_composed(x[:, :-1], u, valid, clamping), start)
    states = []
    for t in range(x.shape[2]):
        moved = x[:, :, t] + u * state
        updated = moved.relu() if clamping else moved
        state = updated if valid is None else torch.where(valid[:, :, t], updated, state)
        states.append(state)
    return torch.stack(states, dim=2)


def _composed(x: Tensor, u: Tensor, valid: Tensor | None, clamping: bool) -> ClampMap:
    """Return the maps of all chunks of `x` (B, chunks, steps, D), in float64."""
    maps, weight = ClampMap.identity(x[:, :, 0].double()), u.double()
    for t in range(x.shape[2]):
        after = maps.then(x[:, :, t].double(), weight, clamping)
        maps = after if valid is None else _where(valid[:, : x.shape[1], t], after, maps)
    return maps


def _where(condition: Tensor, one: ClampMap, other: ClampMap) -> ClampMap:
    pairs = zip(one, other, strict=True)
    return ClampMap(*(torch.where(condition, first, second) for first, second in pairs))


def _starts(maps: ClampMap, start: Tensor) -> Tensor:
    """Return the state (B, chunks, D) before each chunk, of the maps of all but the last."""
    state, states = start.double(), [start]
    for k in range(maps.slope.shape[1]):
        state = ClampMap(*(part[:, k] for part in maps))(state)
        states.append(state.to(start.dtype))
    return torch.stack(states, dim=1)


def _run_back(
    grad: Tensor, passed: Tensor, u: Tensor, valid: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return the gradients of x (B, chunks, steps, D) and of the state before all steps (B, D).

    Args:
        grad: (B, chunks, steps, D) gradients of the states, from the last step to the first.
        passed: The same shape, whether the activation passes a gradient.
        u: (D,) recurrent weight.
        valid: As `_Order.valid` returns it.
    """
    offsets, slopes = _composed_back(grad[:, :-1], passed, u.double(), valid)
    carried = _carried(offsets, slopes).to(grad.dtype)
    gradients = []
    for t in range(grad.shape[2]):
        arrived = grad[:, :, t] + carried
        left = torch.where(passed[:, :, t], arrived, 0)
        carried = u * left
        if valid is not None:
            carried = torch.where(valid[:, :, t], carried, arrived)
            left = torch.where(valid[:, :, t], left, 0)
        gradients.append(left)
    return torch.stack(gradients, dim=2), carried[:, -1]


def _composed_back(
    grad: Tensor, passed: Tensor, u: Tensor, valid: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return offset and slope of the gradient that a chunk hands on, of all but the last chunk."""
    offset = torch.zeros_like(grad[:, :, 0], dtype=torch.float64)
    slope, chunks = torch.ones_like(offset), grad.shape[1]
    for t in range(grad.shape[2]):
        arrived = offset + grad[:, :, t].double()
        passes = passed[:, :chunks, t]
        handed = torch.where(passes, u * arrived, 0), torch.where(passes, u * slope, 0)
        if valid is None:
            offset, slope = handed
        else:
            changes = valid[:, :chunks, t]
            offset = torch.where(changes, handed[0], arrived)
            slope = torch.where(changes, handed[1], slope)
    return offset, slope


def _carried(offsets: Tensor, slopes: Tensor) -> Tensor:
    """Return the gradient (B, chunks, D) that arrives at each chunk, of what the others hand on."""
    gradient = torch.zeros_like(offsets[:, :1].sum(dim=1))
    gradients = [gradient]
    for k in range(offsets.shape[1]):
        # A chunk that passes nothing does not pass NaN either.
        through = torch.where(slopes[:, k] == 0, 0, slopes[:, k] * gradient)
        gradient = offsets[:, k] + through
        gradients.append(gradient)
    return torch.stack(gradients, dim=1)
