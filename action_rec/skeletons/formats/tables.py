"""Read `.csv` tables: a line per joint, or a line per body with a column for each coordinate."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from action_rec.errors import InputError
from action_rec.skeletons.formats.arrays import MAX_POSES
from action_rec.skeletons.joint_sets import JointSet

T = TypeVar("T")

# Other words for a column, as exports of MediaPipe's landmarks and of trackers call it.
_MEANING = {
    **dict.fromkeys(("frame_id", "frame_index", "frame_number"), "frame"),
    **dict.fromkeys(("person", "person_id", "pose", "pose_id", "track_id"), "body"),
    **dict.fromkeys(("landmark", "landmark_id", "landmark_index", "keypoint"), "joint"),
    **dict.fromkeys(("v", "visibility", "confidence", "likelihood"), "score"),
}
_IGNORED = {"presence", "timestamp", "timestamp_ms", "time"}
_WIDE = re.compile(r"(?P<joint>.+)_(?P<axis>x|y|z|v|score|visibility|confidence|likelihood)")
_NUMBERED = re.compile(r"(?P<axis>x|y|z|v|visibility)_?(?P<joint>\d{1,4})", re.ASCII)


def read_table(
    data: bytes, file: str, joint_set: JointSet, min_score: float = 0.0
) -> NDArray[np.float64]:
    """Read a table with the columns frame, body (may be left out), joint, x, y, z (3D only), score.

    A table may have a line per body instead, with the columns NAME_x, NAME_y, ... or x0, y0, ...
    for every joint. Frames and bodies are any whole numbers; frames that do not occur are left out,
    and bodies are sorted by number. Joints are names of the joint set or indices from 0. A joint
    that does not occur is NaN, one of score 0 or below `min_score` is zero.

    Returns:
        (T, M, V, C), C = 2 without z.

    Raises:
        InputError: A line is invalid.
    """
    try:
        text = io.StringIO(data.decode("utf-8-sig"), newline="")
        reader = csv.reader(text, strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"file '{file}' is not CSV in UTF-8 ({error}); save it in that format"
        ) from None
    columns = [column.lower() for column in lines[0][1]] if lines else []
    header = [_MEANING.get(column, column) for column in columns]
    table = _Table(file, header, lines[1:])
    wide = _wide_columns(columns, joint_set)
    long = [column for column in header if column not in ("body", "score", *_IGNORED)]
    right = sorted(long) in (sorted(("frame", "joint", "x", "y", *"z" * z)) for z in (0, 1))
    if len(set(header)) < len(header) or not (wide or right):
        raise InputError(
            f"file '{file}', line 1: the columns are {','.join(columns)[:60]!r}; needed are "
            "frame,joint,x,y or frame,joint,x,y,z, with body after frame for several people and "
            f"score for scores; or NAME_x,NAME_y for all joints of '{joint_set.name}'"
        )
    table.check_lengths()
    if wide:
        return _wide(table, wide, joint_set, min_score)
    return _scatter(table, joint_set, min_score)


@dataclass(frozen=True)
class _Table:
    """The lines of a file below its header, each with its line number."""

    file: str
    header: list[str]
    lines: list[tuple[int, list[str]]]

    def check_lengths(self) -> None:
        """Raise an `InputError` at a line with more or fewer cells than the header."""
        for line, cells in self.lines:
            if len(cells) != len(self.header):
                raise self.fault(line, f"{len(cells)} cells where {len(self.header)} are needed")

    def column(self, name: str, parse: Callable[[str], T], needed: str) -> list[T]:
        """The parsed values of a column; an error names the line of the first invalid value."""
        index = self.header.index(name)
        values = []
        for line, cells in self.lines:
            try:
                values.append(parse(cells[index]))
            except (ValueError, KeyError):
                raise self.fault(line, f"{name} {cells[index][:40]!r} is not {needed}") from None
        return values

    def fault(self, line: int, what: str) -> InputError:
        return InputError(f"file '{self.file}', line {line}: {what}; correct it")


def _scatter(table: _Table, joint_set: JointSet, min_score: float) -> NDArray[np.float64]:
    names = {str(index): index for index in range(len(joint_set.joints))}
    names |= {_plain(name): index for index, name in enumerate(joint_set.joints)}
    needed = f"a joint of '{joint_set.name}'"
    joint = table.column("joint", lambda cell: names[_plain(cell)], needed)
    recorded, frame, body = _empty(table, joint_set, 2 + ("z" in table.header))
    place = np.ravel_multi_index((frame, body, np.array(joint, np.int64)), recorded.shape[:3])
    _check_once(table, place, "the joint of this frame and body")
    axes = "xyz"[: recorded.shape[-1]]
    values = np.array([table.column(name, _number, "a number") for name in axes]).T
    if "score" in table.header:
        values = _detected(values, table.column("score", _number, "a number"), min_score)
    recorded.reshape(-1, len(axes))[place] = values
    return recorded


def _wide_columns(columns: list[str], joint_set: JointSet) -> dict[str, list[int]]:
    """By axis, the column of each joint; empty unless every joint has the axes x and y."""
    found: dict[tuple[str, str], int] = {}
    for index, column in enumerate(columns):
        match = _WIDE.fullmatch(column) or _NUMBERED.fullmatch(column)
        if match is not None:
            axis = _MEANING.get(match["axis"], match["axis"])
            found[axis, _plain(match["joint"])] = index
    joints = [_plain(name) for name in joint_set.joints]
    for names in (joints, [*map(str, range(len(joints)))], [*map(str, range(1, len(joints) + 1))]):
        axes = [a for a in ("x", "y", "z", "score") if all((a, name) in found for name in names)]
        if axes[:2] == ["x", "y"]:
            return {axis: [found[axis, name] for name in names] for axis in axes}
    return {}


def _wide(
    table: _Table, columns: dict[str, list[int]], joint_set: JointSet, min_score: float
) -> NDArray[np.float64]:
    axes = [axis for axis in columns if axis != "score"]
    recorded, frame, body = _empty(table, joint_set, len(axes))
    place = np.ravel_multi_index((frame, body), recorded.shape[:2])
    _check_once(table, place, "the body of this frame")
    cells = {axis: np.array(_cells(table, columns[axis])) for axis in columns}
    values = np.stack([cells[axis] for axis in axes], axis=-1)
    if "score" in cells:
        values = _detected(values, cells["score"], min_score)
    recorded.reshape(-1, *values.shape[1:])[place] = values
    return recorded


def _cells(table: _Table, columns: list[int]) -> list[list[float]]:
    rows = []
    for line, cells in table.lines:
        try:
            rows.append([_number(cells[column]) for column in columns])
        except ValueError as error:
            raise table.fault(line, f"a cell is not a number ({error!s:.80})") from None
    return rows


def _empty(
    table: _Table, joint_set: JointSet, coordinates: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Joints (T, M, V, C) that are not a number; and the frame and body of each line."""
    count = len(table.lines)
    frames, frame = (
        _indices(table, "frame") if "frame" in table.header else (count, np.arange(count))
    )
    bodies, body = 1, np.zeros(count, np.int64)
    if "body" in table.header:
        bodies, body = _indices(table, "body")
    if frames * bodies > MAX_POSES:
        raise InputError(
            f"file '{table.file}' names {bodies:,} bodies in {frames:,} frames; give each body one "
            "number in all frames"
        )
    return np.full((frames, bodies, len(joint_set.joints), coordinates), np.nan), frame, body


def _check_once(table: _Table, place: NDArray[np.int64], what: str) -> None:
    _, first = np.unique(place, return_index=True)
    if len(first) < len(place):
        again = np.setdiff1d(np.arange(len(place)), first)[0]
        raise table.fault(table.lines[again][0], f"{what} is named twice")


def _detected(
    values: NDArray[np.float64], scores: ArrayLike, min_score: float
) -> NDArray[np.float64]:
    score = np.asarray(scores, np.float64)[..., None]
    return np.where((score > 0) & (score >= min_score), values, 0)


def _indices(table: _Table, name: str) -> tuple[int, NDArray[np.int64]]:
    """The number of different values of a column, and the rank of the value in each line."""
    numbers = table.column(name, _whole_number, "a whole number")
    different, ranks = np.unique(np.array(numbers, np.int64), return_inverse=True)
    return len(different), ranks


def _plain(name: str) -> str:
    return name.lower().replace("_", " ")


def _whole_number(cell: str) -> int:
    if len(cell) > 18:
        raise ValueError(cell)
    return int(cell)


def _number(cell: str) -> float:
    return float(cell or "nan")
