"""Compare the states and gradients of every backend with the loop in float64.

The triton backend is included on a GPU, or under Triton's interpreter, with which `test_triton`
runs this file in a subprocess.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from action_rec.ops import Activation, Backend, cpu, indrnn_recurrence
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


def triton_cannot_run() -> bool:
    if find_spec("triton") is None:
        return True
    from triton import knobs

    return not (knobs.runtime.interpret or torch.cuda.is_available())


BACKENDS: list[object] = [
    "reference",
    "cpu",
    pytest.param(
        "triton",
        marks=pytest.mark.skipif(triton_cannot_run(), reason="needs a GPU or Triton's interpreter"),
    ),
]
LIMITS = {torch.float32: 1e-6, torch.bfloat16: 1e-2, torch.float16: 2e-3, torch.float64: 1e-13}

each_backend = pytest.mark.parametrize("backend", BACKENDS)


def on_device(case: Case, backend: Backend) -> Case:
    return case.to("cuda") if backend == "triton" and torch.cuda.is_available() else case


def check(case: Case, backend: Backend, activation: Activation = "relu") -> None:
    case = on_device(case, backend)
    results = run(case, backend, activation)
    errors = relative_errors(results, exact(case, activation))
    assert {name for name, error in errors.items() if not error <= LIMITS[case.x.dtype]} == set()
    assert results["states"].dtype == results["x"].dtype == case.x.dtype
    assert results["u"].dtype == case.u.dtype


@pytest.fixture(autouse=True)
def poison(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fill memory allocated by a backend with NaN, so that unwritten elements are detected."""
    monkeypatch.setattr(cpu, "_empty", lambda shape, dtype: np.full(shape, np.nan, dtype))
    torch.use_deterministic_algorithms(True)  # fills torch.empty with NaN
    yield
    torch.use_deterministic_algorithms(False)


@each_backend
@pytest.mark.parametrize("activation", get_args(Activation))
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_odd_shapes(shape: tuple[int, int, int], activation: Activation, backend: Backend) -> None:
    check(make_case(shape), backend, activation)


# The float32 loop is not included: its own error is 2e-6 after 5,000 steps.
@pytest.mark.parametrize("backend", ["cpu"])
@pytest.mark.parametrize("activation", get_args(Activation))
@pytest.mark.parametrize("shape", LONG_SHAPES.values(), ids=LONG_SHAPES)
def test_large_shapes(
    shape: tuple[int, int, int], activation: Activation, backend: Backend
) -> None:
    check(make_case(shape), backend, activation)


@each_backend
@pytest.mark.parametrize(
    ("activation", "options"),
    [*(("relu", options) for options in OPTIONS), ("prelu", "plain"), ("prelu", "all")],
)
def test_options(options: str, activation: Activation, backend: Backend) -> None:
    check(make_case((3, 17, 37), options), backend, activation)


@each_backend
@pytest.mark.parametrize("activation", ["tanh", "prelu"])
@pytest.mark.parametrize("dtype", LIMITS, ids=str)
def test_dtypes(dtype: torch.dtype, activation: Activation, backend: Backend) -> None:
    check(make_case((3, 17, 37), dtype=dtype), backend, activation)


@each_backend
@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(lambda x: x.transpose(0, 1).contiguous().transpose(0, 1), id="time major"),
        pytest.param(lambda x: x.transpose(1, 2).contiguous().transpose(1, 2), id="neuron major"),
        pytest.param(lambda x: torch.cat((x, x), dim=2)[..., 37:], id="half of the neurons"),
        pytest.param(lambda x: x.repeat_interleave(2, dim=1)[:, ::2], id="every second step"),
        pytest.param(lambda x: x[:1].expand(3, -1, -1), id="one row expanded"),
    ],
)
def test_result_does_not_depend_on_strides(
    layout: Callable[[Tensor], Tensor], backend: Backend
) -> None:
    case = on_device(make_case((3, 17, 37)), backend)
    strided = replace(case, x=layout(case.x), grad=layout(case.grad))
    assert not strided.x.is_contiguous()
    packed = replace(case, x=strided.x.contiguous(), grad=strided.grad.contiguous())
    results = (run(one, backend, "prelu") for one in (strided, packed))
    torch.testing.assert_close(*results, rtol=0, atol=0)


@each_backend
def test_overflow_gives_inf(backend: Backend) -> None:
    # h_t = 2^t, and the largest power of two in float32 is 2^127.
    case = on_device(Case(torch.zeros(1, 130, 1), torch.tensor([2.0]), None, None, False,
                          torch.zeros(1, 130, 1)), backend)  # fmt: skip
    states = indrnn_recurrence(case.x, case.u, case.u[None], "identity", backend).flatten()
    expected = [2.0 ** (t + 2) if t < 126 else float("inf") for t in range(130)]
    assert states.tolist() == expected


@each_backend
@pytest.mark.parametrize("activation", get_args(Activation))
def test_nan_and_inf_propagate_as_in_the_loop(activation: Activation, backend: Backend) -> None:
    case = make_case((2, 6, 3), "plain")
    case.x[0, 2, 0], case.x[0, 3, 1], case.x[1, 3, 2] = float("nan"), float("inf"), -float("inf")
    case = on_device(case, backend)
    results, expected = run(case, backend, activation), exact(case, activation)
    for name, result in results.items():
        torch.testing.assert_close(
            result.double(), expected[name], rtol=1e-5, atol=1e-6, equal_nan=True
        )


@each_backend
def test_padding_does_not_affect_the_result(backend: Backend) -> None:
    case = make_case((3, 17, 37), "all")
    assert case.lengths is not None
    clean = run(on_device(case, backend), backend, "prelu")
    padding = torch.arange(17) >= case.lengths[:, None]
    case.x[padding] = float("nan")
    dirty = run(on_device(case, backend), backend, "prelu")
    torch.testing.assert_close(dirty, clean, rtol=0, atol=0)


@each_backend
def test_result_is_deterministic(backend: Backend) -> None:
    case = on_device(make_case((19, 5, 37)), backend)
    first, second = (run(case, backend, "prelu") for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_last_states_of_sequences_of_different_lengths() -> None:
    # With u = 1 and identity, a state is the sum of the steps so far.
    x = torch.tensor([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])[..., None]
    lengths, start = torch.tensor([2, 3]), torch.tensor([[5.0], [7.0]])
    u = torch.ones(1)
    forward = indrnn_recurrence(x, u, start, "identity", "reference", lengths=lengths)
    assert forward[..., 0].tolist() == [[6.0, 16.0, 16.0], [9.0, 29.0, 229.0]]
    backward = indrnn_recurrence(
        x, u, start, "identity", "reference", lengths=lengths, reverse=True
    )
    assert backward[..., 0].tolist() == [[16.0, 15.0, 5.0], [229.0, 227.0, 207.0]]
