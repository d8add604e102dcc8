"""Read MMPose's predictions of a video: `frame_id` and `instances` of every frame.

Its demos write them as `instance_info` beside `meta_info`, its inferencer as the list alone. An
instance has `keypoints` ([x, y] or [x, y, z] of every joint) and `keypoint_scores` (its page
user_guides/inference.md); with tracking `track_id`.
"""

from typing import Any

import numpy as np

from action_rec.errors import InputError
from action_rec.skeletons.formats.numbers import numbers, whole_number
from action_rec.skeletons.formats.people_in_frames import Person


def is_mmpose(content: Any) -> bool:  # noqa: ANN401 (whatever the file holds)
    """Whether parsed JSON looks like predictions of MMPose."""
    if isinstance(content, dict):
        return "instance_info" in content
    first = content[0] if isinstance(content, list) and content else None
    return isinstance(first, dict) and ("instances" in first or "keypoint_scores" in first)


def read_mmpose(content: Any, file: str) -> list[list[Person]]:  # noqa: ANN401
    """The people of every frame, in the order of the list.

    Raises:
        InputError: It is not what MMPose writes.
    """
    frames = content["instance_info"] if isinstance(content, dict) else content
    if not isinstance(frames, list):
        raise InputError(f"file '{file}' has an 'instance_info' that is no list; write it again")
    if frames and isinstance(frames[0], dict) and "keypoints" in frames[0]:
        frames = [{"instances": frames}]  # of a single image
    people = []
    for index, frame in enumerate(frames):
        instances = frame.get("instances") if isinstance(frame, dict) else None
        if not isinstance(instances, list):
            raise InputError(f"frame {index} of file '{file}' has no list 'instances'; add it")
        where = f"frame {index} of file '{file}'"
        people.append([_person(one, f"instance {k} of {where}") for k, one in enumerate(instances)])
    return people


def _person(instance: object, where: str) -> Person:
    if not isinstance(instance, dict):
        raise InputError(f"{where} is {instance!r:.40}, where an object is needed; correct it")
    joints = numbers(instance.get("keypoints"), f"'keypoints' of {where}")
    if joints.ndim != 2 or joints.shape[1] not in (2, 3):
        raise InputError(
            f"'keypoints' of {where} has the shape {joints.shape}, where 2 or 3 numbers for each "
            "joint are needed; correct it"
        )
    scores = np.ones(len(joints))
    if instance.get("keypoint_scores") is not None:
        scores = numbers(instance["keypoint_scores"], f"'keypoint_scores' of {where}")
    if scores.shape != joints.shape[:1]:
        raise InputError(
            f"{where} has {len(joints)} keypoints and keypoint_scores of shape {scores.shape}; "
            "give one score for each"
        )
    return Person(joints, scores, whole_number(instance.get("track_id")))
