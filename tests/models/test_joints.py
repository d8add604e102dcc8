"""Position and motion of joints, and pooling, by hand."""

import pytest
import torch

from action_rec.errors import InputError
from action_rec.models import MovingJoints
from action_rec.models.joints import JointPool, PoolName, present


def test_position_and_motion_through_weights_of_each_joint() -> None:
    torch.manual_seed(0)
    features = MovingJoints((2, 4, 3), channels=5).eval()
    torch.nn.init.normal_(features.bias)
    clip = torch.randn(2, 6, 2, 4, 3)
    motion = torch.zeros_like(clip)
    motion[:, 1:] = clip[:, 1:] - clip[:, :-1]
    expected = torch.zeros(2, 6, 2, 4, 5)
    for joint in range(4):
        both = torch.cat((clip[..., joint, :], motion[..., joint, :]), dim=-1)
        # Fresh running statistics: mean 0 and variance 1.
        normed = both / (1 + features.norm.eps) ** 0.5
        expected[..., joint, :] = (normed @ features.weight[joint] + features.bias[joint]).relu()
    torch.testing.assert_close(features(clip), expected.flatten(2))


def test_a_body_that_comes_or_goes_has_not_moved() -> None:
    torch.manual_seed(0)
    features = MovingJoints((1, 2, 3), channels=8).eval()
    torch.nn.init.normal_(features.bias)
    clip = torch.randn(1, 4, 1, 2, 3)
    clip[:, 1] = 0
    found = features(clip)
    assert (found[:, 1] == 0).all()
    # Frame 2 follows an absent body: as if a clip began there.
    torch.testing.assert_close(found[:, 2:], features(clip[:, 2:]))
    assert present(clip)[0, :, 0].tolist() == [True, False, True, True]


def test_features_go_on_from_the_frame_before() -> None:
    torch.manual_seed(0)
    features = MovingJoints((2, 4, 3), channels=5).eval()
    clip = torch.randn(2, 6, 2, 4, 3)
    first, state = features.describe(clip[:, :4], [None])
    second, _ = features.describe(clip[:, 4:], state)
    torch.testing.assert_close(torch.cat((first, second), dim=1), features(clip))


@pytest.mark.parametrize("pool", ["max", "mean", "both"])
def test_pooling_over_joints_does_not_see_their_order(pool: PoolName) -> None:
    torch.manual_seed(0)
    layer = JointPool(4, 3, pool, 5).eval()
    joints = torch.randn(2, 4, 3)
    every = (joints @ layer.weight[0] / (1 + layer.norm.eps) ** 0.5).relu()
    largest, mean = every.amax(dim=1), every.mean(dim=1)
    expected = {"max": largest, "mean": mean, "both": torch.stack((largest, mean), 2).flatten(1)}
    torch.testing.assert_close(layer(joints), expected[pool])
    torch.testing.assert_close(layer(joints), layer(joints.flip(1)))


def test_a_projection_of_each_joint() -> None:
    torch.manual_seed(0)
    layer = JointPool(4, 3, "projection", 5).eval()
    joints = torch.randn(2, 4, 3)
    every = [joints[:, joint] @ layer.weight[joint] for joint in range(4)]
    expected = (torch.cat(every, dim=1) / (1 + layer.norm.eps) ** 0.5).relu()
    torch.testing.assert_close(layer(joints), expected)


def test_an_unknown_pooling_is_told_in_a_sentence() -> None:
    with pytest.raises(InputError, match="pool must be 'max', 'mean', 'both' or 'projection'"):
        JointPool(4, 3, "sum", 5)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="pool_size must be at least 1, got 0"):
        JointPool(4, 3, "max", 0)
    with pytest.raises(InputError, match="channels must be at least 1, got 0"):
        MovingJoints((1, 2, 3), channels=0)
