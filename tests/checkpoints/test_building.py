"""Every recurrent layer is built from what a checkpoint says of it, without an import."""

from typing import Any

import pytest

from action_rec import models
from action_rec.checkpoints.building import build_network
from action_rec.models import StackedIndRNN

LAYERS: dict[str, dict[str, Any]] = {
    "IndRNN": {"activation": "prelu"},
    "SimpleRNN": {"start": "random_walk", "nonlinearity": "relu"},
    "IRNN": {"start": "random_walk"},
    "MinGRU": {},
    "LRU": {"min_radius": 0.9, "max_radius": 0.99, "max_phase": 1},
    "TCN": {"kernel_size": 2, "levels": 2},
    "CausalAttention": {"window": 8, "heads": 2, "head_size": 4, "expansion": 1},
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_network_of_each_layer(name: str) -> None:
    shape, arguments = (2, 5, 3), LAYERS[name]
    layer = getattr(models, name)
    network = StackedIndRNN(
        *(4, shape),
        hidden_size=8,
        num_layers=2,
        recurrence=lambda inputs, size: layer(inputs, size, **arguments),
    )
    described = {
        "class_path": "action_rec.models.StackedIndRNN",
        "init_args": {
            **{"num_classes": 4, "frame_shape": list(shape), "hidden_size": 8, "num_layers": 2},
            "recurrence": {"class_path": f"action_rec.models.{name}", "init_args": arguments},
        },
    }
    built, frame_shape = build_network(described, network.state_dict(), "a checkpoint")
    assert tuple(frame_shape) == shape
    built.load_state_dict(network.state_dict())  # all names and shapes are the same
