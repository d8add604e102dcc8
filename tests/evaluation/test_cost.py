"""Compare multiply-accumulates with counts computed by hand."""

import pytest
import torch
from torch import Tensor, nn

from action_rec.evaluation.cost import clips_per_second, macs_per_clip, parameters
from action_rec.models import LSTM, ResidualIndRNN, StackedIndRNN

CLIP = (20, 2, 25, 3)


def test_the_21_layer_network_has_0_107_gmac() -> None:
    network = ResidualIndRNN(60, num_blocks=10)
    per_frame = 150 * 512 + 20 * 512 * 512 + 21 * 512  # linear layers, and u * h of 21 layers
    assert macs_per_clip(network, CLIP) == 20 * per_frame + 512 * 60
    assert macs_per_clip(network, CLIP) == pytest.approx(0.107e9, rel=0.01)
    assert parameters(network) == 5_393_468
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())


def test_the_four_gates_of_an_lstm_are_counted() -> None:
    network = StackedIndRNN(60, hidden_size=64, num_layers=2, recurrence=LSTM)
    per_frame = 4 * 64 * (150 + 64) + 4 * 64 * (64 + 64)
    assert macs_per_clip(network, CLIP) == 20 * per_frame + 64 * 60


class DataDependent(nn.Module):
    """Network whose control flow depends on the input values."""

    def forward(self, clip: Tensor) -> Tensor:
        return clip if clip.sum().item() > 0 else clip + 1


def test_a_network_that_cannot_run_on_meta_tensors_has_no_count() -> None:
    assert macs_per_clip(DataDependent(), CLIP) is None


def test_measuring_speed_does_not_modify_the_network() -> None:
    network = StackedIndRNN(3, hidden_size=8, num_layers=1)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert clips_per_second(network, CLIP) > 1
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
