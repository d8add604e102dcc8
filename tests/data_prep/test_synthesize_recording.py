"""Tests of synthesized recordings: text, camera, noise and artifacts."""

from collections.abc import Callable

import numpy as np
import pytest

from action_rec.skeletons.ntu import SampleName
from action_rec.skeletons.parser import parse_skeleton
from action_rec.skeletons.people_preparation import PeoplePreparation
from action_rec.skeletons.people_sgn import SgnRules
from data_prep.synthesis import artifacts
from data_prep.synthesis.body import Array
from data_prep.synthesis.camera import Camera, project, tracking_states
from data_prep.synthesis.recording import Conditions, draft_recording, recording_text
from data_prep.synthesis.text import Draft, Track, skeleton_text

DRINK, HANDSHAKE = SampleName(2, 1, 3, 1, 1), SampleName(2, 1, 3, 1, 58)
BODY_ID = 72_057_594_037_931_101


def track(body_id: int, frames: int, present: range | None = None) -> Track:
    shown = np.isin(np.arange(frames), present or range(frames))
    joints = np.random.default_rng(body_id).normal((0, 0, 3), 0.3, (frames, 25, 3))
    return Track(body_id, joints, np.full((frames, 25), 2), shown)


def test_the_text_of_a_body() -> None:
    body = track(BODY_ID, 1)
    body.joints[0, 0] = 0.5, -0.25, 2.0
    body.joints[0, 1] = 0.0
    body.states[0, 1] = 0
    lines = skeleton_text(Draft([body])).decode().split("\n")
    assert lines[:4] == ["1", "1", "72057594037931101 0 1 1 1 1 0 0 0 2", "25"]
    # 256 + 366 / 4 and 209 + 366 / 8 in the depth image; 974 + 1055 / 4, 567 + 1055 / 8 in colour.
    assert lines[4] == "0.5 -0.25 2 347.5 254.75 1237.75 698.875 0 0 0 0 2"
    assert lines[5] == "0 0 0 0 0 0 0 0 0 0 0 0"
    assert len(lines) == 4 + 25 + 1
    assert lines[-1] == ""


def test_absent_bodies_are_not_listed_and_the_order_may_change() -> None:
    bodies = [track(BODY_ID, 3, range(2)), track(BODY_ID + 1, 3, range(2))]
    order = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    lines = skeleton_text(Draft(bodies, order, newline="\r\n")).decode().split("\r\n")
    heads = [line.split()[0] for line in lines if line.endswith(" 0 0 0 2") and len(line) < 50]
    assert [int(head) - BODY_ID for head in heads] == [0, 1, 1, 0]
    assert lines[-2:] == ["0", ""]  # the last frame is empty


def test_a_recording_survives_writing_and_parsing() -> None:
    draft = draft_recording(HANDSHAKE, Conditions(frames=30))
    parsed = parse_skeleton(skeleton_text(draft), "a file")
    assert [body.body_id for body in parsed.bodies] == [one.body_id for one in draft.tracks]
    for body, one in zip(parsed.bodies, draft.tracks, strict=True):
        np.testing.assert_allclose(body.joints, one.joints, rtol=1e-6)


@pytest.mark.parametrize("action", [1, 43, 58, 120])
def test_recordings_have_the_fields_of_ntu(action: int) -> None:
    text = recording_text(SampleName(1, 2, 1, 2, action), Conditions(frames=25)).decode()
    lines = text.splitlines()
    frames, bodies = int(lines[0]), int(lines[1])
    assert 15 <= frames <= 35
    assert bodies == (2 if action >= 50 else 1)
    assert len(lines) == 1 + frames * (1 + bodies * 27)
    assert len(lines[2].split()[0]) == 17
    joints = np.array([line.split() for line in lines if len(line.split()) == 12], dtype=float)
    assert joints.shape == (frames * bodies * 25, 12)
    assert set(joints[:, 11]) <= {1, 2}
    assert 0.5 < joints[:, 2].min() < joints[:, 2].max() < 7


