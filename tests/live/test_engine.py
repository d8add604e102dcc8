"""The PyTorch engine, whose modules are made for one frame, against the step of the network."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch

from action_rec.live.engine import StepEngine, TorchEngine
from action_rec.live.step import StepNetwork
from action_rec.models import (
    GRU,
    LRU,
    TCN,
    CausalAttention,
    DenseIndRNN,
    GraphIndRNN,
    IndRNN,
    JointEmbedding,
    JointGraph,
    MinGRU,
    MovingJoints,
    ResidualIndRNN,
    StackedIndRNN,
)
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.models.inputs import FrameShape
from tests.live.networks import CLASSES, random_network, trained_on

STACK = partial(StackedIndRNN, hidden_size=8, num_layers=2)
NETWORKS: dict[str, Callable[[int, FrameShape], RecurrentClassifier]] = {
    "norm before": partial(STACK, norm="before"),
    "no norm": partial(STACK, norm="none", recurrence=partial(IndRNN, activation="tanh")),
    "elu": partial(STACK, recurrence=partial(IndRNN, activation="elu")),
    "prelu": partial(STACK, recurrence=partial(IndRNN, activation="prelu")),
    "gru": partial(STACK, recurrence=GRU),
    "mingru": partial(STACK, recurrence=MinGRU),
    "lru": partial(STACK, recurrence=LRU),
    "tcn": partial(STACK, recurrence=TCN),
    "attention": partial(STACK, recurrence=CausalAttention),
    "recipe": partial(
        ResidualIndRNN,
        hidden_size=8,
        num_blocks=2,
        readout="running_mean",
        features=JointEmbedding,
    ),
    "moving joints": partial(STACK, features=MovingJoints),
    "joint graph": partial(STACK, features=JointGraph),
    "dense": partial(DenseIndRNN, growth=4, blocks=(1, 1), time_difference=True),
    "graph": partial(GraphIndRNN, num_layers=2, channels=4),
}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("coordinates", [2, 3])
def test_the_engine_computes_the_step(kind: str, coordinates: int) -> None:
    shape = (2, 5, coordinates)
    network = random_network(NETWORKS[kind](4, shape))
    trained = trained_on(network, shape, normalize="start")
    engine, step = TorchEngine(trained), StepNetwork(trained)
    frames = np.random.default_rng(0).normal(2, 1, (5, 3, *shape)).astype(np.float32)
    frames[0, 1] = frames[1, 1] = 0  # the second stream starts later
    frames[2:, 0, 1] = 0
    frames[3, :, 0, 2] = 0
    states = [np.zeros((3, size), np.float32) for size in engine.state_sizes]
    expected = step.start(3)
    for frame in frames:
        before = [state.copy() for state in states]
        probabilities, after = engine.step(frame, states)
        with torch.inference_mode():
            wanted, *expected = step(torch.from_numpy(frame), *expected)
        np.testing.assert_allclose(probabilities, wanted, rtol=0, atol=1e-5)
        for state, copy in zip(states, before, strict=True):
            np.testing.assert_array_equal(state, copy)
        for state, wanted in zip(after, expected, strict=True):
            np.testing.assert_allclose(state, wanted, rtol=1e-4, atol=1e-5)
        states = after


def test_the_engine_describes_the_network() -> None:
    shape = (2, 5, 6)
    network = random_network(STACK(4, shape))
    trained = trained_on(network, shape, streams=("joint", "joint_motion"))
    engine: StepEngine = TorchEngine(trained)
    assert engine.class_names == CLASSES
    assert engine.joint_names[1] == "hip"
    assert engine.frame_shape == (2, 5, 3)
    assert engine.unit == "metre"
    assert engine.rules["name"] == "as recorded"
    assert (engine.frame_step, engine.sampling) == (1, "segments")


def test_states_do_not_hold_those_of_earlier_frames() -> None:
    shape = (1, 5, 3)
    engine = TorchEngine(trained_on(random_network(STACK(4, shape)), shape, normalize="start"))
    states = [np.zeros((1, size), np.float32) for size in engine.state_sizes]
    for _ in range(3):
        _, states = engine.step(np.ones((1, *shape), np.float32), states)
        assert all(state.base is None for state in states)
