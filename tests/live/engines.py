"""Engines of small networks, as of one that was trained to be read at every frame."""

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from action_rec.live.engine import TorchEngine
from action_rec.models import MovingJoints, StackedIndRNN
from tests.live.networks import random_network, trained_on


@cache
def small_network(bodies: int = 1, coordinates: int = 3) -> StackedIndRNN:
    """A network for five joints, always the same."""
    torch.manual_seed(0)
    network = StackedIndRNN(
        4,
        (bodies, 5, coordinates),
        hidden_size=8,
        num_layers=2,
        readout="running_mean",
        features=lambda shape: MovingJoints(shape, channels=4),
    )
    random_network(network)
    return network


def small_engine(
    bodies: int = 1,
    coordinates: int = 3,
    *,
    frame_step: int = 1,
    **source: Any,  # noqa: ANN401
) -> TorchEngine:
    """An engine for the five joints of `trained_on`.

    Args:
        bodies: M.
        coordinates: C.
        frame_step: The network sees every frame_step-th frame.
        **source: What else the checkpoint says of its data.
    """
    shape = (bodies, 5, coordinates)
    engine = TorchEngine(
        trained_on(small_network(bodies, coordinates), shape, source=source, normalize="start")
    )
    engine.sampling = "frames"
    engine.frame_step = frame_step
    return engine


def person(seed: int, frames: int) -> NDArray[np.float64]:
    """(T, 5, 3) joints of somebody who moves, in metres."""
    random = np.random.default_rng(seed)
    body = random.normal(0, 0.4, (1, 5, 3))
    moved: NDArray[np.float64] = (
        random.normal(0, 2, 3) + body + random.normal(0, 0.1, (frames, 5, 3)).cumsum(axis=0)
    )
    return moved
