"""The network with a memory in every joint: streams, directions, sizes, and what it mixes."""

from collections.abc import Callable

import pytest
import torch

from action_rec.errors import InputError
from action_rec.models import GRU, LRU, CausalAttention, GraphIndRNN
from action_rec.models.graph_indrnn import JointRecurrence
from action_rec.models.inputs import FrameShape
from action_rec.models.joint_graph import GraphName
from action_rec.models.joints import PoolName
from action_rec.models.layers import LayerOptions, NormPosition
from action_rec.models.readouts import ReadoutName
from action_rec.models.recurrences import IndRNN, Recurrence
from tests.models.test_joint_graph import SHAPES, clip_with_gaps, in_a_stream
from tests.models.test_networks import BASELINES, count, with_random_statistics

RECURRENCES = {"indrnn": IndRNN, **BASELINES}


@pytest.mark.parametrize("norm", ["before", "after"])
@pytest.mark.parametrize("recurrence", RECURRENCES.values(), ids=RECURRENCES.keys())
def test_frame_by_frame_gives_the_logits_of_the_whole_clip(
    recurrence: Callable[[int, int], Recurrence], norm: NormPosition
) -> None:
    torch.manual_seed(0)
    network = GraphIndRNN(5, channels=4, num_layers=2, recurrence=recurrence, norm=norm)
    with_random_statistics(network)
    clip = clip_with_gaps((2, 25, 3))
    whole = network(clip)
    torch.testing.assert_close(in_a_stream(network, clip), whole, rtol=1e-5, atol=1e-5)
    assert whole.std() > 1e-3


@pytest.mark.parametrize("frame_shape", SHAPES)
@pytest.mark.parametrize(
    ("graph", "pool"), [("learned", "both"), ("pose", "max"), ("both", "mean")]
)
def test_any_joint_set_graph_and_pooling(
    frame_shape: FrameShape, graph: GraphName, pool: PoolName
) -> None:
    torch.manual_seed(0)
    network = GraphIndRNN(5, frame_shape, channels=4, num_layers=2, graph=graph, pool=pool)
    with_random_statistics(network)
    clip = clip_with_gaps(frame_shape)
    torch.testing.assert_close(in_a_stream(network, clip), network(clip), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(network(clip), network(clip.flip(2)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("readout", ["last", "mean", "attention"])
@pytest.mark.parametrize("recurrence", [IndRNN, GRU, LRU, CausalAttention])
def test_both_directions_with_every_read_out(
    recurrence: Callable[[int, int], Recurrence], readout: ReadoutName
) -> None:
    torch.manual_seed(0)
    network = GraphIndRNN(
        5, channels=4, num_layers=2, recurrence=recurrence, bidirectional=True, readout=readout
    )
    clip = torch.randn(4, 5, 2, 25, 3)
    network(clip).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    encoded = network.eval().encoder(network.features(clip))[0]
    changed = torch.cat((clip[:, :-1], clip[:, -1:] + 1), dim=1)
    assert not torch.allclose(encoded[:, 0], network.encoder(network.features(changed))[0][:, 0])
    with pytest.raises(InputError, match=r"whole sequence|whole clip"):
        in_a_stream(network, clip)


@pytest.mark.parametrize("recurrence", [IndRNN, GRU])
def test_directions_divide_the_channels_of_each_joint(
    recurrence: Callable[[int, int], Recurrence],
) -> None:
    torch.manual_seed(0)
    options = LayerOptions(recurrence=recurrence, norm="none", bidirectional=True)
    memory = JointRecurrence(3, 4, options).eval()
    x = torch.rand(1, 5, 3, 4 if recurrence is IndRNN else 8)
    changed = torch.cat((x[:, :-1], x[:, -1:] + 1), dim=1)
    same = (memory(x, None)[0] == memory(changed, None)[0])[0, 0]
    assert same[:, :2].all()
    assert not same[:, 2:].all()


def test_only_the_graph_lets_joints_know_of_each_other() -> None:
    torch.manual_seed(0)
    network = GraphIndRNN(
        5, (1, 6, 3), channels=4, num_layers=1, graph="learned", pool="projection"
    )
    network.eval()
    clip = torch.randn(1, 4, 1, 6, 3)
    changed = clip.clone()
    changed[:, :, :, 2] += 1

    def touched() -> list[bool]:
        a, b = (network.encoder(network.features(x))[0].view(4, 6, -1) for x in (clip, changed))
        return [bool((a[:, joint] != b[:, joint]).any()) for joint in range(6)]

    assert sum(touched()) > 1
    adjacency = network.encoder.layers[0].mixing.adjacency  # type: ignore[index,union-attr]
    torch.nn.init.zeros_(adjacency)
    assert touched() == [False, False, True, False, False, False]


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        # Embedding 2,480, pose 544, four layers of 400 + 528 (graph), 320 (u) and 640 (norm),
        # pooling 2,880, classifier 1,610.
        pytest.param(GraphIndRNN(10, (1, 20, 3), 32), 15_066, id="kinect"),
        pytest.param(GraphIndRNN(60), 28_716, id="ntu"),
        pytest.param(GraphIndRNN(60, bidirectional=True), 28_716, id="both directions"),
        pytest.param(GraphIndRNN(60, recurrence=GRU), 31_660, id="gru"),
    ],
)
def test_parameter_counts(network: GraphIndRNN, parameters: int) -> None:
    assert count(network) == parameters


def test_u_belongs_to_a_joint_and_channel_and_remembers_the_clip_in_the_last_layer() -> None:
    network = GraphIndRNN(5, (1, 6, 3), channels=4, num_layers=3)
    *inner, last = [m for m in network.modules() if isinstance(m, IndRNN)]
    assert [m.u.numel() for m in (*inner, last)] == [24] * 3
    assert (last.u >= 1 / last.bound).all()
    assert all((m.u < 1 / last.bound).any() for m in inner)
    with pytest.raises(InputError, match="num_layers must be at least 1, got 0"):
        GraphIndRNN(5, num_layers=0)
