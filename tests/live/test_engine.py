"""The PyTorch engine against the step of the network itself."""

import numpy as np
import torch

from action_rec.live.engine import StepEngine, TorchEngine
from action_rec.live.step import StepNetwork
from action_rec.models import ResidualIndRNN
from tests.live.networks import CLASSES, random_network, trained_on


def test_the_engine_computes_the_step_and_describes_the_network() -> None:
    shape = (2, 5, 6)
    network = random_network(ResidualIndRNN(4, shape, hidden_size=8, num_blocks=2))
    trained = trained_on(network, shape, streams=("joint", "joint_motion"))
    engine: StepEngine = TorchEngine(trained)
    assert engine.class_names == CLASSES
    assert engine.frame_shape == (2, 5, 3)
    assert engine.unit == "metre"
    frames = np.random.default_rng(0).normal(2, 1, (4, 3, 2, 5, 3)).astype(np.float32)
    states = [np.zeros((3, size), np.float32) for size in engine.state_sizes]
    step = StepNetwork(trained)
    expected = step.start(3)
    for frame in frames:
        before = [state.copy() for state in states]
        probabilities, after = engine.step(frame, states)
        wanted, *expected = step(torch.from_numpy(frame), *expected)
        np.testing.assert_allclose(probabilities, wanted.detach().numpy(), rtol=0, atol=1e-6)
        for state, copy in zip(states, before, strict=True):
            np.testing.assert_array_equal(state, copy)
        states = after
