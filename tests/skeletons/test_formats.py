"""The formats of pose estimators: what is written is read, people keep their places over time."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.formats.finding import find_recordings
from action_rec.skeletons.formats.reading import Reading, read_kinect, read_recording
from action_rec.skeletons.joint_sets import load_joint_set
from tests.skeletons.pose_files import (
    JSON,
    Poses,
    alphapose,
    mediapipe,
    mediapipe_solution,
    mediapipe_table,
    openpose_frame,
    scored,
    walkers,
    wide_table,
    write_openpose,
)
from tests.synthetic import skeleton_text, standing


def coco17(**options: Any) -> Reading:  # noqa: ANN401
    return Reading(load_joint_set("coco17"), **options)


def file(folder: Path, content: object, name: str = "a.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def bodies(recorded: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The bodies of an array, in the order of their places in the image."""
    middle = [body[body.any(axis=-1)][:, 1].mean() for body in np.moveaxis(recorded, 1, 0)]
    return [recorded[:, index] for index in np.argsort(middle)]


@pytest.mark.parametrize("tool", ["alphapose", "coco", "mmpose"])
def test_people_are_tracked_and_weak_joints_are_not_detected(tool: str, tmp_path: Path) -> None:
    poses = walkers()
    path = file(tmp_path, JSON[tool](poses, scored(poses, low=(3, 9))))
    recorded = read_recording(path, coco17(min_score=0.5))
    expected = poses.copy()
    expected[:, :, [3, 9]] = 0
    for index, body in enumerate(bodies(recorded)):
        np.testing.assert_array_equal(body, expected[:, index])
    np.testing.assert_array_equal(np.stack(bodies(read_recording(path, coco17())), axis=1), poses)


@pytest.mark.parametrize("joint_set", ["openpose18", "openpose25"])
def test_a_folder_of_openpose_is_a_recording(joint_set: str, tmp_path: Path) -> None:
    joints = len(load_joint_set(joint_set).joints)
    poses = walkers(joints=joints)
    scores = scored(poses)
    scores[4, 0, 5] = 0
    folder = write_openpose(tmp_path / "deep" / "clip", poses, scores)
    assert find_recordings(tmp_path) == ([folder], {})
    recorded = np.stack(bodies(read_recording(folder, Reading(load_joint_set(joint_set)))), axis=1)
    expected = poses.copy()
    expected[4, 0, 5] = 0
    np.testing.assert_array_equal(recorded, expected)


def test_frames_of_openpose_follow_their_numbers(tmp_path: Path) -> None:
    poses = walkers(frames=12, people=1)
    folder = tmp_path / "clip"
    folder.mkdir()
    for frame in range(12):
        people = [(0, poses[frame, 0], scored(poses)[frame, 0])]
        text = json.dumps(openpose_frame(people))
        (folder / f"video_{frame}_keypoints.json").write_text(text)  # 10 comes before 2 as text
    np.testing.assert_array_equal(read_recording(folder, coco17()), poses)


def test_three_dimensions_of_openpose_are_used_where_there_are_any(tmp_path: Path) -> None:
    poses = walkers(frames=3, people=1, coordinates=3)
    folder = tmp_path / "clip"
    folder.mkdir()
    for frame in range(3):
        flat = np.concatenate([poses[frame, 0], np.ones((17, 1))], axis=1).ravel().tolist()
        person = {"pose_keypoints_2d": [1.0] * 51, "pose_keypoints_3d": flat}
        (folder / f"{frame}_keypoints.json").write_text(json.dumps({"people": [person]}))
    np.testing.assert_array_equal(read_recording(folder, coco17()), poses)


