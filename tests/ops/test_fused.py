"""Recurrence, batch norm and dropout in one operator, against their float64 composition."""

from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from action_rec.errors import InputError
from action_rec.ops import Activation, can_fuse, indrnn_batch_norm, indrnn_recurrence
from action_rec.ops import fused as operator
from tests.ops.cases import relative_errors

SHAPES = {
    "few numbers": (2, 3, 1),
    "one step": (3, 1, 5),
    "one neuron": (2, 33, 1),
    "odd": (3, 17, 37),
    "one row": (1, 23, 130),
    "long": (2, 3000, 3),
    "three tiles": (11, 150, 401),
}
EPS = 1e-3


@pytest.fixture(autouse=True)
def poison(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill memory for results with NaN, so that a number left unwritten shows."""
    monkeypatch.setattr(operator, "empty", lambda shape, dtype: np.full(shape, np.nan, dtype))


def make_inputs(
    shape: tuple[int, int, int], *, start: bool = True, drop: float = 0.4
) -> dict[str, Tensor]:
    """Seeded inputs of `indrnn_batch_norm`; the states are far from zero for their spread."""
    batch, steps, size = shape
    torch.manual_seed(batch + 10 * steps + 100 * size)
    inputs = {
        "x": torch.randn(shape) / 2 + 0.3,
        "u": torch.empty(size).uniform_(-0.9, 0.9),
        "weight": torch.randn(size),
        "bias": torch.randn(size),
        "scale": (torch.rand(batch, size) >= drop) / (1 - drop),
    }
    return inputs | ({"h0": torch.randn(batch, size) / 2} if start else {})


def composed(inputs: dict[str, Tensor], activation: Activation) -> tuple[Tensor, ...]:
    """The same from the loop and PyTorch's own batch norm."""
    states = indrnn_recurrence(
        inputs["x"], inputs["u"], inputs.get("h0"), activation, backend="reference"
    )
    flat, (weight, bias) = states.flatten(0, 1), (inputs["weight"], inputs["bias"])
    normed = functional.batch_norm(flat, None, None, weight, bias, training=True, eps=EPS)
    outputs = normed.view(states.shape) * inputs["scale"][:, None]
    return outputs, states[:, -1], flat.mean(0), flat.var(0, correction=0)


def fused(inputs: dict[str, Tensor], activation: Activation) -> tuple[Tensor, ...]:
    """The operator under test."""
    x, u, h0 = inputs["x"], inputs["u"], inputs.get("h0")
    weights = (inputs["weight"], inputs["bias"], inputs["scale"])
    return indrnn_batch_norm(x, u, h0, *weights, EPS, activation)


def results_of(
    inputs: dict[str, Tensor], activation: Activation = "relu", dtype: torch.dtype = torch.float32
) -> dict[str, Tensor]:
    """Outputs, statistics and gradients: fused in float32, composed in float64."""
    call = fused if dtype == torch.float32 else composed
    leaves = {k: v.detach().to(dtype).requires_grad_(k != "scale") for k, v in inputs.items()}
    outputs, last, mean, variance = call(leaves, activation)
    torch.manual_seed(1)
    grads = [torch.randn(t.shape).to(dtype) for t in (outputs, last)]
    trained = [leaf for leaf in leaves.values() if leaf.requires_grad]
    names = [f"grad of {name}" for name, leaf in leaves.items() if leaf.requires_grad]
    gradients = torch.autograd.grad((outputs, last), trained, grads)
    values = {"outputs": outputs, "last": last, "mean": mean, "variance": variance}
    return {k: v.detach() for k, v in values.items()} | dict(zip(names, gradients, strict=True))


def check(inputs: dict[str, Tensor], activation: Activation = "relu") -> None:
    results, expected = results_of(inputs, activation), results_of(inputs, activation, torch.double)
    assert results.keys() == expected.keys()
    errors = relative_errors(results, expected)
    assert {name: error for name, error in errors.items() if not error <= 2e-6} == {}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_outputs_statistics_and_gradients(shape: tuple[int, int, int]) -> None:
    check(make_inputs(shape))


@pytest.mark.parametrize("activation", get_args(Activation))
def test_every_activation(activation: Activation) -> None:
    check(make_inputs((5, 19, 33)), activation)


@pytest.mark.parametrize("drop", [0.0, 0.4], ids=["all kept", "dropped"])
def test_without_a_start(drop: float) -> None:
    check(make_inputs((5, 19, 33), start=False, drop=drop))


def test_a_strided_input_and_a_strided_gradient() -> None:
    inputs = make_inputs((4, 6, 5))
    inputs["x"] = inputs["x"].transpose(0, 1).contiguous().transpose(0, 1)
    check(inputs)
    x = inputs["x"].requires_grad_()
    (gradient,) = torch.autograd.grad(fused(inputs, "relu")[0].sum(), x)  # expanded: strides of 0
    (expected,) = torch.autograd.grad(composed(inputs, "relu")[0].sum(), x)
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("used", [0, 1], ids=["outputs", "last"])
def test_one_of_the_results_may_go_unused(used: int) -> None:
    inputs = make_inputs((4, 6, 5))
    x = inputs["x"].requires_grad_()
    gradients = [
        torch.autograd.grad(call(inputs, "tanh")[used].square().sum(), x)[0]
        for call in (fused, composed)
    ]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-5)


