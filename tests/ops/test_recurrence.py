"""Compare the recurrence with values computed by hand, a NumPy loop and numerical gradients."""

from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from action_rec.errors import InputError
from action_rec.ops import Activation, indrnn_recurrence

DOUBLE = torch.float64


def inputs(batch: int, steps: int, size: int) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(batch + 10 * steps + 100 * size)
    x = torch.randn(batch, steps, size, dtype=DOUBLE)
    return x, torch.randn(size, dtype=DOUBLE), torch.randn(batch, size, dtype=DOUBLE)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        # h1 = act(1 + 2 * 3), h2 = act(-20 + 2 h1), h3 = act(4 + 2 h2)
        pytest.param("relu", [7.0, 0.0, 4.0], id="relu"),
        pytest.param("leaky_relu", [7.0, -0.06, 3.88], id="leaky_relu"),
        pytest.param("prelu", [7.0, -3.0, -1.0], id="prelu"),  # of slope 0.5
        pytest.param("elu", [7.0, np.exp(-6) - 1, 4 + 2 * (np.exp(-6) - 1)], id="elu"),
        pytest.param("identity", [7.0, -6.0, -8.0], id="identity"),
        pytest.param(
            "tanh",
            [np.tanh(7), np.tanh(-20 + 2 * np.tanh(7)), np.tanh(4 + 2 * np.tanh(-18))],
            id="tanh",
        ),
    ],
)
def test_three_steps_computed_by_hand(activation: Activation, expected: list[float]) -> None:
    x = torch.tensor([[[1.0], [-20.0], [4.0]]], dtype=DOUBLE)
    u, h0 = torch.tensor([2.0], dtype=DOUBLE), torch.tensor([[3.0]], dtype=DOUBLE)
    slope = torch.tensor([0.5], dtype=DOUBLE) if activation == "prelu" else None
    states = indrnn_recurrence(x, u, h0, activation, slope=slope)
    np.testing.assert_allclose(states.flatten().numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 7, 5), (2, 33, 4)], ids=str)
def test_neurons_are_independent_and_initial_states_zero(shape: tuple[int, int, int]) -> None:
    x, u, _ = inputs(*shape)
    expected = np.zeros((shape[0], shape[1] + 1, shape[2]))
    for t in range(shape[1]):
        for b in range(shape[0]):
            for d in range(shape[2]):
                projected = x[b, t, d].item() + u[d].item() * expected[b, t, d]
                expected[b, t + 1, d] = max(0.0, projected)
    np.testing.assert_allclose(indrnn_recurrence(x, u).numpy(), expected[:, 1:], rtol=1e-12)


@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("activation", get_args(Activation))
def test_gradients_of_all_inputs(activation: Activation, steps: int) -> None:
    leaves = [tensor.requires_grad_() for tensor in inputs(2, steps, 3)]
    if activation == "prelu":
        leaves.append(torch.tensor([-0.4, 0.25, 1.0], dtype=DOUBLE, requires_grad=True))
    assert torch.autograd.gradcheck(
        lambda x, u, h0, *slope: indrnn_recurrence(
            x, u, h0, activation, slope=slope[0] if slope else None
        ),
        leaves,
    )


def test_two_chunks_give_the_states_of_the_whole_sequence() -> None:
    x, u, h0 = inputs(3, 11, 4)
    whole = indrnn_recurrence(x, u, h0)
    first = indrnn_recurrence(x[:, :4], u, h0)
    second = indrnn_recurrence(x[:, 4:], u, first[:, -1])
    torch.testing.assert_close(torch.cat((first, second), dim=1), whole, rtol=0, atol=0)


def test_a_backend_that_cannot_run_on_the_device_raises() -> None:
    x, u = torch.ones(2, 3, 4, device="meta"), torch.ones(4, device="meta")
    with pytest.raises(InputError, match="backend 'cpu' needs x on the CPU, got meta"):
        indrnn_recurrence(x, u, backend="cpu")
    assert indrnn_recurrence(x, u).shape == x.shape


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"x": torch.ones(2, 3)}, r"x must be \(B, T, D\)", id="two axes"),
        pytest.param({"x": torch.ones(2, 0, 4)}, "at least one step", id="no step"),
        pytest.param({"u": torch.ones(3)}, r"u must be \(D,\) = \(4,\)", id="u of other size"),
        pytest.param({"h0": torch.ones(5, 4)}, "states only between batches of", id="other batch"),
        pytest.param({"activation": "gelu"}, "activation 'gelu' is unknown", id="activation"),
        pytest.param({"activation": "prelu"}, "'prelu' came without a slope", id="no slope"),
        pytest.param({"slope": torch.ones(4)}, "'relu' came with a slope", id="a slope for ReLU"),
        pytest.param(
            {"activation": "prelu", "slope": torch.ones(3)}, r"\(D,\) = \(4,\)", id="slope of 3"
        ),
        pytest.param({"backend": "cobol"}, "backend 'cobol' is unknown", id="backend"),
        pytest.param({"backend": "triton"}, "backend 'triton' needs .*='auto'", id="no GPU"),
        pytest.param(
            {"x": torch.ones(2, 3, 4).int()}, r"torch.int32; .* \.float", id="whole numbers"
        ),
        pytest.param({"u": torch.ones(4, device="meta")}, "u is on meta and x on cpu", id="device"),
        pytest.param(
            {"lengths": torch.tensor([3])}, r"lengths must be \(B,\) = \(2,\)", id="a length"
        ),
        pytest.param({"lengths": torch.ones(2)}, "integers, got torch.float32", id="real lengths"),
        pytest.param({"lengths": torch.tensor([3, 0])}, "1 to T = 3, got 0", id="length 0"),
        pytest.param({"lengths": torch.tensor([4, 3])}, "1 to T = 3, got 4", id="length above T"),
        pytest.param({"lengths": torch.tensor([-1, 3])}, "1 to T = 3, got -1", id="length below 0"),
    ],
)
def test_invalid_arguments_raise_input_error(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"x": torch.ones(2, 3, 4), "u": torch.ones(4)}
    with pytest.raises(InputError, match=message):
        indrnn_recurrence(**(arguments | change))  # type: ignore[arg-type]
