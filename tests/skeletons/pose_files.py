"""Files in the formats of pose estimators, written as their documentation describes them.

Each writer takes the poses of people who may be absent, and the scores of their joints.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.joint_sets import load_joint_set

Poses = NDArray[np.float64]  # (T, M, V, C); NaN for who is absent


def walkers(
    frames: int = 12, people: int = 2, joints: int = 17, seed: int = 0, coordinates: int = 2
) -> Poses:
    """People who walk to the right, each in a row of the image of its own."""
    rng = np.random.default_rng(seed)
    body = rng.uniform(-60, 60, (people, joints, coordinates))
    body[..., 0, :] += 3 * np.arange(people)[:, None]
    place = np.zeros((frames, people, 1, coordinates))
    place[..., 0, 0] = 200 + 4 * np.arange(frames)[:, None]
    place[..., 0, 1] = 300 + 400 * np.arange(people)
    return np.round(body[None] + place + rng.normal(0, 1, (frames, people, joints, 1)), 3)


def scored(poses: Poses, low: tuple[int, ...] = ()) -> NDArray[np.float64]:
    """(T, M, V) scores of 0.9, those of some joints 0.2."""
    scores = np.full(poses.shape[:3], 0.9)
    scores[..., list(low)] = 0.2
    return scores


def _people(poses: Poses, scores: NDArray[np.float64], frame: int) -> list[tuple[int, Any, Any]]:
    """Number, joints and scores of who is there, in an order that changes from frame to frame."""
    there = [m for m in range(poses.shape[1]) if np.isfinite(poses[frame, m]).all()]
    order = there[::-1] if frame % 2 else there
    return [(m, poses[frame, m], scores[frame, m]) for m in order]


def _flat(joints: Any, scores: Any) -> list[float]:  # noqa: ANN401
    return np.concatenate([joints, scores[:, None]], axis=1).ravel().tolist()


def openpose_frame(people: list[tuple[int, Any, Any]]) -> dict[str, Any]:
    """The content of one of OpenPose's files."""
    empty = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")
    return {
        "version": 1.3,
        "people": [
            {
                "person_id": [-1],
                "pose_keypoints_2d": _flat(joints, scores),
                **{key: [] for key in (*empty, "pose_keypoints_3d")},
            }
            for _, joints, scores in people
        ],
    }


def write_openpose(folder: Path, poses: Poses, scores: NDArray[np.float64]) -> Path:
    """A folder with a file per frame."""
    folder.mkdir(parents=True)
    for frame in range(len(poses)):
        content = openpose_frame(_people(poses, scores, frame))
        (folder / f"video_{frame:012}_keypoints.json").write_text(json.dumps(content))
    return folder


def alphapose(
    poses: Poses, scores: NDArray[np.float64], tracked: bool = False
) -> list[dict[str, Any]]:
    """AlphaPose's results: frames 0.jpg, 1.jpg, ..., 10.jpg."""
    return [
        {
            "image_id": f"{frame}.jpg",
            "category_id": 1,
            "keypoints": _flat(joints, found),
            "score": 3.1,
            "box": [1.0, 2.0, 30.0, 40.0],
            **({"idx": [float(number + 1)]} if tracked else {}),
        }
        for frame in range(len(poses))
        for number, joints, found in _people(poses, scores, frame)
    ]


def coco(poses: Poses, scores: NDArray[np.float64]) -> list[dict[str, Any]]:
    """COCO's results, whose images are numbered."""
    people = alphapose(poses, scores)
    return [
        {
            "image_id": 7 + int(person["image_id"].removesuffix(".jpg")),
            "category_id": 1,
            "keypoints": person["keypoints"],
            "score": 0.8,
        }
        for person in people
    ]


def mmpose(poses: Poses, scores: NDArray[np.float64]) -> dict[str, Any]:
    """The predictions of MMPose's demos."""
    return {
        "meta_info": {"dataset_name": "coco", "num_keypoints": poses.shape[2]},
        "instance_info": [
            {
                "frame_id": frame + 1,
                "instances": [
                    {
                        "keypoints": joints.tolist(),
                        "keypoint_scores": found.tolist(),
                        "bbox": [[1.0, 2.0, 3.0, 4.0]],
                        "bbox_score": 0.9,
                    }
                    for _, joints, found in _people(poses, scores, frame)
                ],
            }
            for frame in range(len(poses))
        ],
    }


def _landmarks(joints: Any, scores: Any) -> list[dict[str, float]]:  # noqa: ANN401
    axes = "xyz"[: joints.shape[1]]
    return [
        {**dict(zip(axes, joint.tolist(), strict=True)), "visibility": float(score)}
        for joint, score in zip(joints, scores, strict=True)
    ]


def mediapipe(
    poses: Poses, scores: NDArray[np.float64], world: bool = True
) -> list[dict[str, Any]]:
    """The results of MediaPipe's PoseLandmarker."""
    frames = []
    for frame in range(len(poses)):
        people = [_landmarks(*person[1:]) for person in _people(poses, scores, frame)]
        image = [[{**one, "z": 0.5} for one in person] for person in people]
        frames.append({"pose_landmarks": image, "pose_world_landmarks": people if world else []})
    return frames


def mediapipe_solution(poses: Poses, scores: NDArray[np.float64]) -> list[Any]:
    """The results of `mp.solutions.pose`: one person, or null."""
    frames: list[Any] = []
    for frame in range(len(poses)):
        people = _people(poses, scores, frame)
        landmarks = {"landmark": _landmarks(*people[0][1:])} if people else None
        frames.append({"pose_landmarks": landmarks, "pose_world_landmarks": landmarks})
    return frames


def mediapipe_table(poses: Poses, scores: NDArray[np.float64]) -> str:
    """A line for each landmark of one person, with the names of MediaPipe's enumeration."""
    names = [name.upper().replace(" ", "_") for name in load_joint_set("mediapipe33").joints]
    lines = ["frame,landmark,x,y,z,visibility,presence"]
    for frame, joint in np.ndindex(len(poses), poses.shape[2]):
        cells = [*poses[frame, 0, joint].tolist(), scores[frame, 0, joint], 1]
        lines.append(f"{frame},{names[joint]}," + ",".join(map(str, cells)))
    return "\n".join([*lines, ""])


def wide_table(poses: Poses, scores: NDArray[np.float64], joint_set: str = "coco17") -> str:
    """A line for each body of a frame, with columns for every joint."""
    names = [name.replace(" ", "_") for name in load_joint_set(joint_set).joints]
    axes = [*"xyz"[: poses.shape[-1]], "score"]
    lines = [",".join(["frame", "body", *(f"{name}_{axis}" for name in names for axis in axes)])]
    for frame, body in np.ndindex(poses.shape[:2]):
        if np.isfinite(poses[frame, body]).all():
            cells = _flat(poses[frame, body], scores[frame, body])
            lines.append(",".join(map(str, [frame, body, *cells])))
    return "\n".join([*lines, ""])


JSON: dict[str, Callable[[Poses, NDArray[np.float64]], Any]] = {
    "alphapose": alphapose,
    "coco": coco,
    "mmpose": mmpose,
    "mediapipe": mediapipe,
    "mediapipe_solution": mediapipe_solution,
}