def test_the_spread_of_states_far_from_zero_is_not_lost() -> None:
    inputs = make_inputs((8, 50, 16), start=False)
    inputs["x"] = 1000 + inputs["x"]
    inputs["u"] = torch.zeros(16)
    variance = fused(inputs, "identity")[3]
    expected = inputs["x"].double().flatten(0, 1).var(0, correction=0)
    torch.testing.assert_close(variance, expected, rtol=1e-8, atol=0)


def test_an_overflow_shows() -> None:
    inputs = make_inputs((2, 4, 3))
    inputs["x"][0, 1, 2] = torch.inf
    outputs = fused(inputs, "relu")[0]
    assert outputs[:, :, :2].isfinite().all()
    assert not outputs[0, :, 2].isfinite().any()


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_the_number_of_threads_changes_no_bit(threads: None) -> None:
    inputs = make_inputs(SHAPES["three tiles"])
    torch.set_num_threads(1)
    alone = results_of(inputs)
    torch.set_num_threads(3)
    torch.testing.assert_close(results_of(inputs), alone, rtol=0, atol=0)


def test_a_second_derivative_is_refused() -> None:
    inputs = make_inputs((2, 4, 3))
    x = inputs["x"].requires_grad_()
    (gradient,) = torch.autograd.grad(fused(inputs, "tanh")[0].sum(), x, create_graph=True)
    with pytest.raises(InputError, match="was differentiated twice"):
        torch.autograd.grad(gradient.sum(), x)


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        pytest.param("weight", torch.ones(4), r"weight must be \(3,\)", id="weight"),
        pytest.param("bias", torch.ones(3, 1), r"bias must be \(3,\)", id="bias"),
        pytest.param("scale", torch.ones(1, 3), r"scale must be \(2, 3\)", id="scale"),
        pytest.param("u", torch.ones(4), "u must be", id="u"),
        pytest.param("x", torch.ones(2, 4, 3).double(), "plain float32", id="float64"),
        pytest.param("x", torch.ones(2, 4, 3, device="meta"), "u is on cpu", id="meta"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, tensor: Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fused(make_inputs((2, 4, 3), start=False) | {name: tensor}, "relu")


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(InputError, match="leave out empty batches"):
        fused(make_inputs((0, 4, 3), start=False), "relu")


def test_where_it_cannot_run() -> None:
    x = torch.ones(1, 2, 3)
    assert can_fuse(x, None)
    assert not can_fuse(x, x.double())
    with torch.autocast("cpu", torch.bfloat16):
        assert not can_fuse(x)
    inside = []

    def look(y: Tensor) -> Tensor:
        inside.append(can_fuse(y))
        return y

    torch.func.vmap(look)(x)
    assert inside == [False]
