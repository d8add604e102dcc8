"""Recognize which tool wrote a JSON file, and read the people of every frame."""

from collections.abc import Callable
from typing import Any

from action_rec.errors import InputError
from action_rec.skeletons.formats.coco_results import is_coco, read_coco
from action_rec.skeletons.formats.mediapipe import is_mediapipe, read_mediapipe
from action_rec.skeletons.formats.mmpose import is_mmpose, read_mmpose
from action_rec.skeletons.formats.numbers import parse_json
from action_rec.skeletons.formats.people_in_frames import Person

_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any, str], list[list[Person]]]], ...] = (
    (is_coco, read_coco),
    (is_mmpose, read_mmpose),
    (is_mediapipe, read_mediapipe),
)


def people_of_json(data: bytes, file: str) -> list[list[Person]]:
    """The people of every frame of a JSON file of AlphaPose, COCO, MMPose or MediaPipe.

    Raises:
        InputError: It is not JSON, of another kind, or damaged.
    """
    content = parse_json(data, file)
    for recognizes, read in _KINDS:
        if recognizes(content):
            return read(content, file)
    if isinstance(content, dict) and "people" in content:
        raise InputError(
            f"file '{file}' is one frame of OpenPose; give the folder of all its "
            "*_keypoints.json instead"
        )
    raise InputError(
        f"file '{file}' is no JSON of AlphaPose or COCO (a list with 'image_id' and 'keypoints'), "
        "MMPose ('instance_info') or MediaPipe ('pose_landmarks'); save it as one of them, or as "
        ".npy or .csv"
    )
