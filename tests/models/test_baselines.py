"""Compare the baseline layers with their equations, written out in float64."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from action_rec.errors import InputError
from action_rec.models import GRU, IRNN, LSTM, LSTMVariant, SimpleRNN
from action_rec.models.baselines import initial_matrix
from action_rec.models.recurrences import Recurrence

Array = NDArray[np.float64]
SIZE, INPUTS, STEPS = 4, 3, 6


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def weights(layer: Recurrence) -> dict[str, Array]:
    return {name.split(".", 1)[-1]: p.detach().numpy() for name, p in layer.named_parameters()}


def randomized(layer: Recurrence) -> Recurrence:
    """Return the layer in float64 with all parameters nonzero, so that each affects the output."""
    layer = layer.double()
    torch.manual_seed(1)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    return layer


def run(layer: Recurrence, x: Tensor) -> tuple[Array, Array]:
    outputs, state = layer(x)
    return outputs[0].detach().numpy(), state[0].detach().numpy()


@pytest.fixture
def x() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(1, STEPS, INPUTS, dtype=torch.float64)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_simple_rnn(x: Tensor, activation: str) -> None:
    layer = randomized(SimpleRNN(INPUTS, SIZE, nonlinearity=activation))  # type: ignore[arg-type]
    w = weights(layer)
    act = np.tanh if activation == "tanh" else lambda z: np.maximum(z, 0)
    h, expected = np.zeros(SIZE), []
    for x_t in x[0].numpy():
        bias = w["bias_ih_l0"] + w["bias_hh_l0"]
        h = act(w["weight_ih_l0"] @ x_t + w["weight_hh_l0"] @ h + bias)
        expected.append(h)
    outputs, state = run(layer, x)
    np.testing.assert_allclose(outputs, expected, rtol=1e-10)
    np.testing.assert_allclose(state, expected[-1], rtol=1e-10)


def test_lstm(x: Tensor) -> None:
    layer = randomized(LSTM(INPUTS, SIZE))
    w = weights(layer)
    h, c = np.zeros(SIZE), np.zeros(SIZE)
    expected = []
    for x_t in x[0].numpy():
        bias = w["bias_ih_l0"] + w["bias_hh_l0"]
        i, f, g, o = np.split(w["weight_ih_l0"] @ x_t + w["weight_hh_l0"] @ h + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        expected.append(h)
    outputs, state = run(layer, x)
    np.testing.assert_allclose(outputs, expected, rtol=1e-10)
    np.testing.assert_allclose(state, np.concatenate((h, c)), rtol=1e-10)


@pytest.mark.parametrize("coupled", [False, True])
@pytest.mark.parametrize("peephole", [False, True])
def test_lstm_variants(x: Tensor, peephole: bool, coupled: bool) -> None:
    layer = randomized(LSTMVariant(INPUTS, SIZE, peephole=peephole, coupled=coupled))
    w = {name: p.detach().numpy() for name, p in layer.named_parameters()}
    peephole_f, peephole_o, peephole_i = w["peepholes"] if peephole else np.zeros((3, SIZE))
    h, c = np.zeros(SIZE), np.zeros(SIZE)
    expected = []
    for x_t in x[0].numpy():
        gates = w["project.weight"] @ x_t + w["project.bias"] + w["recur.weight"] @ h
        f, o, g, *i = np.split(gates, 3 if coupled else 4)
        f = sigmoid(f + peephole_f * c)
        input_gate = 1 - f if coupled else sigmoid(i[0] + peephole_i * c)
        c = f * c + input_gate * np.tanh(g)
        h = sigmoid(o + peephole_o * c) * np.tanh(c)
        expected.append(h)
    outputs, state = run(layer, x)
    np.testing.assert_allclose(outputs, expected, rtol=1e-10)
    np.testing.assert_allclose(state, np.concatenate((h, c)), rtol=1e-10)


def test_gru(x: Tensor) -> None:
    layer = randomized(GRU(INPUTS, SIZE))
    w = weights(layer)
    h, expected = np.zeros(SIZE), []
    for x_t in x[0].numpy():
        ri, zi, ni = np.split(w["weight_ih_l0"] @ x_t + w["bias_ih_l0"], 3)
        rh, zh, nh = np.split(w["weight_hh_l0"] @ h + w["bias_hh_l0"], 3)
        r, z = sigmoid(ri + rh), sigmoid(zi + zh)
        h = (1 - z) * np.tanh(ni + r * nh) + z * h
        expected.append(h)
    outputs, _ = run(layer, x)
    np.testing.assert_allclose(outputs, expected, rtol=1e-10)


def test_initialization() -> None:
    torch.manual_seed(0)
    for layer, gates in ((SimpleRNN, 1), (GRU, 3), (LSTM, 4)):
        recurrent = weights(layer(INPUTS, SIZE))["weight_hh_l0"]
        for gate in np.split(recurrent, gates):
            np.testing.assert_allclose(gate @ gate.T, np.eye(SIZE), atol=1e-6)
    forget = weights(LSTM(INPUTS, SIZE, forget_bias=3.0))
    bias = forget["bias_ih_l0"] + forget["bias_hh_l0"]
    assert bias.tolist() == [0] * SIZE + [3] * SIZE + [0] * 2 * SIZE
    irnn = weights(IRNN(100, 50, scale=0.01))
    np.testing.assert_allclose(irnn["weight_hh_l0"], 0.01 * np.eye(50), rtol=1e-6)
    assert irnn["weight_ih_l0"].std() == pytest.approx(0.001, rel=0.05)
    assert irnn["bias_ih_l0"].tolist() == irnn["bias_hh_l0"].tolist() == [0] * 50


def test_random_walk_start_has_the_std_of_sussillo_and_abbott() -> None:
    torch.manual_seed(0)
    size = 400
    gain = 2**0.5 * np.exp(1.2 / (size - 2.4))
    layers = {
        "irnn": (IRNN(2, size, start="random_walk"), gain),
        "relu": (SimpleRNN(2, size, nonlinearity="relu", start="random_walk"), gain),
        "tanh": (SimpleRNN(2, size, start="random_walk"), 1.1),
    }
    for layer, expected in layers.values():
        recurrent = weights(layer)["weight_hh_l0"]
        assert recurrent.std() == pytest.approx(expected / size**0.5, rel=0.01)
        assert abs(recurrent.mean()) < 1e-3
    # A layer of at most 6 neurons has the factor of 6.
    small = torch.stack([initial_matrix("random_walk", 4, "relu") for _ in range(5000)])
    assert small.std() == pytest.approx(2**0.5 * np.exp(1.2 / 3.6) / 2, rel=0.02)


def test_a_gradient_through_independent_random_walk_matrices_does_not_drift() -> None:
    # The property that defines the factor: the mean of ln |delta| over layers is 0. Random signs
    # of the arguments of ReLU take the place of the data.
    size, draws = 20, 4000
    generator = np.random.default_rng(0)
    torch.manual_seed(0)
    logarithms = []
    for _ in range(draws):
        matrix = initial_matrix("random_walk", size, "relu").double().numpy()
        delta = generator.normal(size=size)
        back = (generator.random(size) < 0.5) * (matrix.T @ delta)
        logarithms.append(np.log(np.linalg.norm(back) / np.linalg.norm(delta)))
    # Without the exponential factor, which the formula approximates, the drift would be -0.068.
    assert abs(np.mean(logarithms)) < 0.02


@pytest.mark.parametrize("start", ["orthogonal", "random"])
def test_irnn_start_changes_only_the_recurrent_weight(start: str) -> None:
    def initialized(start: str) -> dict[str, Array]:
        torch.manual_seed(0)
        return weights(IRNN(100, 50, scale=2.0, start=start))  # type: ignore[arg-type]

    other, identity = initialized(start), initialized("identity")
    recurrent = other.pop("weight_hh_l0")
    identity.pop("weight_hh_l0")
    for name, value in identity.items():
        np.testing.assert_array_equal(other[name], value)
    if start == "orthogonal":
        np.testing.assert_allclose(recurrent @ recurrent.T, 4 * np.eye(50), atol=1e-5)
    assert recurrent.std() == pytest.approx(2 / 50**0.5, rel=0.05)


def test_an_unknown_start_raises() -> None:
    with pytest.raises(InputError, match="start must be 'identity', 'orthogonal', 'random'"):
        IRNN(2, 2, start="zero")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="or 'random_walk', got 'zero'"):
        SimpleRNN(2, 2, start="zero")  # type: ignore[arg-type]
