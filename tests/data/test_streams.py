"""Tests of streams against values worked out by hand for a skeleton of three joints."""

import pytest
import torch

from action_rec.data.streams import STREAMS, check_streams, make_streams
from action_rec.errors import InputError

PARENTS = [1, 1, 1]  # the middle joint is the root


def clip() -> torch.Tensor:
    """Return (1, 4, 2, 3, 2): the first body is always present, the second in frames 1 and 2."""
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


def test_a_relative_joint_is_a_joint_minus_the_root_of_its_body() -> None:
    relative = make_streams(clip(), PARENTS, ["relative"])
    assert relative[0, 0, 0].tolist() == [[-2, -3], [0, 0], [1, -1]]
    assert (relative[0, 0, 1] == 0).all()
    chain = make_streams(clip(), [0, 0, 1], ["relative"])  # the last joint by way of the second
    assert chain[0, 1, 0].tolist() == [[0, 0], [4, 6], [6, 4]]
    moved = make_streams(clip()[:, :, :1] + 5, PARENTS, ["relative"])
    assert torch.equal(moved, relative[:, :, :1])  # wherever the body is


def test_motion_is_the_difference_to_the_previous_frame() -> None:
    motion = make_streams(clip(), PARENTS, ["joint_motion"])
    assert (motion[0, 0] == 0).all()
    for t in (1, 2, 3):
        assert motion[0, t, 0].tolist() == [[1, 2], [3, 5], [4, 4]]


def test_motion_is_zero_where_a_body_appears_or_leaves() -> None:
    motion = make_streams(clip(), PARENTS, ["joint_motion"])[0, :, 1]
    assert motion[2].tolist() == [[1, 2], [0, 0], [0, 1]]
    assert (motion[[0, 1, 3]] == 0).all()


def test_bone_motion_is_the_motion_of_bones() -> None:
    motion = make_streams(clip(), PARENTS, ["bone_motion"])
    assert motion[0, 2, 0].tolist() == [[-2, -3], [0, 0], [1, -1]]
    assert motion[0, 2, 1].tolist() == [[1, 2], [0, 0], [0, 1]]


def test_streams_are_concatenated_in_order() -> None:
    order = ["bone_motion", "joint", "joint_motion", "bone"]
    together = make_streams(clip(), PARENTS, order)  # type: ignore[arg-type]
    assert together.shape == (1, 4, 2, 3, 8)
    for index, stream in enumerate(order):
        alone = make_streams(clip(), PARENTS, [stream])  # type: ignore[list-item]
        assert torch.equal(together[..., 2 * index : 2 * index + 2], alone)


def test_the_input_is_not_modified() -> None:
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
def test_an_invalid_list_of_streams_raises(streams: list[str]) -> None:
    with pytest.raises(InputError, match=r"streams must be one or more of joint, bone, "):
        check_streams(streams)
