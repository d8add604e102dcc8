"""Read landmarks of MediaPipe Pose, saved as JSON: a list with the result of every frame.

A result has `pose_landmarks` (x and y in shares of the image's width and height) and
`pose_world_landmarks` (x, y and z in metres, the hips at the origin). A landmark has x, y, z and
`visibility` (MediaPipe's API reference, PoseLandmarkerResult). The result of a frame is one person
(`mp.solutions`, whose lists are under the key `landmark`) or a list of people (`mp.tasks`). Names
in JavaScript's spelling are read, too.
"""

from typing import Any

import numpy as np

from action_rec.errors import InputError
from action_rec.skeletons.formats.numbers import number
from action_rec.skeletons.formats.people_in_frames import Person

_WORLD = ("pose_world_landmarks", "poseWorldLandmarks", "world_landmarks", "worldLandmarks")
_IMAGE = ("pose_landmarks", "poseLandmarks", "landmarks")
_SCORES = ("visibility", "score")


def is_mediapipe(content: Any) -> bool:  # noqa: ANN401 (whatever the file holds)
    """Whether parsed JSON looks like landmarks of MediaPipe."""
    frames = _frames(content)
    if not isinstance(frames, list):
        return False
    first = next((frame for frame in frames if frame), None)
    while isinstance(first, list) and first:
        first = first[0]
    return isinstance(first, dict) and any(
        key in first for key in (*_WORLD, *_IMAGE, "landmark", "x")
    )


def read_mediapipe(content: Any, file: str) -> list[list[Person]]:  # noqa: ANN401
    """The people of every frame: world landmarks if there are any, else x and y in the image.

    Raises:
        InputError: It is not what MediaPipe gives.
    """
    frames: list[Any] = _frames(content)
    world = any(isinstance(frame, dict) and _first(frame, _WORLD) for frame in frames)
    axes = "xyz" if world else "xy"
    people = []
    for index, frame in enumerate(frames):
        where = f"frame {index} of file '{file}'"
        found = _first(frame, _WORLD if world else _IMAGE) if _is_result(frame) else frame
        people.append([_person(one, axes, where) for one in _people(found, where)])
    return people


def _frames(content: Any) -> Any:  # noqa: ANN401
    """The results of the frames, which may be under the key `frames`."""
    if isinstance(content, dict) and "frames" in content:
        return content["frames"]
    return [content] if _is_result(content) else content


def _is_result(frame: object) -> bool:
    return isinstance(frame, dict) and any(key in frame for key in (*_WORLD, *_IMAGE))


def _first(frame: dict[str, Any], keys: tuple[str, ...]) -> Any:  # noqa: ANN401
    return next((frame[key] for key in keys if frame.get(key)), None)


def _people(found: object, where: str) -> list[Any]:
    """The lists of landmarks of each person of a frame."""
    if isinstance(found, dict):
        found = found.get("landmark")
    if not found:
        return []
    if not isinstance(found, list):
        raise InputError(f"{where} is {found!r:.40}, where landmarks are needed; correct it")
    one_person = isinstance(found[0], dict) and "landmark" not in found[0]
    return [found] if one_person else found


def _person(landmarks: object, axes: str, where: str) -> Person:
    if isinstance(landmarks, dict):
        landmarks = landmarks.get("landmark")
    if not isinstance(landmarks, list) or not landmarks:
        raise InputError(f"{where} has {landmarks!r:.40}, where landmarks are needed; correct it")
    joints, scores = [], []
    for landmark in landmarks:
        if not isinstance(landmark, dict) or not set(axes) <= landmark.keys():
            raise InputError(
                f"{where} has the landmark {landmark!r:.60}, where {', '.join(axes)} are needed; "
                "correct it"
            )
        joints.append([number(landmark[axis], f"{axis} of a landmark of {where}") for axis in axes])
        score = next((landmark[key] for key in _SCORES if landmark.get(key) is not None), 1.0)
        scores.append(number(score, f"visibility of a landmark of {where}"))
    return Person(np.array(joints), np.array(scores))