@pytest.mark.parametrize(
    ("camera", "point", "expected"),
    [
        pytest.param(Camera(0, 3, 1), (0, 1, 0), (0, 0, 3), id="looks-at-the-middle"),
        pytest.param(Camera(0, 3, 1), (0.2, 1.5, 0.4), (0.2, 0.5, 3.4), id="level"),
        pytest.param(Camera(0, 3, 4), (0, 1, 0), (0, 0, np.sqrt(18)), id="looks-down-from-above"),
        pytest.param(Camera(0, 3, 4), (1, 1, 0), (1, 0, np.sqrt(18)), id="right-stays-right"),
        pytest.param(Camera(45, 3, 1), (1, 1, -1), (0, 0, 3 - np.sqrt(2)), id="from-the-right"),
        pytest.param(Camera(-45, 3, 1), (1, 1, -1), (np.sqrt(2), 0, 3), id="from-the-left"),
    ],
)
def test_camera(camera: Camera, point: tuple[float, ...], expected: tuple[float, ...]) -> None:
    np.testing.assert_allclose(
        camera.from_world(np.array(point, dtype=float)), expected, atol=1e-12
    )


def test_three_cameras_record_the_same_motion_from_different_angles() -> None:
    conditions = Conditions(frames=30, noise=0)
    views = [
        draft_recording(SampleName(3, camera, 5, 1, 7), conditions).tracks[0].joints
        for camera in (1, 2, 3)
    ]
    for view in views[1:]:
        np.testing.assert_allclose(_all_distances(view), _all_distances(views[0]), atol=1e-9)
    # The projected shoulder width is large for the camera in front and small for the one at a side.
    widths = [np.abs(view[:, 8, 0] - view[:, 4, 0]).mean() for view in views]
    facing_front, facing_side = max(widths[1:]), min(widths[1:])
    assert facing_front > widths[0] > facing_side


def _all_distances(joints: Array) -> Array:
    distances: Array = np.linalg.norm(joints[:, :, None] - joints[:, None], axis=-1)
    return distances


def test_a_person_who_faces_the_camera_has_the_right_hand_at_larger_x() -> None:
    # Replication 1 faces camera 2. The real recordings have the right side at larger x, too.
    body = draft_recording(SampleName(1, 2, 1, 1, 10), Conditions(noise=0)).tracks[0].joints
    assert (body[:, 8, 0] > body[:, 4, 0]).all()


def test_hidden_limbs_are_inferred_and_noisier() -> None:
    joints = np.tile([2.0, 2.0, 3.0], (1, 25, 1))
    joints[0, [0, 1, 20]] = (0, -0.2, 3), (0, 0, 3), (0, 0.2, 3)
    joints[0, 7] = 0.05, 0.0, 3.2  # a hand behind the back
    joints[0, 11] = 0.05, 0.0, 2.8  # a hand before the belly
    states = tracking_states(joints)[0]
    assert np.flatnonzero(states == 1).tolist() == [7]


def test_noise_has_the_requested_standard_deviation() -> None:
    name, frames = SampleName(1, 1, 1, 1, 1), 1000
    clean = draft_recording(name, Conditions(frames=frames, noise=0)).tracks[0]
    noisy = draft_recording(name, Conditions(frames=frames, noise=0.02)).tracks[0]
    error = noisy.joints - clean.joints
    assert error[clean.states == 2].std() == pytest.approx(0.02, rel=0.05)
    assert error[clean.states == 1].std() == pytest.approx(0.06, rel=0.1)


def test_projection_has_the_image_axes() -> None:
    depth_x, depth_y, colour_x, colour_y = project(np.array([0.0, 0.0, 2.0]))
    assert (depth_x, depth_y, colour_x, colour_y) == (256, 209, 974, 567)
    assert project(np.array([0.0, 1.0, 2.0]))[1] == 209 - 183


@pytest.mark.parametrize(
    ("change", "same"),
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"seed": 1}, False, id="seed"),
        pytest.param({"noise": 0.02}, False, id="noise"),
        pytest.param({"frames": 31}, False, id="frames"),
        pytest.param({"mess": 1.0}, False, id="mess"),
    ],
)
def test_a_recording_depends_on_its_name_and_conditions(
    change: dict[str, float], same: bool
) -> None:
    base = {"seed": 0, "frames": 30, "noise": 0.01, "mess": 0.0}
    first = recording_text(DRINK, Conditions(**base))  # type: ignore[arg-type]
    second = recording_text(DRINK, Conditions(**(base | change)))  # type: ignore[arg-type]
    assert (first == second) is same


