"""The annotations of a pickle of PYSKL or MMAction2, one per recording."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.ntu import NUM_ACTIONS, SampleName, action_names
from action_rec.store.reader import COLUMNS, NEITHER
from data_prep.convert.items import Item
from data_prep.sources.unpickling import array, integer

_MAX_CLASSES = 100_000

Recorded = Item[NDArray[np.float64]]
Benchmarks = dict[str, dict[str, int]]  # by benchmark, the split of each identifier
_KEYS = ("keypoint", "keypoint_score", "total_frames")


def collect_items(
    annotations: Iterable[object], benchmarks: Benchmarks, fingerprint: str
) -> tuple[dict[str, Recorded], dict[str, str]]:
    """The annotations that can be read, by name; and the others, each with the reason.

    If all have the name of an NTU recording, the items get the columns that it contains.
    """
    items: dict[str, Recorded] = {}
    rejected: dict[str, str] = {}
    for index, annotation in enumerate(annotations):
        where = f"annotation {index}"
        try:
            item = _item(annotation, benchmarks, fingerprint)
            if item.name in items:
                raise InputError(f"a second annotation of '{item.name}'; the first one is used")
            items[item.name] = item
        except InputError as error:
            rejected[where] = str(error)
    if all(_ntu_name(name) for name in items):
        items = {name: _with_ntu_columns(item) for name, item in items.items()}
    return items, rejected


def annotation_name(annotation: object) -> str | None:
    """The name of the recording that an annotation is of; None if it has none."""
    if not isinstance(annotation, dict):
        return None
    name = annotation.get("frame_dir", annotation.get("filename"))
    return name if isinstance(name, str) and name else None


def _item(annotation: object, benchmarks: Benchmarks, fingerprint: str) -> Recorded:
    if not isinstance(annotation, dict):
        raise InputError("it is not a dict; leave it out")
    name = annotation_name(annotation)
    if name is None:
        raise InputError("its frame_dir is not a text; name it")
    try:
        label = integer(annotation.get("label"))
    except ValueError:
        label = -1
    if not 0 <= label < _MAX_CLASSES:
        raise InputError(
            f"the label of '{name:.80}' is not a whole number from 0 to "
            f"{_MAX_CLASSES - 1}; give one"
        )
    return Item(
        name=name,
        label=label,
        size=0,
        read=partial(_read, *(annotation.get(key) for key in _KEYS)),
        benchmarks={key: splits.get(name, NEITHER) for key, splits in sorted(benchmarks.items())},
        fingerprint=fingerprint,
    )


def _ntu_name(name: str) -> SampleName | None:
    try:
        return SampleName.parse(name)
    except InputError:
        return None


def _with_ntu_columns(item: Recorded) -> Recorded:
    name = SampleName.parse(item.name)
    return replace(item, columns={column: getattr(name, column) for column in sorted(COLUMNS)})


def class_names(items: Mapping[str, Recorded], classes: Path | None) -> Sequence[str]:
    """The names of the classes: from a file, or of NTU if all names match, or numbered.

    Raises:
        InputError: The file cannot be read, or has fewer lines than there are classes.
    """
    number = max((item.label for item in items.values()), default=-1) + 1
    if classes is not None:
        names = _lines(classes)
        if len(names) < number:
            raise InputError(
                f"'{classes}' names {len(names)} classes, but there are labels up to {number - 1}; "
                "write one name in each line"
            )
        return names
    ntu = {name: _ntu_name(name) for name in items}
    if all(name and name.action == items[key].label + 1 for key, name in ntu.items()):
        return action_names("ntu60" if number <= NUM_ACTIONS["ntu60"] else "ntu120")
    return [f"class {label}" for label in range(number)]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"'{path}' cannot be read ({error}); give a text file") from None


def _read(keypoints: object, score: object, total_frames: object) -> NDArray[np.float64]:
    """The coordinates (T, M, V, C) of an annotation, from the parts of its pickle."""
    try:
        keypoint = array(keypoints)
        scores = np.ones(keypoint.shape[:3]) if score is None else array(score)
        frames = keypoint.shape[1] if keypoint.ndim > 1 else 0
        if total_frames is not None:
            frames = integer(total_frames)
    except ValueError as error:
        raise InputError(f"it holds {error}; have its author save it again") from None
    if keypoint.ndim != 4 or scores.shape != keypoint.shape[:3] or frames != keypoint.shape[1]:
        raise InputError(
            f"its keypoint has shape {keypoint.shape} and its keypoint_score {scores.shape}; needed"
            f" are (bodies, {frames} frames, joints, coordinates) and (bodies, frames, joints)"
        )
    recorded = np.where(scores[..., None] == 0, 0, keypoint.astype(np.float64))
    return recorded.swapaxes(0, 1)
