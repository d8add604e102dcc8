"""Read OpenPose's output: a folder with one JSON file per frame (its page doc/02_output.md).

A file holds `people`, each with `pose_keypoints_2d`: x, y and confidence of every joint; with 3D
reconstruction `pose_keypoints_3d`: x, y, z and confidence. `person_id` is [-1] without tracking.
"""

import os
import re
from pathlib import Path

from action_rec.errors import InputError
from action_rec.skeletons.formats.numbers import numbers, parse_json, whole_number
from action_rec.skeletons.formats.people_in_frames import Person
from action_rec.skeletons.recording_file import read_recording_file

_FRAME = re.compile(r"(.*?)(\d*)_keypoints\.json", re.ASCII | re.DOTALL)
_ENDING = "_keypoints.json"
_MAX_FRAME_BYTES = 4 << 20
_MAX_FRAMES = 500_000


def is_openpose_folder(path: Path) -> bool:
    """Whether a folder directly contains files of OpenPose."""
    try:
        with os.scandir(path) as entries:
            return any(entry.name.endswith(_ENDING) for entry in entries)
    except (OSError, ValueError):
        return False


def read_openpose(folder: Path) -> list[list[Person]]:
    """Read the people of every frame, in the order of the numbers in the names of the files.

    Raises:
        InputError: It holds no such files, those of several videos, or one that is damaged.
    """
    try:
        names = [name for name in os.listdir(folder) if name.endswith(_ENDING)]
    except OSError as error:
        raise InputError(f"folder '{folder}' cannot be read ({error.strerror}); check it") from None
    if not names or len(names) > _MAX_FRAMES:
        raise InputError(
            f"folder '{folder}' holds {len(names):,} files *{_ENDING}; a recording of OpenPose has "
            f"1 to {_MAX_FRAMES:,} in a folder of its own"
        )
    matches = [match for name in names if (match := _FRAME.fullmatch(name))]
    if len(videos := sorted({match[1] for match in matches})) > 1:
        raise InputError(
            f"folder '{folder}' holds the frames of {len(videos)} videos, '{videos[0]}' and "
            f"'{videos[1]}' among them; move those of each video into a folder of its own"
        )
    matches.sort(key=lambda match: (int(match[2][-18:] or 0), match[0]))
    return [_frame(folder / match[0]) for match in matches]


def _frame(path: Path) -> list[Person]:
    try:
        data = read_recording_file(path, _MAX_FRAME_BYTES)
    except InputError as error:
        raise InputError(f"file '{path}' {error}") from None
    return people_of_frame(parse_json(data, str(path)), str(path))


def people_of_frame(content: object, file: str) -> list[Person]:
    """The people of the content of one file.

    Raises:
        InputError: It is not what OpenPose writes.
    """
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list):
        raise InputError(f"file '{file}' has no list 'people', as OpenPose writes it; leave it out")
    return [
        _person(person, f"person {index} of file '{file}'") for index, person in enumerate(people)
    ]


def _person(person: object, where: str) -> Person:
    if not isinstance(person, dict):
        raise InputError(f"{where} is {person!r:.40}, where an object is needed; correct it")
    identity = whole_number(person.get("person_id"))
    if identity is not None and identity < 0:
        identity = None
    for key, size in (("pose_keypoints_3d", 4), ("pose_keypoints_2d", 3), ("pose_keypoints", 3)):
        if person.get(key):
            return flat_person(person[key], size, identity, f"'{key}' of {where}")
    raise InputError(f"{where} has no 'pose_keypoints_2d'; run OpenPose with the body's keypoints")


def flat_person(values: object, size: int, identity: int | None, where: str) -> Person:
    """A person from a flat list with `size` numbers per joint, the last of them the score.

    Raises:
        InputError: It is not such a list.
    """
    flat = numbers(values, where)
    if flat.ndim != 1 or len(flat) == 0 or len(flat) % size:
        raise InputError(
            f"{where} has numbers of the shape {flat.shape}, where a list of {size} for each joint "
            "is needed; correct it"
        )
    joints = flat.reshape(-1, size)
    return Person(joints[:, :-1], joints[:, -1], identity)
