"""Padding in a batch changes nothing: neither outputs, gradients nor the statistics of norms."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from action_rec.models import (
    GRU,
    LRU,
    LSTM,
    TCN,
    CausalAttention,
    DenseDropout,
    DenseIndRNN,
    GraphIndRNN,
    JointEmbedding,
    JointGraph,
    LinearOnMeanPose,
    MinGRU,
    MovingJoints,
    ResidualIndRNN,
    StackedIndRNN,
)
from action_rec.models.recurrences import RecurrenceCallable

SHAPE = (2, 5, 3)
LENGTHS = torch.tensor([4, 7, 1, 6])
NONE = DenseDropout(0, 0, 0, 0, 0)


def stacked_of(recurrence: RecurrenceCallable) -> nn.Module:
    return StackedIndRNN(3, SHAPE, hidden_size=8, num_layers=1, dropout=0, recurrence=recurrence)


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "stacked": lambda: StackedIndRNN(3, SHAPE, hidden_size=8, num_layers=2, dropout=0),
    "norm before": lambda: ResidualIndRNN(
        3, SHAPE, hidden_size=8, num_blocks=2, dropout=0, norm="before", readout="running_mean"
    ),
    "lstm": lambda: StackedIndRNN(
        3, SHAPE, hidden_size=8, num_layers=2, dropout=0, recurrence=LSTM, readout="mean"
    ),
    "mingru": lambda: stacked_of(MinGRU),
    "lru": lambda: stacked_of(LRU),
    "tcn": lambda: stacked_of(TCN),
    "causal attention": lambda: stacked_of(CausalAttention),
    "attention": lambda: StackedIndRNN(3, SHAPE, 9, 8, 1, dropout=0, readout="attention"),
    "dense": lambda: DenseIndRNN(
        3, SHAPE, growth=4, blocks=(2, 1), dropout=NONE, time_difference=True
    ),
    "joint embedding": lambda: StackedIndRNN(
        3, SHAPE, hidden_size=8, num_layers=1, dropout=0, features=JointEmbedding
    ),
    "moving joints": lambda: StackedIndRNN(
        3, SHAPE, hidden_size=8, num_layers=1, dropout=0, features=MovingJoints
    ),
    "joint graph": lambda: StackedIndRNN(
        3, SHAPE, hidden_size=8, num_layers=1, dropout=0, features=JointGraph
    ),
    "joint graph, pooled": lambda: StackedIndRNN(
        *(3, SHAPE, 20, 8, 1),
        dropout=0,
        features=partial(JointGraph, pool="both", pool_size=3),
    ),
    "graph": lambda: GraphIndRNN(3, SHAPE, channels=4, num_layers=2, dropout=0),
    "graph of gru": lambda: GraphIndRNN(
        3, SHAPE, channels=4, num_layers=2, dropout=0, recurrence=GRU, pool="max"
    ),
    "both directions": lambda: ResidualIndRNN(
        3, SHAPE, hidden_size=8, num_blocks=1, dropout=0, bidirectional=True, readout="mean"
    ),
    "both directions, last step": lambda: StackedIndRNN(
        3, SHAPE, hidden_size=8, num_layers=2, dropout=0, bidirectional=True
    ),
    "both directions of gru": lambda: StackedIndRNN(
        3, SHAPE, hidden_size=8, num_layers=2, dropout=0, bidirectional=True, recurrence=GRU
    ),
    "graph in both directions": lambda: GraphIndRNN(
        3, SHAPE, channels=4, num_layers=2, dropout=0, bidirectional=True
    ),
    "features of three frames": lambda: StackedIndRNN(
        *(3, SHAPE, 20, 8, 1), dropout=0, features=partial(JointEmbedding, frames=3)
    ),
    "mean pose": lambda: LinearOnMeanPose(3, SHAPE),
}


def clips(frames: int = 7) -> Tensor:
    """Clips (4, frames, *SHAPE) of `LENGTHS`; the second body of one is absent for a while."""
    generator = torch.Generator().manual_seed(1)
    made = torch.randn(4, 7, *SHAPE, generator=generator, dtype=torch.float64)
    made[1, 2:4, 1] = 0
    made *= (torch.arange(7) < LENGTHS[:, None])[:, :, None, None, None]
    return torch.cat((made, made.new_zeros(4, frames - 7, *SHAPE)), dim=1)


def trained(kind: str, clip: Tensor, lengths: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
    """Logits in training, with all gradients and statistics after one step."""
    torch.manual_seed(0)
    network = NETWORKS[kind]().double().train()
    logits = network(clip, lengths)
    logits.square().sum().backward()
    found = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    found |= dict(network.named_buffers())
    return logits.detach(), found


@pytest.mark.parametrize("kind", NETWORKS)
def test_more_padding_changes_nothing(kind: str) -> None:
    one, of_one = trained(kind, clips(), LENGTHS)
    other, of_other = trained(kind, clips(12), LENGTHS)
    torch.testing.assert_close(other, one, rtol=0, atol=1e-12)
    torch.testing.assert_close(of_other, of_one, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kind", NETWORKS)
def test_clips_of_the_same_length_give_what_they_give_without_lengths(kind: str) -> None:
    clip = torch.randn(4, 7, *SHAPE, generator=torch.Generator().manual_seed(1)).double()
    one, of_one = trained(kind, clip, None)
    other, of_other = trained(kind, clip, torch.full((4,), 7))
    torch.testing.assert_close(other, one, rtol=0, atol=0)
    torch.testing.assert_close(of_other, of_one, rtol=0, atol=1e-10)


@pytest.mark.parametrize("kind", NETWORKS)
def test_in_use_a_clip_in_a_padded_batch_gives_what_it_gives_alone(kind: str) -> None:
    torch.manual_seed(0)
    network = NETWORKS[kind]().double()
    network(clips(), LENGTHS)  # statistics that are not those of an untrained network
    network.eval()
    clip = clips(9)
    together = network(clip, LENGTHS)
    for index, length in enumerate(LENGTHS.tolist()):
        alone = network(clip[index : index + 1, :length])
        torch.testing.assert_close(together[index], alone[0], rtol=0, atol=1e-10)


def test_the_statistics_of_a_padded_batch_are_those_of_its_frames() -> None:
    """Against NumPy in float64: linear, batch norm over the valid frames, recurrence, read-out."""
    torch.manual_seed(0)
    network = StackedIndRNN(
        3, SHAPE, hidden_size=6, num_layers=1, dropout=0, norm="before", readout="running_mean"
    ).double()
    clip = clips()
    logits = network(clip, LENGTHS).detach().numpy()
    layer: Any = network.encoder.layers[0]  # type: ignore[index]
    weight, bias = (p.detach().numpy() for p in (layer.linear.weight, layer.linear.bias))
    u = layer.recurrence.u.detach().numpy()
    rows = [
        clip[n, :length].flatten(1).numpy() @ weight.T + bias for n, length in enumerate(LENGTHS)
    ]
    together = np.concatenate(rows)
    mean, variance = together.mean(axis=0), together.var(axis=0)
    running = layer.norm.running_var.numpy()
    count = len(together)
    np.testing.assert_allclose(layer.norm.running_mean.numpy(), 0.1 * mean, atol=1e-12)
    np.testing.assert_allclose(running, 0.9 + 0.1 * variance * count / (count - 1), atol=1e-12)
    for n, row in enumerate(rows):
        normed = (row - mean) / np.sqrt(variance + layer.norm.eps)
        expected = readout(normed, u)
        expected = expected @ network.classifier.weight.detach().numpy().T
        np.testing.assert_allclose(logits[n], expected, atol=1e-10)


def readout(x: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the states of a ReLU recurrence."""
    state, states = np.zeros_like(u), []
    for row in x:
        state = np.maximum(row + u * state, 0)
        states.append(state)
    mean: NDArray[np.float64] = np.mean(states, axis=0)
    return mean


@pytest.mark.parametrize("kind", ["stacked", "norm before", "dense", "graph", "joint graph"])
def test_every_frame_of_a_padded_batch_ends_with_what_is_read_out(kind: str) -> None:
    torch.manual_seed(0)
    network: Any = NETWORKS[kind]().double().train()
    frames, _ = network.every_frame(clips(), None, LENGTHS)
    last = frames[torch.arange(4), LENGTHS - 1]
    torch.testing.assert_close(last, network(clips(), LENGTHS), rtol=0, atol=1e-10)


def test_the_attention_of_a_padded_clip_ends_with_it() -> None:
    network: Any = NETWORKS["attention"]().double().eval()
    weights = network.attention(clips(), LENGTHS)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(4).double())
    assert torch.equal(weights == 0, torch.arange(7) >= LENGTHS[:, None])