def test_a_person_who_leaves_and_one_who_comes_share_a_place(tmp_path: Path) -> None:
    poses = walkers(frames=60, people=3)
    poses[20:, 1] = np.nan
    poses[:25, 2] = np.nan
    path = file(tmp_path, alphapose(poses, scored(poses)))
    recorded = read_recording(path, coco17())
    np.testing.assert_array_equal(recorded[:, 0], poses[:, 0])  # who is there longest comes first
    np.testing.assert_array_equal(recorded[:20, 1], poses[:20, 1])
    np.testing.assert_array_equal(recorded[20:25, 1], np.zeros((5, 17, 2)))
    np.testing.assert_array_equal(recorded[25:, 1], poses[25:, 2])
    assert recorded.shape[1] == 2


def test_a_person_who_is_lost_for_some_frames_is_found_again(tmp_path: Path) -> None:
    poses = walkers(frames=40)
    poses[10:20, 1] = np.nan
    recorded = read_recording(file(tmp_path, alphapose(poses, scored(poses))), coco17())
    assert recorded.shape[1] == 2
    np.testing.assert_array_equal(bodies(recorded)[1], np.nan_to_num(poses[:, 1]))


def test_people_who_pass_each_other_keep_their_places(tmp_path: Path) -> None:
    poses = walkers(frames=61)
    poses[..., 1] -= 400 * np.arange(2)[:, None]  # all in one row of the image
    poses[:, 0, :, 0] += 6 * np.arange(61)[:, None]
    poses[:, 1, :, 0] += 610 - 14 * np.arange(61)[:, None]
    recorded = read_recording(file(tmp_path, alphapose(poses, scored(poses))), coco17())
    np.testing.assert_array_equal(recorded, poses)


def crossing() -> Poses:
    """Two people who change places from one frame to the next."""
    poses = walkers(frames=10)
    poses[5:] = poses[5:, ::-1].copy()
    return poses


def test_the_numbers_of_the_tool_count_more_than_distances(tmp_path: Path) -> None:
    poses = crossing()
    tracked = file(tmp_path, alphapose(poses, scored(poses), tracked=True))
    np.testing.assert_array_equal(read_recording(tracked, coco17()), poses)
    untracked = file(tmp_path, alphapose(poses, scored(poses)), "b.json")
    assert not np.array_equal(read_recording(untracked, coco17()), poses)


def test_numbers_that_name_two_people_at_once_are_not_used(tmp_path: Path) -> None:
    poses = walkers()
    people = alphapose(poses, scored(poses), tracked=True)
    people[0]["idx"] = people[1]["idx"] = [[3.0]]
    recorded = read_recording(file(tmp_path, people), coco17())
    np.testing.assert_array_equal(np.stack(bodies(recorded), axis=1), poses)


@pytest.mark.parametrize("kind", ["tasks", "solutions", "image"])
def test_landmarks_of_mediapipe(kind: str, tmp_path: Path) -> None:
    poses = walkers(people=1, joints=33, coordinates=3) / 1000
    poses[3] = np.nan  # nobody
    scores = scored(poses, low=(8,))
    content = {
        "tasks": mediapipe(poses, scores),
        "solutions": mediapipe_solution(poses, scores),
        "image": mediapipe(poses, scores, world=False),
    }[kind]
    reading = Reading(load_joint_set("mediapipe33"), min_score=0.5)
    recorded = read_recording(file(tmp_path, content), reading)
    expected = np.nan_to_num(poses)
    expected[:, :, 8] = 0
    np.testing.assert_array_equal(recorded, expected[..., :2] if kind == "image" else expected)


def test_a_table_of_mediapipe(tmp_path: Path) -> None:
    poses = walkers(people=1, joints=33, coordinates=3)
    path = file(tmp_path, mediapipe_table(poses, scored(poses, low=(8,))), "a.csv")
    recorded = read_recording(path, Reading(load_joint_set("mediapipe33"), min_score=0.5))
    expected = poses.copy()
    expected[:, :, 8] = 0
    np.testing.assert_array_equal(recorded, expected)


