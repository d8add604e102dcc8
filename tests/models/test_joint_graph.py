"""The graph features: by hand, in every network, for any joint set, and frame by frame."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from action_rec.errors import InputError
from action_rec.models import (
    DenseIndRNN,
    GraphIndRNN,
    JointGraph,
    MovingJoints,
    ResidualIndRNN,
    StackedIndRNN,
)
from action_rec.models.classifiers import RecurrentClassifier
from action_rec.models.inputs import FrameShape
from action_rec.models.joint_graph import GraphMixing, GraphName, PoseGraph
from action_rec.models.joints import PoolName
from action_rec.models.readouts import ReadoutName
from action_rec.models.recurrences import IndRNN, Recurrence
from tests.models.test_networks import BASELINES, count, with_random_statistics

SHAPES: list[FrameShape] = [(1, 20, 3), (2, 25, 3), (2, 17, 2)]
NETWORKS: list[tuple[type[RecurrentClassifier], dict[str, Any]]] = [
    (StackedIndRNN, {"hidden_size": 8, "num_layers": 2}),
    (ResidualIndRNN, {"hidden_size": 8, "num_blocks": 1}),
    (DenseIndRNN, {"growth": 4, "blocks": (1, 1), "time_difference": True}),
]


def build(network: type[RecurrentClassifier], **arguments: Any) -> RecurrentClassifier:  # noqa: ANN401
    """A small network of one class or another, which do not share a signature."""
    return network(5, **arguments)  # type: ignore[arg-type]


def clip_with_gaps(frame_shape: FrameShape, frames: int = 6) -> torch.Tensor:
    """Clips of which one loses a body, and one begins with empty frames."""
    clip = torch.randn(3, frames, *frame_shape)
    clip[1, 4:, -1] = 0
    clip[2, :2] = 0
    return clip


def in_a_stream(network: RecurrentClassifier, clip: torch.Tensor) -> torch.Tensor:
    """The logits of the last frame of a clip that is read frame by frame."""
    states = None
    for frame in torch.split(clip, 1, dim=1):
        logits, states = network.stream(frame, states)
    return logits


@pytest.mark.parametrize(("network", "arguments"), NETWORKS, ids=["plain", "residual", "dense"])
@pytest.mark.parametrize("frame_shape", SHAPES)
def test_frame_by_frame_gives_the_logits_of_the_whole_clip(
    network: type[RecurrentClassifier], arguments: dict[str, Any], frame_shape: FrameShape
) -> None:
    torch.manual_seed(0)
    built = build(network, frame_shape=frame_shape, features=JointGraph, **arguments)
    with_random_statistics(built)
    clip = clip_with_gaps(frame_shape)
    whole = built(clip)
    torch.testing.assert_close(in_a_stream(built, clip), whole, rtol=1e-5, atol=1e-5)
    assert whole.std() > 1e-3


@pytest.mark.parametrize("pool", ["max", "mean", "both", "projection"])
@pytest.mark.parametrize("graph", ["learned", "pose", "both"])
def test_streams_with_every_graph_and_pooling(graph: GraphName, pool: PoolName) -> None:
    torch.manual_seed(0)
    features = partial(JointGraph, channels=4, pool=pool, pool_size=6, graph=graph)
    network = StackedIndRNN(5, hidden_size=8, num_layers=1, features=features)
    with_random_statistics(network)
    clip = clip_with_gaps((2, 25, 3))
    torch.testing.assert_close(in_a_stream(network, clip), network(clip), rtol=1e-5, atol=1e-5)
    network.train()(clip).square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("recurrence", BASELINES.values(), ids=BASELINES.keys())
def test_before_every_rival(recurrence: Callable[[int, int], Recurrence]) -> None:
    torch.manual_seed(0)
    network = StackedIndRNN(
        5, hidden_size=8, num_layers=2, recurrence=recurrence, features=JointGraph
    )
    with_random_statistics(network)
    clip = clip_with_gaps((2, 25, 3))
    torch.testing.assert_close(in_a_stream(network, clip), network(clip), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("readout", ["last", "mean", "attention"])
@pytest.mark.parametrize("network", [StackedIndRNN, ResidualIndRNN])
def test_in_both_directions_with_every_read_out(
    network: type[StackedIndRNN] | type[ResidualIndRNN], readout: ReadoutName
) -> None:
    torch.manual_seed(0)
    built = network(
        5, hidden_size=8, bidirectional=True, readout=readout, features=JointGraph
    ).eval()
    clip = torch.randn(2, 5, 2, 25, 3)
    changed = clip.clone()
    changed[:, 0] += 1
    assert not torch.allclose(built(clip), built(changed))


@pytest.mark.parametrize("pool", ["max", "mean", "both", "projection"])
def test_the_order_of_bodies_does_not_matter(pool: PoolName) -> None:
    torch.manual_seed(0)
    features = JointGraph((3, 6, 3), channels=4, pool=pool).eval()
    clip = clip_with_gaps((3, 6, 3))
    torch.testing.assert_close(features(clip), features(clip[:, :, [2, 0, 1]]))
    alone = clip.clone()
    alone[:, :, 1:] = 0
    # An absent body adds nothing to those that are there.
    fewer = JointGraph((1, 6, 3), channels=4, pool=pool).eval()
    fewer.load_state_dict(features.state_dict())
    torch.testing.assert_close(features(alone), fewer(clip[:, :, :1]))


def test_mixing_by_hand() -> None:
    torch.manual_seed(0)
    mixing = GraphMixing(4, 3, "both")
    joints, pose = torch.randn(2, 4, 3), torch.rand(2, 4, 4)
    assert mixing.adjacency is not None
    graph = mixing.adjacency + pose
    expected = torch.empty(2, 4, 3)
    for n in range(2):
        for v in range(4):
            neighbours = sum(graph[n, v, w] * joints[n, w] for w in range(4))
            assert isinstance(neighbours, torch.Tensor)
            expected[n, v] = mixing.linear(torch.cat((joints[n, v], neighbours)))
    torch.testing.assert_close(mixing(joints, pose), expected)


def test_the_graph_of_a_pose_by_hand() -> None:
    torch.manual_seed(0)
    pose = PoseGraph(3)
    joints = torch.randn(1, 4, 3)
    theta, phi = pose.project(joints[0]).chunk(2, dim=1)
    scores = torch.stack([torch.stack([a @ b for b in phi]) for a in theta]) / 3**0.5
    expected = scores.exp() / scores.exp().sum(dim=1, keepdim=True)
    torch.testing.assert_close(pose(joints)[0], expected)


@pytest.mark.parametrize("network", [StackedIndRNN, GraphIndRNN])
def test_the_graphs_can_be_asked_for(network: type[RecurrentClassifier]) -> None:
    torch.manual_seed(0)
    features = {} if network is GraphIndRNN else {"features": JointGraph, "hidden_size": 8}
    built = build(network, frame_shape=(2, 6, 3), num_layers=3, **features).eval()
    clip = torch.randn(2, 4, 2, 6, 3)
    learned, pose = built.graphs(clip)
    assert learned is not None
    assert pose is not None
    assert learned.shape == (3 if network is GraphIndRNN else 2, 6, 6)
    assert pose.shape == (2, 4, 2, 6, 6)
    torch.testing.assert_close(pose.sum(dim=4), torch.ones(2, 4, 2, 6))
    # That of a body in a frame follows from it and the frame before alone.
    _, alone = built.graphs(clip[1:, 1:3, 1:])
    assert alone is not None
    torch.testing.assert_close(alone[0, 1, 0], pose[1, 2, 1])


def test_a_graph_that_is_not_there() -> None:
    clip = torch.randn(2, 4, 2, 6, 3)
    assert JointGraph((2, 6, 3), graph="learned").graphs(clip)[1] is None
    assert JointGraph((2, 6, 3), graph="pose").graphs(clip)[0] is None
    assert JointGraph((2, 6, 3), num_layers=0).graphs(clip) == (None, None)
    assert GraphIndRNN(5, (2, 6, 3), graph="learned").graphs(clip)[1] is None
    with pytest.raises(InputError, match="the features FlatFrames have no graph"):
        StackedIndRNN(5, frame_shape=(2, 6, 3), hidden_size=8).graphs(clip)


@pytest.mark.parametrize(
    ("features", "parameters"),
    [
        # Norm 2 * 120, embedding 20 * (6 * 16 + 16), pose 16 * 32 + 32, two layers of
        # 20 * 20 + 32 * 16 + 16 + 32, projection 20 * 16 * 8, norm 2 * 160.
        pytest.param(JointGraph((1, 20, 3)), 240 + 2_240 + 544 + 1_920 + 2_560 + 320, id="kinect"),
        pytest.param(JointGraph((2, 20, 3)), 7_824, id="two bodies"),
        pytest.param(JointGraph((2, 25, 3)), 9_614, id="ntu"),
        pytest.param(JointGraph((1, 17, 2), pool="both", pool_size=64), 4_890, id="coco"),
        pytest.param(JointGraph((1, 20, 3), num_layers=0), 5_360, id="no graph"),
        pytest.param(MovingJoints((2, 25, 3)), 3_100, id="moving joints"),
    ],
)
def test_parameter_counts(features: nn.Module, parameters: int) -> None:
    assert count(features) == parameters


def test_a_mistake_is_told_in_a_sentence() -> None:
    with pytest.raises(InputError, match="graph must be 'both', 'learned' or 'pose', got 'bones'"):
        JointGraph((1, 4, 3), graph="bones")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="num_layers must be at least 0, got -1"):
        JointGraph((1, 4, 3), num_layers=-1)
    with pytest.raises(InputError, match="line distances stand beside coordinates, got features"):
        DenseIndRNN(5, line_distances=True, features=JointGraph)


def test_a_stream_remembers_one_frame_and_what_the_recurrence_does() -> None:
    network = StackedIndRNN(5, hidden_size=8, num_layers=2, features=JointGraph).eval()
    assert [type(m) for m in network.modules() if isinstance(m, Recurrence)] == [IndRNN] * 2
    clip = torch.randn(3, 4, 2, 25, 3)
    _, states = network.stream(clip)
    assert [tuple(state.shape) for state in states] == [(3, 150), (3, 8), (3, 8)]
    torch.testing.assert_close(states[0].view(3, 2, 25, 3), clip[:, -1])
