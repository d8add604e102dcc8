"""Streams worked by hand: a skeleton of three joints in a row, and a body that comes and goes."""

import pytest
import torch

from action_rec.data.streams import STREAMS, check_streams, make_streams
from action_rec.errors import InputError

PARENTS = [1, 1, 1]  # two joints hang on the middle one, the root


def clip() -> torch.Tensor:
    """(1, 4, 2, 3, 2): the first body is always there, the second in frames 1 and 2."""
    joints = torch.zeros(1, 4, 2, 3, 2)
    for t in range(4):
        joints[0, t, 0] = torch.tensor([[1.0, 2.0], [3.0, 5.0], [4.0, 4.0]]) * (t + 1)
    joints[0, 1, 1] = torch.tensor([[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]])
    joints[0, 2, 1] = torch.tensor([[2.0, 3.0], [2.0, 2.0], [0.0, 1.0]])
    return joints


def test_a_bone_is_a_joint_minus_its_parent() -> None:
    bones = make_streams(clip(), PARENTS, ["bone"])
    assert bones[0, 0, 0].tolist() == [[-2, -3], [0, 0], [1, -1]]
    assert bones[0, 3, 0].tolist() == [[-8, -12], [0, 0], [4, -4]]
    assert (bones[0, 0, 1] == 0).all()


def test_motion_is_the_step_from_the_frame_before() -> None:
    motion = make_streams(clip(), PARENTS, ["joint_motion"])
    assert (motion[0, 0] == 0).all()
    for t in (1, 2, 3):
        assert motion[0, t, 0].tolist() == [[1, 2], [3, 5], [4, 4]]


def test_a_body_that_appears_or_leaves_does_not_move() -> None:
    motion = make_streams(clip(), PARENTS, ["joint_motion"])[0, :, 1]
    assert motion[2].tolist() == [[1, 2], [0, 0], [0, 1]]
    assert (motion[[0, 1, 3]] == 0).all()


def test_bone_motion_is_the_motion_of_bones() -> None:
    motion = make_streams(clip(), PARENTS, ["bone_motion"])
    assert motion[0, 2, 0].tolist() == [[-2, -3], [0, 0], [1, -1]]
    assert motion[0, 2, 1].tolist() == [[1, 2], [0, 0], [0, 1]]


def test_streams_stand_side_by_side_in_the_order_asked_for() -> None:
    order = ["bone_motion", "joint", "joint_motion", "bone"]
    together = make_streams(clip(), PARENTS, order)  # type: ignore[arg-type]
    assert together.shape == (1, 4, 2, 3, 8)
    for place, stream in enumerate(order):
        alone = make_streams(clip(), PARENTS, [stream])  # type: ignore[list-item]
        assert torch.equal(together[..., 2 * place : 2 * place + 2], alone)


def test_the_joints_are_left_as_they_are() -> None:
    joints = clip()
    make_streams(joints, PARENTS, STREAMS)
    assert torch.equal(joints, clip())


@pytest.mark.parametrize(
    "streams",
    [
        pytest.param([], id="none"),
        pytest.param(["joint", "joint"], id="twice"),
        pytest.param(["velocity"], id="unknown"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(streams: list[str]) -> None:
    with pytest.raises(InputError, match=r"streams must be one or more of joint, bone, "):
        check_streams(streams)
