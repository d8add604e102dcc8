"""A network frame by frame, from coordinates as recorded, against the same network on a store."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from action_rec.data.streams import Stream
from action_rec.errors import InputError
from action_rec.live.step import StepNetwork
from action_rec.models import (
    DenseIndRNN,
    GraphIndRNN,
    JointGraph,
    ResidualIndRNN,
    StackedIndRNN,
)
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.models.inputs import FrameShape
from tests.live.networks import random_network, trained_on

NETWORKS: dict[str, Callable[[FrameShape], RecurrentClassifier]] = {
    "stacked": lambda shape: StackedIndRNN(4, shape, hidden_size=8, num_layers=2),
    "residual": lambda shape: ResidualIndRNN(4, shape, hidden_size=8, num_blocks=2),
    "dense": lambda shape: DenseIndRNN(4, shape, growth=4, blocks=(1, 1), time_difference=True),
    "joint graph": lambda shape: StackedIndRNN(
        4, shape, hidden_size=8, num_layers=1, readout="running_mean", features=JointGraph
    ),
    "graph": lambda shape: GraphIndRNN(4, shape, num_layers=2, channels=4),
}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("streams", [("joint",), ("bone", "joint_motion")])
def test_raw_frames_one_by_one_equal_the_whole_prepared_sequence(
    kind: str, streams: tuple[Stream, ...]
) -> None:
    shape = (2, 5, 3 * len(streams))
    network = random_network(NETWORKS[kind](shape))
    step = StepNetwork(trained_on(network, shape, streams=streams))
    recorded = np.random.default_rng(0).normal(2, 1, (7, 2, 5, 3))
    recorded[4:6, 1] = 0  # the second body is absent
    states, probabilities = step.start(), []
    with torch.inference_mode():
        for frame in torch.tensor(recorded, dtype=torch.float32):
            one, *states = step(frame[None], *states)
            probabilities.append(one)
        clip = prepare(recorded, streams)
        for frames in range(1, 8):
            whole = network(clip[:, :frames]).softmax(dim=1)
            torch.testing.assert_close(probabilities[frames - 1], whole, rtol=0, atol=1e-5)


def prepare(recorded: NDArray[np.float64], streams: tuple[Stream, ...]) -> torch.Tensor:
    """What the store and the streams make of it, worked by hand: (1, T, M, V, C * S)."""
    there: NDArray[np.bool_] = np.any(recorded != 0, axis=(2, 3), keepdims=True)
    joints = np.where(there, recorded - recorded[0, 0, 1], 0)
    bones = joints - joints[:, :, [0, 0, 1, 1, 1]]
    motion = np.diff(joints, axis=0, prepend=joints[:1])
    motion[1:] *= there[1:] & there[:-1]
    made = {"joint": joints, "bone": bones, "joint_motion": motion}
    together = np.concatenate([made[stream] for stream in streams], axis=-1)
    return torch.tensor(together[None], dtype=torch.float32)


@pytest.mark.parametrize(
    ("format", "source", "coordinates", "needs"),
    [
        ({"normalize": "clip"}, {}, 3, "scaled as a whole"),
        ({}, {"view": "normalized"}, 3, "view was normalized"),
        ({}, {}, 2, "scaled by the whole recording"),
    ],
)
def test_what_needs_later_frames_is_refused(
    format: dict[str, Any], source: dict[str, Any], coordinates: int, needs: str
) -> None:
    shape = (1, 5, coordinates)
    network = StackedIndRNN(4, shape, hidden_size=8, num_layers=1)
    trained = trained_on(network, shape, **format, source=source)
    with pytest.raises(InputError, match=needs):
        StepNetwork(trained)


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        ({"bidirectional": True}, "bidirectional network needs the whole sequence"),
        ({"readout": "attention"}, "read-out Attention needs the whole clip"),
        ({"readout": "mean"}, "readout: last or running_mean"),
    ],
)
def test_networks_that_need_later_frames_are_refused(arguments: dict[str, Any], needs: str) -> None:
    network = StackedIndRNN(4, (1, 5, 3), hidden_size=8, num_layers=1, **arguments)
    with pytest.raises(InputError, match=needs):
        StepNetwork(trained_on(network, (1, 5, 3)))