KINDS = (
    artifacts.blank_frames,
    artifacts.add_furniture,
    artifacts.add_flicker,
    artifacts.leave_and_return,
    artifacts.shuffle_bodies,
    artifacts.drop_joints,
)


@pytest.mark.parametrize("name", [DRINK, HANDSHAKE], ids=["one-person", "two-people"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_recordings_with_artifacts_can_be_parsed(
    kind: Callable[[Draft, np.random.Generator], None], name: SampleName
) -> None:
    for seed in range(10):
        draft = draft_recording(name, Conditions(frames=60))
        clean = skeleton_text(draft)
        kind(draft, np.random.default_rng(seed))
        parsed = parse_skeleton(skeleton_text(draft), "a file")
        assert skeleton_text(draft) != clean or kind is artifacts.shuffle_bodies
        assert parsed.num_frames == len(draft.tracks[0].present)


def with_artifact(
    kind: Callable[[Draft, np.random.Generator], None], seed: int
) -> tuple[Draft, Draft]:
    """Return the same draft without and with one kind of artifact."""
    clean, changed = (draft_recording(DRINK, Conditions(frames=60)) for _ in range(2))
    kind(changed, np.random.default_rng(seed))
    return clean, changed


@pytest.mark.parametrize("seed", range(8))
class TestArtifacts:
    """Tests of what each kind of artifact changes and what it keeps."""

    def test_blank_frames_are_few_and_consecutive(self, seed: int) -> None:
        _, draft = with_artifact(artifacts.blank_frames, seed)
        blank = np.flatnonzero(~draft.tracks[0].present)
        assert 1 <= len(blank) <= 10
        assert np.ptp(blank) == len(blank) - 1

    def test_furniture_is_wide_and_nearly_still(self, seed: int) -> None:
        _, draft = with_artifact(artifacts.add_furniture, seed)
        person, table = draft.tracks
        assert table.body_id != person.body_id
        spread = np.ptp(table.joints, axis=1)
        assert (spread[:, 0] > 0.8 * spread[:, 1]).all()
        assert table.joints.std(axis=0).max() < 0.02

    def test_a_flicker_is_short(self, seed: int) -> None:
        _, draft = with_artifact(artifacts.add_flicker, seed)
        assert 1 <= draft.tracks[1].present.sum() <= 11

    def test_a_body_returns_with_its_joints_unchanged(self, seed: int) -> None:
        clean, draft = with_artifact(artifacts.leave_and_return, seed)
        present = np.stack([one.present for one in draft.tracks])
        assert present.sum(axis=0).max() == 1
        assert 1 <= (~present.any(axis=0)).sum() <= 8
        assert (present.sum(axis=1) > 11).all()
        for one in draft.tracks:
            np.testing.assert_array_equal(one.joints, clean.tracks[0].joints)

    def test_some_joints_are_dropped_but_never_all(self, seed: int) -> None:
        clean, draft = with_artifact(artifacts.drop_joints, seed)
        dropped = ~draft.tracks[0].joints.any(axis=2)
        assert 1 <= dropped.any(axis=0).sum() <= 5
        kept = ~dropped
        np.testing.assert_array_equal(draft.tracks[0].joints[kept], clean.tracks[0].joints[kept])


def test_a_share_of_the_recordings_has_artifacts_and_some_have_crlf() -> None:
    names = [SampleName(1, 1, 1, 1, action) for action in range(1, 50)]
    clean = [recording_text(name, Conditions(frames=25)) for name in names]
    mixed = [recording_text(name, Conditions(frames=25, mess=0.5)) for name in names]
    changed = sum(one != other for one, other in zip(clean, mixed, strict=True))
    assert 15 <= changed <= 34
    assert 4 <= sum(b"\r\n" in text for text in mixed) <= changed


@pytest.mark.parametrize(
    ("action", "people"), [(1, 1), (8, 1), (43, 1), (55, 2), (59, 2), (114, 2)]
)
def test_the_rules_find_the_people_despite_artifacts(action: int, people: int) -> None:
    for camera in (1, 2, 3):
        name = SampleName(1, camera, 2, 1, action)
        text = recording_text(name, Conditions(frames=25, mess=1))
        chosen = PeoplePreparation(SgnRules()).prepare(parse_skeleton(text, "a file"))
        assert chosen.poses.shape[1] == people
