"""The recurrence in parallel over time: its maps, and its results beside those of the loop."""

import math
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from action_rec.errors import InputError
from action_rec.ops import Activation, indrnn_recurrence
from action_rec.ops.scan import ClampMap, scan_recurrence
from tests.ops.cases import (
    LONG_SHAPES,
    OPTIONS,
    SHAPES,
    Case,
    exact,
    make_case,
    relative_errors,
    run,
)

ACTIVATIONS: list[Activation] = ["relu", "identity"]
LIMITS = {torch.float32: 1e-6, torch.bfloat16: 1e-2, torch.float16: 2e-3, torch.float64: 1e-13}
# Small integers: float64 is exact, and results must be equal. Zeros of x and u are frequent.
SMALL = 4

each_activation = pytest.mark.parametrize("activation", ACTIVATIONS)


def integers(generator: torch.Generator, *shape: int, largest: int = SMALL) -> Tensor:
    return torch.randint(-largest, largest + 1, shape, generator=generator).double()


def check(case: Case, activation: Activation) -> None:
    results = run(case, "scan", activation)
    errors = relative_errors(results, exact(case, activation))
    assert {name for name, error in errors.items() if not error <= LIMITS[case.x.dtype]} == set()
    assert results["states"].dtype == results["x"].dtype == case.x.dtype
    assert results["u"].dtype == case.u.dtype


