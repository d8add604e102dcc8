"""Inputs for comparing the backends of the recurrence with the loop in float64."""

from dataclasses import dataclass

import torch
from torch import Tensor

from action_rec.ops import Activation, Backend, indrnn_recurrence

SHAPES = {
    "one number": (1, 1, 1),
    "one step": (3, 1, 5),
    "one neuron": (2, 33, 1),
    "odd": (3, 17, 37),
    "wide": (2, 3, 261),
    "many rows": (19, 4, 3),
    "one row": (1, 23, 130),
}
LONG_SHAPES = {"long": (2, 5000, 3), "two tiles": (5, 300, 401), "empty batch": (0, 3, 4)}
# (h0, lengths, reverse): whether each is given.
OPTIONS = {
    "plain": (False, False, False),
    "start": (True, False, False),
    "lengths": (False, True, False),
    "reverse": (False, False, True),
    "all": (True, True, True),
}


@dataclass
class Case:
    """Arguments of one call of the recurrence, and the gradient of its result."""

    x: Tensor
    u: Tensor
    h0: Tensor | None
    lengths: Tensor | None
    reverse: bool
    grad: Tensor
    slope: Tensor | None = None  # of PReLU; other activations do not use it

    def to(self, device: str) -> "Case":
        """Return the same case on `device`."""
        some = (self.h0, self.lengths, self.slope)
        h0, lengths, slope = (None if one is None else one.to(device) for one in some)
        x, u, grad = (tensor.to(device) for tensor in (self.x, self.u, self.grad))
        return Case(x, u, h0, lengths, self.reverse, grad, slope)


def make_case(
    shape: tuple[int, int, int], options: str = "all", dtype: torch.dtype = torch.float32
) -> Case:
    """Return seeded random inputs of `shape` (B, T, D), with u between the bounds of training."""
    batch, steps, size = shape
    torch.manual_seed(batch + 10 * steps + 100 * size)
    bound = 5 ** (1 / steps) if steps < 100 else 1.0
    has_start, has_lengths, reverse = OPTIONS[options]
    weight_dtype = torch.promote_types(dtype, torch.float32)  # as under autocast
    return Case(
        # Std 0.5, because rounding of a saturated tanh makes its gradient inexact.
        x=(torch.randn(shape) / 2).to(dtype),
        u=torch.empty(size, dtype=weight_dtype).uniform_(-bound, bound),
        h0=torch.randn(batch, size).div(2).to(dtype) if has_start else None,
        lengths=torch.randint(1, steps + 1, (batch,)) if has_lengths else None,
        reverse=reverse,
        grad=torch.randn(shape).to(dtype),
        # Slopes that a training may reach: negative, zero, and above 1.
        slope=torch.linspace(-0.5, 1.2, size, dtype=weight_dtype).round(decimals=1),
    )


def run(case: Case, backend: Backend, activation: Activation = "relu") -> dict[str, Tensor]:
    """Return the states and the gradients computed by `backend`."""
    slope = case.slope if activation == "prelu" else None
    inputs = {"x": case.x, "u": case.u, "h0": case.h0, "slope": slope}
    leaves = {
        name: tensor.detach().requires_grad_()
        for name, tensor in inputs.items()
        if tensor is not None
    }
    states = indrnn_recurrence(
        leaves["x"],
        leaves["u"],
        leaves.get("h0"),
        activation,
        backend,
        lengths=case.lengths,
        reverse=case.reverse,
        slope=leaves.get("slope"),
    )
    gradients = torch.autograd.grad(states, list(leaves.values()), case.grad)
    return {"states": states.detach()} | dict(zip(leaves, gradients, strict=True))


def exact(case: Case, activation: Activation = "relu") -> dict[str, Tensor]:
    """Return the states and the gradients computed by the loop in float64."""
    wide = Case(
        case.x.double(),
        case.u.double(),
        None if case.h0 is None else case.h0.double(),
        case.lengths,
        case.reverse,
        case.grad.double(),
        None if case.slope is None else case.slope.double(),
    )
    return run(wide, "reference", activation)


def relative_errors(results: dict[str, Tensor], expected: dict[str, Tensor]) -> dict[str, float]:
    """Return the norm of each error relative to the norm of the expected tensor."""
    return {
        name: float((result.double() - expected[name]).norm() / (expected[name].norm() + 1e-30))
        for name, result in results.items()
    }
