"""Test read-outs and bidirectional layers."""

from functools import partial

import pytest
import torch
from torch import nn

from action_rec.errors import InputError
from action_rec.models import JointEmbedding, ResidualIndRNN, StackedIndRNN
from action_rec.models.baselines import LSTM
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.models.readouts import Attention, LastStep, MeanOverTime
from action_rec.models.recurrences import Bidirectional, IndRNN


def test_read_outs_by_hand() -> None:
    features = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [6.0, 30.0]]])
    assert LastStep()(features).tolist() == [[6, 30]]
    assert LastStep(bidirectional=True)(features).tolist() == [[6, 10]]
    assert MeanOverTime()(features).tolist() == [[3, 20]]


def test_attention_weights_are_the_softmax_of_the_scores() -> None:
    attention = Attention(2)
    with torch.no_grad():
        attention.hidden.weight.copy_(torch.eye(2))
        attention.hidden.bias.zero_()
        attention.score.weight.copy_(torch.tensor([[2.0, -1.0]]))
    features = torch.tensor([[[0.5, 0.1], [-0.3, 0.7], [1.5, 0.2]]])
    scores = [2 * torch.tanh(a) - torch.tanh(b) for a, b in features[0]]
    expected = torch.stack(scores).exp() / torch.stack(scores).exp().sum()
    torch.testing.assert_close(attention.weights(features)[0], expected)
    torch.testing.assert_close(attention(features)[0], expected @ features[0])


@pytest.mark.parametrize("recurrence", [IndRNN, LSTM])
def test_the_backward_half_is_the_forward_half_of_the_reversed_clip(
    recurrence: type[IndRNN] | type[LSTM],
) -> None:
    torch.manual_seed(0)
    layer = Bidirectional(recurrence, 6, 6)
    swapped = Bidirectional(recurrence, 6, 6)
    swapped.ahead, swapped.back = layer.back, layer.ahead
    x = torch.randn(2, 5, 6)
    y, state = layer(x)
    halves = x if layer.projects_input else torch.cat(x.chunk(2, dim=2)[::-1], dim=2)
    z, _ = swapped(halves.flip(1))
    torch.testing.assert_close(torch.cat(z.flip(1).chunk(2, dim=2)[::-1], dim=2), y)
    torch.testing.assert_close(state[:, :3], y[:, -1, :3])


@pytest.mark.parametrize("network", [StackedIndRNN, ResidualIndRNN])
def test_first_outputs_depend_on_the_last_frame_only_if_bidirectional(
    network: type[nn.Module],
) -> None:
    torch.manual_seed(0)
    clip = torch.randn(1, 6, 2, 25, 3)
    changed = clip.clone()
    changed[:, -1] += 1
    for bidirectional in (False, True):
        built = network(5, hidden_size=8, bidirectional=bidirectional).eval()
        before, _ = built.encoder(built.features(clip))  # type: ignore[operator]
        after, _ = built.encoder(built.features(changed))  # type: ignore[operator]
        assert torch.equal(before[:, 0], after[:, 0]) != bidirectional


def test_network_returns_its_attention_weights() -> None:
    torch.manual_seed(0)
    network = StackedIndRNN(5, hidden_size=8, num_layers=2, readout="attention").eval()
    weights = network.attention(torch.randn(3, 7, 2, 25, 3))
    assert weights.shape == (3, 7)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(3))


def stream(network: RecurrentClassifier) -> None:
    clip = torch.randn(2, 4, 2, 25, 3)
    _, states = network.stream(clip)
    network.stream(clip, states)


def test_streaming_a_network_that_needs_the_whole_clip_raises() -> None:
    small = partial(StackedIndRNN, 5, hidden_size=8, num_layers=1)
    with pytest.raises(InputError, match="MeanOverTime needs the whole clip"):
        stream(small(readout="mean"))
    with pytest.raises(InputError, match="bidirectional network needs the whole sequence"):
        stream(small(bidirectional=True))
    features = partial(JointEmbedding, frames=3)
    with pytest.raises(InputError, match="JointEmbedding look at 3 frames at a time"):
        stream(small(features=features))
    with pytest.raises(InputError, match="LastStep has no attention weights"):
        small().attention(torch.randn(2, 4, 2, 25, 3))
