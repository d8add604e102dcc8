"""Clips that a stream refuses."""

import pytest
import torch

from action_rec.errors import InputError
from action_rec.models import GraphIndRNN, StackedIndRNN


@pytest.mark.parametrize("kind", [StackedIndRNN, GraphIndRNN])
@pytest.mark.parametrize(
    "shape", [(1, 4, 1, 25, 3), (1, 4, 3, 25, 3), (1, 4, 2, 20, 3), (4, 25, 3)]
)
def test_a_clip_of_other_bodies_or_joints(
    kind: type[StackedIndRNN] | type[GraphIndRNN], shape: tuple[int, ...]
) -> None:
    network = kind(3, frame_shape=(2, 25, 3), num_layers=1).eval()
    with pytest.raises(InputError, match="absent ones as 0"):
        network.stream(torch.zeros(shape))


def test_states_of_other_sequences() -> None:
    network = StackedIndRNN(3, num_layers=1, hidden_size=4).eval()
    _, states = network.stream(torch.zeros(2, 4, 2, 25, 3))
    with pytest.raises(InputError, match="the states are of 2 sequences, but the clip has 1"):
        network.stream(torch.zeros(1, 4, 2, 25, 3), states)