@pytest.mark.parametrize("clamping", [True, False])
def test_random_compositions_equal_the_loop(clamping: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    count = 5000  # compositions at once, each with another u at every step, and of any sign
    for steps in range(1, 16):
        maps = ClampMap.identity(torch.empty(count, dtype=torch.float64))
        state = start = integers(generator, count, largest=50)
        for _ in range(steps):
            x, u = integers(generator, count, largest=20), integers(generator, count)
            maps = maps.then(x, u, clamping)
            state = (x + u * state).relu() if clamping else x + u * state
        assert torch.equal(maps(start), state)


@st.composite
def recurrences(draw: st.DrawFn) -> Case:
    """Recurrences of small integers: |u| up to 2, of either sign, with and without each option."""
    batch, steps, size = (draw(st.integers(1, most)) for most in (4, 20, 4))

    def numbers(*shape: int, largest: int = SMALL) -> Tensor:
        count = math.prod(shape)
        drawn = draw(st.lists(st.integers(-largest, largest), min_size=count, max_size=count))
        return torch.tensor(drawn, dtype=torch.float64).view(shape)

    ends = st.lists(st.integers(1, steps), min_size=batch, max_size=batch)
    lengths = draw(st.none() | ends)
    return Case(
        x=numbers(batch, steps, size),
        u=numbers(size, largest=2),
        h0=numbers(batch, size) if draw(st.booleans()) else None,
        lengths=None if lengths is None else torch.tensor(lengths),
        reverse=draw(st.booleans()),
        grad=numbers(batch, steps, size),
    )


@given(recurrences(), st.sampled_from(ACTIVATIONS))
@settings(max_examples=80, deadline=None, derandomize=True)
def test_random_recurrences_equal_the_loop_exactly(case: Case, activation: Activation) -> None:
    results, expected = run(case, "scan", activation), run(case, "reference", activation)
    for name, result in results.items():
        assert torch.equal(result, expected[name]), name


@each_activation
@pytest.mark.parametrize("shape", [*SHAPES.values(), *LONG_SHAPES.values()], ids=str)
def test_shapes(shape: tuple[int, int, int], activation: Activation) -> None:
    check(make_case(shape), activation)


@pytest.mark.parametrize("options", OPTIONS)
def test_options(options: str) -> None:
    check(make_case((3, 17, 37), options), "relu")


@pytest.mark.parametrize("dtype", LIMITS, ids=str)
def test_dtypes(dtype: torch.dtype) -> None:
    check(make_case((3, 17, 37), dtype=dtype), "relu")


def test_a_hundred_thousand_steps() -> None:
    check(make_case((1, 100_000, 2), "plain"), "relu")


@pytest.mark.parametrize("weight", [1.5, -1.5, 40.0, -40.0, 0.0])
@pytest.mark.parametrize("start", [0.0, 3.0])
def test_weights_far_from_one_where_the_state_returns_to_zero(weight: float, start: float) -> None:
    # Every third input sets the state to 0, which a map with an infinite slope would not find.
    x = torch.rand(2, 3000, 3, generator=torch.Generator().manual_seed(0))
    x[:, ::3] = -1e6
    u, h0 = torch.full((3,), weight), torch.full((2, 3), start)
    expected = indrnn_recurrence(x.double(), u.double(), h0.double(), backend="reference")
    states = indrnn_recurrence(x, u, h0, backend="scan")
    torch.testing.assert_close(states.double(), expected, rtol=1e-5, atol=1e-5)


@each_activation
def test_overflow_nan_and_infinity_are_those_of_the_loop(activation: Activation) -> None:
    case = make_case((2, 30, 4), "plain")
    for row, step, neuron, value in ((0, 2, 0, "nan"), (0, 3, 1, "inf"), (1, 3, 2, "-inf")):
        case.x[row, step, neuron] = float(value)
    results, expected = run(case, "scan", activation), exact(case, activation)
    for name, result in results.items():
        torch.testing.assert_close(
            result.double(), expected[name], rtol=1e-5, atol=1e-6, equal_nan=True
        )
    states = indrnn_recurrence(
        torch.zeros(1, 130, 1), torch.tensor([2.0]), torch.full((1, 1), 2.0), activation, "scan"
    )
    powers = [2.0 ** (t + 2) if t < 126 else float("inf") for t in range(130)]
    assert states.flatten().tolist() == powers


def test_padding_does_not_affect_the_result() -> None:
    case = make_case((3, 17, 37), "all")
    assert case.lengths is not None
    clean = run(case, "scan")
    case.x[torch.arange(17) >= case.lengths[:, None]] = float("nan")
    torch.testing.assert_close(run(case, "scan"), clean, rtol=0, atol=0)


@pytest.mark.parametrize("activation", sorted(set(get_args(Activation)) - set(ACTIVATIONS)))
def test_other_activations_are_refused(activation: Activation) -> None:
    x, u = torch.ones(1, 4, 2), torch.ones(2)
    with pytest.raises(InputError, match=f"'scan' got activation '{activation}', whose steps do"):
        scan_recurrence(x, u, None, None, activation, False)


def test_a_clamp_map_has_one_slope_and_leaky_relu_more() -> None:
    # h -> leaky(x + u h) twice, with x = 0 and then 1, u = 1: slopes 1, 0.01 and 0.0001.
    h = torch.tensor([[-300.0], [-200.0], [-50.0], [-40.0], [2.0], [3.0]], dtype=torch.float64)
    x = torch.tensor([0.0, 1.0], dtype=torch.float64).expand(6, 2)[..., None]
    u = torch.ones(1, dtype=torch.float64)
    states = indrnn_recurrence(x, u, h, "leaky_relu", "reference")[:, -1]
    slopes = ((states[1::2] - states[::2]) / (h[1::2] - h[::2])).flatten()
    torch.testing.assert_close(slopes, torch.tensor([1e-4, 1e-2, 1.0], dtype=torch.float64))
    with pytest.raises(InputError, match=r"got activation 'leaky_relu', .*; use relu or identity"):
        indrnn_recurrence(x, u, h, "leaky_relu", "scan")


def test_a_second_derivative_is_refused() -> None:
    x, u = (torch.ones(*shape, requires_grad=True) for shape in ((1, 4, 2), (2,)))
    states = indrnn_recurrence(x, u, backend="scan")
    (gradient,) = torch.autograd.grad(states.sum(), x, create_graph=True)
    with pytest.raises(InputError, match="differentiated twice, which backend 'scan' does not"):
        torch.autograd.grad(gradient.sum(), u)
