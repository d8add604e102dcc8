"""Tests of the view normalization: spine along z, shoulders along x."""

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.skeletons.people_preparation import PeoplePreparation
from action_rec.skeletons.people_simple import FirstRules
from action_rec.skeletons.recording import Body, Recording
from action_rec.skeletons.view import view_rotation
from tests.synthetic import standing

BASE, MID, LEFT, RIGHT = 0, 1, 4, 8


def facing_the_camera() -> NDArray[np.float64]:
    """Return (1, 25, 3) joints in camera space: y up, right shoulder at larger x, facing -z."""
    joints = np.tile([0.0, 0.0, 3.0], (1, 25, 1))
    joints[0, BASE], joints[0, MID] = (0, -0.3, 3), (0, 0, 3)
    joints[0, LEFT], joints[0, RIGHT] = (-0.2, 0.3, 3), (0.2, 0.3, 3)
    return joints


def test_rotation_of_a_person_who_faces_the_camera() -> None:
    rotation = view_rotation(facing_the_camera())
    assert rotation is not None
    # x to the person's right (x of the camera), y forward (-z), z up (y).
    np.testing.assert_allclose(rotation, [[1, 0, 0], [0, 0, -1], [0, 1, 0]], atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_spine_is_along_z_and_shoulders_are_in_the_xz_plane(seed: int) -> None:
    joints = standing(seed, 5)
    rotation = view_rotation(joints)
    assert rotation is not None
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    spine = rotation @ (joints[0, MID] - joints[0, BASE])
    shoulders = rotation @ (joints[0, RIGHT] - joints[0, LEFT])
    assert spine[2] > 0
    np.testing.assert_allclose(spine[:2], 0, atol=1e-12)
    assert shoulders[0] > 0
    assert shoulders[1] == pytest.approx(0, abs=1e-12)


def test_a_frame_without_valid_shoulders_is_skipped() -> None:
    joints = np.concatenate([standing(1, 1), facing_the_camera()])
    joints[0, LEFT] = 0  # not detected
    np.testing.assert_array_equal(view_rotation(joints), view_rotation(facing_the_camera()))


@pytest.mark.parametrize(
    ("joint", "place"),
    [(LEFT, (0.2, 0.3, 3)), (BASE, (0, 0, 3)), (LEFT, (0.2, -1, 3)), (RIGHT, (0, 0, 0))],
    ids=["equal shoulders", "no spine", "shoulders along the spine", "shoulder not detected"],
)
def test_degenerate_joints_are_not_rotated(joint: int, place: tuple[float, float, float]) -> None:
    joints = facing_the_camera()
    joints[0, joint] = place
    assert view_rotation(joints) is None
    chosen = PeoplePreparation(FirstRules(), "normalized").prepare(
        Recording(1, (Body(1, np.array([0]), joints),))
    )
    np.testing.assert_array_equal(chosen.rotation, np.eye(3))
    assert chosen.decision.startswith("view left as recorded: spine and shoulders")


def test_the_recorded_joints_can_be_reconstructed() -> None:
    joints = standing(3, 4)
    joints[2, 7] = 0
    recording = Recording(5, (Body(1, np.array([0, 1, 2, 4]), joints),))
    chosen = PeoplePreparation(FirstRules(), "normalized").prepare(recording)
    np.testing.assert_allclose(chosen.poses[0, 0, BASE, :2], 0, atol=1e-6)
    assert chosen.poses[0, 0, BASE, 2] < 0
    assert chosen.rotation is not None
    recorded = chosen.poses[:, 0] @ chosen.rotation + chosen.origin
    np.testing.assert_allclose(recorded, joints, atol=1e-6)
    plain = PeoplePreparation(FirstRules()).prepare(recording)
    assert plain.rotation is None
    np.testing.assert_array_equal(plain.poses[:, 0], (joints - plain.origin).astype(np.float32))