def test_a_table_with_a_line_for_each_body(tmp_path: Path) -> None:
    poses = walkers()
    poses[3, 1] = np.nan
    path = file(tmp_path, wide_table(poses, scored(poses, low=(8,))), "a.csv")
    recorded = read_recording(path, coco17(min_score=0.5))
    expected = poses.copy()
    expected[:, :, 8] = np.where(np.isnan(expected[:, :, 8]), np.nan, 0)
    np.testing.assert_array_equal(recorded, expected)


def test_a_table_with_numbered_columns(tmp_path: Path) -> None:
    poses = walkers(people=1)
    header = ",".join(f"x{joint},y{joint},v{joint}" for joint in range(1, 18))
    rows = [",".join(f"{x},{y},1" for x, y in frame) for frame in poses[:, 0].tolist()]
    path = file(tmp_path, "\n".join([header, *rows]), "a.csv")
    np.testing.assert_array_equal(read_recording(path, coco17()), poses)


def test_bodies_of_a_kinect_as_recorded(tmp_path: Path) -> None:
    first, second = standing(1, 6), standing(2, 6)
    text = skeleton_text([[(7, first[t])] + [(9, second[t])] * (t < 3) for t in range(6)])
    path = tmp_path / "my dance.skeleton"
    path.write_bytes(text)
    recorded = read_recording(path, Reading(load_joint_set("kinect_v2")))
    np.testing.assert_array_equal(recorded[:, 0], first)
    np.testing.assert_array_equal(recorded[:3, 1], second[:3])
    assert not recorded[3:, 1].any()
    path.write_bytes(text[:-300])
    with pytest.raises(InputError, match="copy or record it again"):
        read_kinect(path)
    renamed = path.rename(tmp_path / "S001C001P001R001A001.skeleton")
    with pytest.raises(InputError, match="download it again"):
        read_kinect(renamed)


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((17, 2, 60), r"(joints, coordinates, frames), but needed are .*(array, \(2, 0, 1\))"),
        ((2, 17, 60), r"(coordinates, joints, frames), but needed .*(array, \(2, 1, 0\))"),
        ((60, 2, 17), r"(frames, coordinates, joints), but needed .*(array, \(0, 2, 1\))"),
        ((2, 60, 17, 1), r"(coordinates, frames, joints, bodies), but .*\(1, 3, 2, 0\)"),
        ((1, 2, 60, 17), r"(bodies, coordinates, frames, joints), but .*\(2, 0, 3, 1\)"),
    ],
)
def test_axes_in_another_order_are_explained(
    shape: tuple[int, ...], sentence: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", np.ones(shape))
    with pytest.raises(InputError, match=sentence.replace("(", r"\(", 1).replace(")", r"\)", 1)):
        read_recording(tmp_path / "a.npy", coco17())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"people": []}, "is one frame of OpenPose; give the folder"),
        ([1, 2], "is no JSON of AlphaPose or COCO"),
        ("nonsense", "is not JSON"),
        ([{"image_id": None, "keypoints": [1] * 51}], "has the image_id None, where"),
        ([{"image_id": 1, "keypoints": [1] * 50}], r"has numbers of the shape \(50,\), where"),
        ({"instance_info": []}, "holds nobody in any of its 0 frames"),
        ({"instance_info": [{"instances": [{"keypoints": [[1, 2], [3]]}]}]}, "list of numbers is"),
        ([{"pose_landmarks": [[{"x": 1}]]}], "has the landmark {'x': 1}, where x, y are needed"),
    ],
)
def test_what_is_no_recording_is_one_sentence(
    content: object, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=sentence):
        read_recording(file(tmp_path, content), coco17())


def test_frames_of_several_videos_in_a_folder(tmp_path: Path) -> None:
    for name in ("a_0_keypoints.json", "b_0_keypoints.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(InputError, match="frames of 2 videos, 'a_' and 'b_' among them; move"):
        read_recording(tmp_path, coco17())
