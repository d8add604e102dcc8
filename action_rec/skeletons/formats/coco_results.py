"""Read COCO's results format, in which AlphaPose and many others write, and COCO's annotations.

Results are a list of people, each with `image_id`, `keypoints` (x, y and score of every joint) and
`score` (cocodataset.org, "Results format"). AlphaPose adds `idx`, its number of a tracked person
(its page docs/output.md). Annotations are an object with `annotations` and `images`; PoseTrack adds
`track_id`.
"""

import re
from typing import Any

from action_rec.errors import InputError
from action_rec.skeletons.formats.numbers import whole_number
from action_rec.skeletons.formats.openpose import flat_person
from action_rec.skeletons.formats.people_in_frames import Person

_NUMBERS = re.compile(r"(\d{1,18})", re.ASCII)


def is_coco(content: Any) -> bool:  # noqa: ANN401 (whatever the file holds)
    """Whether parsed JSON looks like COCO's results or annotations."""
    if isinstance(content, dict):
        return "annotations" in content
    first = content[0] if isinstance(content, list) and content else None
    return isinstance(first, dict) and "image_id" in first


def read_coco(content: Any, file: str) -> list[list[Person]]:  # noqa: ANN401
    """The people of every frame, in the order of the numbers in the identifiers of the images.

    Raises:
        InputError: It is not what COCO describes.
    """
    people = content["annotations"] if isinstance(content, dict) else content
    if not isinstance(people, list):
        raise InputError(f"file '{file}' has 'annotations' that are no list; write it again")
    frames: dict[int | str, list[Person]] = {}
    for index, person in enumerate(people):
        where = f"person {index} of file '{file}'"
        if not isinstance(person, dict):
            raise InputError(f"{where} is {person!r:.40}, where an object is needed; correct it")
        image = person.get("image_id")
        if type(image) is not int and not isinstance(image, str):
            raise InputError(
                f"{where} has the image_id {image!r:.40}, where the number or name of its frame "
                "is needed; add it"
            )
        frames.setdefault(image, []).append(_person(person, where))
    order = {image: _parts(image) for image in frames}
    return [frames[image] for image in sorted(frames, key=lambda image: order[image])]


def _person(person: dict[str, Any], where: str) -> Person:
    identity = whole_number(person.get("idx", person.get("track_id")))
    return flat_person(person.get("keypoints"), 3, identity, f"'keypoints' of {where}")


def _parts(image: int | str) -> list[tuple[int, int, str]]:
    """The texts and the numbers of an identifier, so that 10.jpg is after 9.jpg."""
    if isinstance(image, int):
        return [(0, image, "")]
    parts = _NUMBERS.split(image)
    return [
        (0, int(part), "") if index % 2 else (1, 0, part)
        for index, part in enumerate(parts)
        if part
    ]
