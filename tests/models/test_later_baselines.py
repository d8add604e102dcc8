"""Compare MinGRU, LRU, TCN and CausalAttention with their equations, as plain float64 loops."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from action_rec.errors import InputError
from action_rec.models import LRU, TCN, CausalAttention, MinGRU
from action_rec.models.recurrences import Bidirectional, Recurrence
from tests.models.test_baselines import randomized, sigmoid

Array = NDArray[np.float64]
INPUTS, SIZE, STEPS, WINDOW, HEADS, HEAD = 3, 4, 23, 6, 2, 3

LAYERS: dict[str, Callable[[int, int], Recurrence]] = {
    "MinGRU": MinGRU,
    "LRU": LRU,
    "TCN": partial(TCN, kernel_size=3, levels=2),
    "CausalAttention": partial(CausalAttention, window=WINDOW, heads=HEADS, head_size=HEAD),
}
each_layer = pytest.mark.parametrize("build", LAYERS.values(), ids=LAYERS.keys())


def weights(layer: Recurrence) -> dict[str, Array]:
    return {name: p.detach().numpy() for name, p in layer.named_parameters()}


def linear(w: dict[str, Array], name: str, x: Array) -> Array:
    """The linear layer `name`; x as it is if there is none."""
    if f"{name}.weight" not in w:
        return x
    out: Array = w[f"{name}.weight"] @ x + w.get(f"{name}.bias", 0.0)
    return out


def gelu(x: Array) -> Array:
    return np.array([0.5 * v * (1 + math.erf(v / 2**0.5)) for v in x])


def layer_norm(w: dict[str, Array], name: str, x: Array) -> Array:
    normed = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    out: Array = normed * w[f"{name}.weight"] + w[f"{name}.bias"]
    return out


def min_gru(w: dict[str, Array], x: Array) -> Array:
    h, outputs = np.zeros(SIZE), []
    for x_t in x:
        gate, candidate = np.split(linear(w, "project", x_t), 2)
        positive = np.where(candidate >= 0, candidate + 0.5, sigmoid(candidate))
        z = sigmoid(gate)
        h = (1 - z) * h + z * positive
        outputs.append(h)
    return np.array(outputs)


def lru(w: dict[str, Array], x: Array) -> Array:
    eigenvalues = np.exp(-np.exp(w["nu"]) + 1j * np.exp(w["theta"]))
    b = w["drive.weight"][:SIZE] + 1j * w["drive.weight"][SIZE:]
    c = w["read.weight"][:, :SIZE] - 1j * w["read.weight"][:, SIZE:]  # Re(C h)
    h, outputs = np.zeros(SIZE, complex), []
    for x_t in x:
        h = eigenvalues * h + np.exp(w["log_gamma"]) * (b @ x_t)
        y = (c @ h).real + w["direct"] * linear(w, "resize", x_t)
        a, gate = np.split(linear(w, "mix", gelu(y)), 2)
        outputs.append(a * sigmoid(gate))
    return np.array(outputs)


def convolution(w: dict[str, Array], name: str, x: Array, dilation: int) -> Array:
    kernels = np.split(w[f"{name}.linear.weight"], 3, axis=1)  # the earliest frame first
    outputs = []
    for t in range(len(x)):
        y = w[f"{name}.linear.bias"].copy()
        for tap, kernel in enumerate(kernels):
            place = t - (2 - tap) * dilation
            y += kernel @ x[place] if place >= 0 else 0
        outputs.append(np.maximum(y, 0))
    return np.array(outputs)


def tcn(w: dict[str, Array], x: Array) -> Array:
    for level in range(2):
        name = f"blocks.{level}"
        y = convolution(w, f"{name}.first", x, 2**level)
        y = convolution(w, f"{name}.second", y, 2**level)
        shortcut = np.array([linear(w, f"{name}.shortcut", x_t) for x_t in x])
        x = np.maximum(shortcut + y, 0)
    return x


def attention(w: dict[str, Array], x: Array) -> Array:
    x = np.array([linear(w, "enter", x_t) for x_t in x])
    normed = (layer_norm(w, "attention_norm", x_t) for x_t in x)
    projected = np.array([linear(w, "project", one) for one in normed])
    query, key, value = (part.reshape(-1, HEADS, HEAD) for part in np.split(projected, 3, axis=1))
    outputs = []
    for t in range(len(x)):
        places = range(max(0, t - WINDOW + 1), t + 1)
        attended = []
        for head in range(HEADS):
            scores = [
                query[t, head] @ key[s, head] / HEAD**0.5 + w["distance_bias"][head, t - s]
                for s in places
            ]
            shares = np.exp(scores) / np.exp(scores).sum()
            attended.append(sum(a * value[s, head] for a, s in zip(shares, places, strict=True)))
        y = x[t] + linear(w, "merge", np.concatenate(attended))
        hidden = gelu(linear(w, "feedforward.1", layer_norm(w, "feedforward.0", y)))
        outputs.append(y + linear(w, "feedforward.3", hidden))
    return np.array(outputs)


REFERENCES = {"MinGRU": min_gru, "LRU": lru, "TCN": tcn, "CausalAttention": attention}


@pytest.fixture
def x() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(2, STEPS, INPUTS, dtype=torch.float64)


@pytest.mark.parametrize("num_inputs", [INPUTS, SIZE])
@pytest.mark.parametrize("name", LAYERS)
def test_the_outputs_are_those_of_the_equations(name: str, num_inputs: int) -> None:
    layer = randomized(LAYERS[name](num_inputs, SIZE))
    x = torch.randn(2, STEPS, num_inputs, dtype=torch.float64)
    outputs, _ = layer(x)
    for row in range(2):
        expected = REFERENCES[name](weights(layer), x[row].numpy())
        np.testing.assert_allclose(outputs[row].detach(), expected, rtol=1e-10, atol=1e-12)


@each_layer
@pytest.mark.parametrize("sizes", [[1] * STEPS, [5, 1, 17], [22, 1], [2, 21]])
def test_parts_give_the_outputs_of_the_whole(
    build: Callable[[int, int], Recurrence], sizes: list[int], x: Tensor
) -> None:
    layer = randomized(build(INPUTS, SIZE)).float()
    whole, last = layer(x.float())
    state, parts = None, []
    for part in torch.split(x.float(), sizes, dim=1):
        outputs, state = layer(part, state)
        parts.append(outputs)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(state, last, rtol=1e-5, atol=1e-5)


@each_layer
def test_a_state_of_zeros_is_the_start(build: Callable[[int, int], Recurrence], x: Tensor) -> None:
    layer = randomized(build(INPUTS, SIZE))
    outputs, state = layer(x)
    again, _ = layer(x, torch.zeros_like(state))
    torch.testing.assert_close(again, outputs, rtol=0, atol=0)
    assert state.ndim == 2
    assert (layer(x, state)[0] - outputs).abs().max() > 1e-3


@each_layer
def test_an_output_depends_on_no_later_frame(
    build: Callable[[int, int], Recurrence], x: Tensor
) -> None:
    layer = randomized(build(INPUTS, SIZE))
    changed = torch.cat((x[:, :11], x[:, 11:] + 1), dim=1)
    same = (layer(x)[0] == layer(changed)[0]).all(dim=(0, 2))
    assert same.tolist() == [True] * 11 + [False] * 12


@each_layer
def test_all_parameters_and_the_first_frame_have_gradients(
    build: Callable[[int, int], Recurrence], x: Tensor
) -> None:
    layer = randomized(build(INPUTS, SIZE))
    x = x[:, :WINDOW].requires_grad_()
    _, state = layer(x[:, :2])
    outputs, _ = layer(x[:, 2:], state)
    outputs[:, -1].square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in layer.parameters())
    assert x.grad is not None
    assert x.grad[:, 0].abs().max() > 0


@each_layer
def test_two_directions(build: Callable[[int, int], Recurrence], x: Tensor) -> None:
    layer = Bidirectional(build, INPUTS, 2 * SIZE).double()
    outputs, _ = layer(x)
    torch.testing.assert_close(outputs[..., :SIZE], layer.ahead(x)[0])
    torch.testing.assert_close(outputs[..., SIZE:], layer.back(x.flip(1))[0].flip(1))


@each_layer
def test_a_layer_learns_an_average_over_the_past(
    build: Callable[[int, int], Recurrence],
) -> None:
    torch.manual_seed(0)
    layer, head = build(1, 16), torch.nn.Linear(16, 1)
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], 1e-2)
    for _ in range(150):
        x = torch.rand(32, 12, 1) - 0.5
        mean, means = torch.zeros(32, 1), []
        for x_t in x.unbind(1):
            mean = (mean + x_t) / 2
            means.append(mean)
        loss = functional.mse_loss(head(layer(x)[0]), torch.stack(means, dim=1))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    # x has the variance 1 / 12. A layer without a past leaves the share 1/16 + 1/64 + ... of it.
    assert loss < 0.3 / 12 / 12


def test_the_window_and_the_receptive_field_end_where_they_say(x: Tensor) -> None:
    for build, frames in ((LAYERS["CausalAttention"], WINDOW), (LAYERS["TCN"], 13)):
        layer = randomized(build(INPUTS, SIZE))
        for place, differs in ((STEPS - 1 - frames, False), (STEPS - frames, True)):
            changed = x.clone()
            changed[:, place] += 1
            assert bool((layer(x)[0][:, -1] != layer(changed)[0][:, -1]).any()) == differs


def test_lru_starts_in_the_ring_of_its_radii_and_keeps_the_size_of_its_state() -> None:
    torch.manual_seed(0)
    layer = LRU(8, 1000, min_radius=0.6, max_radius=0.9, max_phase=1.0)
    radius, angle = (-layer.nu.exp()).exp(), layer.theta.exp()
    assert 0.6 <= radius.min() < 0.605
    assert 0.895 < radius.max() <= 0.9
    # Uniform in the area of the ring.
    assert radius.square().mean().item() == pytest.approx((0.36 + 0.81) / 2, rel=0.02)
    assert 0 < angle.min() < 0.01
    assert 0.99 < angle.max() <= 1.0
    torch.testing.assert_close(layer.log_gamma.exp(), (1 - radius**2).sqrt())
    _, state = layer(torch.randn(50, 30, 8))
    real, imaginary = state.chunk(2, dim=1)
    assert (real**2 + imaginary**2).mean().item() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float32])
@each_layer
def test_under_autocast(
    build: Callable[[int, int], Recurrence], kind: torch.dtype, x: Tensor
) -> None:
    layer = build(INPUTS, SIZE)
    with torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.bfloat16):
        first, state = layer(x[:, :9].float())
        second, _ = layer(x[:, 9:].float(), state)
    whole, _ = layer(x.float())
    together = torch.cat((first, second), dim=1).float()
    torch.testing.assert_close(together, whole, rtol=0.05, atol=0.05)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        pytest.param(partial(LRU, min_radius=0.9, max_radius=0.5), "got 0.9 and 0.5", id="radii"),
        pytest.param(partial(LRU, max_radius=1.5), "max_radius, which must be", id="radius"),
        pytest.param(partial(LRU, max_phase=0), "max_phase must be above 0", id="phase"),
        pytest.param(partial(TCN, kernel_size=1), "kernel_size must be at least 2", id="kernel"),
        pytest.param(partial(TCN, levels=0), "levels must be at least 1", id="levels"),
        pytest.param(partial(CausalAttention, window=1), "window must be at least 2", id="window"),
        pytest.param(partial(CausalAttention, heads=0), "heads must be at least 1", id="heads"),
    ],
)
def test_invalid_arguments_raise(build: Callable[[int, int], Recurrence], message: str) -> None:
    with pytest.raises(InputError, match=message):
        build(4, 4)
