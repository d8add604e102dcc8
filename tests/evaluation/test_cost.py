"""Multiply-accumulates against counts by hand."""

import pytest
import torch
from torch import Tensor, nn

from action_rec.evaluation.cost import clips_per_second, macs_per_clip, parameters
from action_rec.models import LSTM, ResidualIndRNN, StackedIndRNN

CLIP = (20, 2, 25, 3)


def test_the_21_layers_of_the_paper_take_a_tenth_of_a_gmac() -> None:
    network = ResidualIndRNN(60, num_blocks=10)
    per_frame = 150 * 512 + 20 * 512 * 512 + 21 * 512  # linear layers, and u * h of 21 layers
    assert macs_per_clip(network, CLIP) == 20 * per_frame + 512 * 60
    assert macs_per_clip(network, CLIP) == pytest.approx(0.107e9, rel=0.01)
    assert parameters(network) == 5_393_468
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())


def test_an_lstm_is_counted_as_its_four_gates() -> None:
    network = StackedIndRNN(60, hidden_size=64, num_layers=2, recurrence=LSTM)
    per_frame = 4 * 64 * (150 + 64) + 4 * 64 * (64 + 64)
    assert macs_per_clip(network, CLIP) == 20 * per_frame + 64 * 60


class LooksAtData(nn.Module):
    """A network whose steps depend on the values."""

    def forward(self, clip: Tensor) -> Tensor:
        return clip if clip.sum().item() > 0 else clip + 1


def test_a_network_that_cannot_run_without_data_has_no_count() -> None:
    assert macs_per_clip(LooksAtData(), CLIP) is None


def test_speed_is_measured_without_a_trace() -> None:
    network = StackedIndRNN(3, hidden_size=8, num_layers=1)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert clips_per_second(network, CLIP) > 1
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
