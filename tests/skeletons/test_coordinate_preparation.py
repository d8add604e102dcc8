"""The preparation of coordinates, with exact values worked by hand."""

import numpy as np
import pytest

from action_rec.errors import InputError
from action_rec.skeletons.coordinate_preparation import CoordinatePreparation
from action_rec.skeletons.joint_sets import JointSet
from action_rec.skeletons.preparation import PreparedSequence

TRIANGLE = JointSet("triangle", ("top", "left", "right"), parents=(0, 0, 0), centre=(1, 2))
NAN = float("nan")
POSE = [[3.0, 9.0], [1.0, 5.0], [5.0, 5.0]]  # its centre is (3, 5), its centroid (3, 19/3)
AWAY = [[0.0, 0.0]] * 3


def prepare(recorded: np.ndarray, **options: str) -> PreparedSequence:
    return CoordinatePreparation(TRIANGLE, **options).prepare(recorded)  # type: ignore[arg-type]


def test_the_centre_of_the_first_pose_becomes_the_origin() -> None:
    recorded = np.array([[POSE], [POSE]])
    recorded[1] += 1
    prepared = prepare(recorded, scaling="none")
    np.testing.assert_array_equal(prepared.origin, [3, 5])
    np.testing.assert_array_equal(prepared.poses[0, 0], [[0, 4], [-2, 0], [2, 0]])
    np.testing.assert_array_equal(prepared.poses[1, 0], [[1, 5], [-1, 1], [3, 1]])
    assert prepared.poses.dtype == np.float32
    assert (prepared.scale, prepared.decision) == (None, "")


def test_two_dimensions_are_divided_by_the_size_of_the_body() -> None:
    # Distances to the centroid: 8/3 up, and sqrt(4 + 16/9) for the other two.
    size = np.sqrt((64 / 9 + 2 * (4 + 16 / 9)) / 3)
    near = prepare(np.array([[POSE]]) * 10)
    assert near.scale == pytest.approx(10 * size, rel=1e-12)
    far = prepare(np.array([[POSE]]), scaling="body")
    np.testing.assert_allclose(near.poses, far.poses, rtol=1e-6)
    assert near.scale is not None
    np.testing.assert_allclose(near.poses * near.scale + near.origin, [[10 * np.array(POSE)]])


@pytest.mark.parametrize(("scaling", "scaled"), [("auto", False), ("none", False), ("body", True)])
def test_three_dimensions_are_divided_only_when_asked(scaling: str, scaled: bool) -> None:
    recorded = np.random.default_rng(0).normal(0, 1, (4, 1, 3, 3))
    assert (prepare(recorded, scaling=scaling).scale is not None) == scaled


def test_empty_frames_and_bodies_are_dropped_and_an_absent_body_stays_zero() -> None:
    unknown = [[NAN, NAN]] * 3
    recorded = np.array([[AWAY, AWAY, unknown], [POSE, AWAY, AWAY], [unknown, AWAY, POSE]])
    prepared = prepare(recorded, scaling="none")
    centred = [[0, 4], [-2, 0], [2, 0]]
    np.testing.assert_array_equal(prepared.poses, [[centred, AWAY], [AWAY, centred]])
    assert prepared.decision == "1 frame without anybody dropped; 1 slot without a body dropped"


def test_a_joint_at_zero_was_not_detected_and_stays_zero() -> None:
    recorded = np.array([[POSE], [POSE]])
    recorded[0, 0, 1] = 0
    prepared = prepare(recorded, scaling="none")
    np.testing.assert_array_equal(prepared.origin, [3, 5])  # of the second frame: it is whole
    np.testing.assert_array_equal(prepared.poses[0, 0], [[0, 4], [0, 0], [2, 0]])
    assert prepared.decision == "1 joint not detected"


def test_without_the_centre_the_mean_of_what_is_there_is_the_origin() -> None:
    recorded = np.array([[[[3.0, 9.0], [1.0, 5.0], [0.0, 0.0]]]])
    np.testing.assert_array_equal(prepare(recorded).origin, [2, 7])


def test_joints_that_are_no_numbers_are_rejected_or_treated_as_missing() -> None:
    recorded = np.array([[POSE], [POSE]])
    recorded[1, 0, 2] = [NAN, 1]
    recorded[1, 0, 1] = [np.inf, 1]
    with pytest.raises(InputError, match=r"'left' of body 0 in frame 1 .* as are 1 more; .*zero"):
        prepare(recorded)
    prepared = prepare(recorded, missing="zero", scaling="none")
    np.testing.assert_array_equal(prepared.poses[1, 0], [[0, 4], [0, 0], [0, 0]])
    assert prepared.decision == "2 joints not detected"


@pytest.mark.parametrize(
    ("recorded", "sentence"),
    [
        pytest.param(np.zeros((3, 1, 3, 2)), "nobody is in it", id="zeros"),
        pytest.param(np.full((3, 1, 3, 2), NAN), "nobody is in it", id="not a number"),
        pytest.param(np.zeros((0, 1, 3, 2)), "nobody is in it", id="no frame"),
        pytest.param(np.zeros((3, 0, 3, 2)), "nobody is in it", id="no body"),
        pytest.param(np.ones((2, 1, 3, 2)), "all its joints are in one place", id="one place"),
        pytest.param(
            np.array([[[[1, 2], [0, 0], [0, 0]]]]), "all its joints are in one", id="one joint"
        ),
        pytest.param(np.arange(9.0).reshape(1, 1, 3, 3) * 1e300, "too large", id="large"),
    ],
)
def test_what_cannot_be_used_is_rejected(recorded: np.ndarray, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        prepare(recorded)
