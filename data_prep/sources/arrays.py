"""Read the recordings of a folder: `.npy` arrays and `.csv` tables."""

import csv
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import JointSet

T = TypeVar("T")

_MAX_POSES = 10_000_000  # of a recording; a short table must not need more memory than this
_HEADERS = (["frame", "joint", "x", "y"], ["frame", "joint", "x", "y", "z"])


def read_npy(path: Path) -> NDArray[np.float64]:
    """Read (T, V, C) or (T, M, V, C) as (T, M, V, C).

    Raises:
        InputError: It is not such an array of numbers.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about headers of other versions of NumPy
            # Mapping fails for a header that claims more data than the file holds.
            array = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        raise InputError(f"file '{path}' cannot be read ({error.strerror}); check it") from None
    except Exception as error:
        # NumPy does not document its errors for damaged headers; all of them mean a bad file.
        raise InputError(
            f"file '{path}' is not a .npy file of numbers ({error}); save it with numpy.save"
        ) from None
    if array.dtype.kind not in "fiu" or array.ndim not in (3, 4):
        raise InputError(
            f"file '{path}' holds {array.dtype} {array.shape}; needed are numbers (frames, joints, "
            "coordinates) or (frames, bodies, joints, coordinates)"
        )
    recorded = array.astype(np.float64)
    return recorded if array.ndim == 4 else recorded[:, None]


def read_csv(path: Path, joint_set: JointSet) -> NDArray[np.float64]:
    """Read a table with the columns frame, body (may be left out), joint, x, y and z (3D only).

    Frames and bodies are any whole numbers; frames that do not occur are left out, and bodies are
    sorted by number. Joints are names of the joint set or indices from 0. A joint that does not
    occur is NaN.

    Returns:
        (T, M, V, C), C = 2 without z.

    Raises:
        InputError: A line is invalid.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except OSError as error:
        raise InputError(f"file '{path}' cannot be read ({error.strerror}); check it") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"file '{path}' is not CSV in UTF-8 ({error}); save it in that format"
        ) from None
    header = [column.lower() for column in lines[0][1]] if lines else []
    if [column for column in header if column != "body"] not in _HEADERS:
        raise InputError(
            f"file '{path}', line 1: the columns are {','.join(header)[:60]!r}; needed are "
            "frame,joint,x,y or frame,joint,x,y,z, with body after frame for several people"
        )
    return _scatter(_Table(path, header, lines[1:]), joint_set)


@dataclass(frozen=True)
class _Table:
    """The lines of a file below its header, each with its line number."""

    path: Path
    header: list[str]
    lines: list[tuple[int, list[str]]]

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
        return InputError(f"file '{self.path}', line {line}: {what}; correct it")


def _scatter(table: _Table, joint_set: JointSet) -> NDArray[np.float64]:
    for line, cells in table.lines:
        if len(cells) != len(table.header):
            raise table.fault(line, f"{len(cells)} cells where {len(table.header)} are needed")
    names = {str(index): index for index in range(len(joint_set.joints))}
    names |= {name: index for index, name in enumerate(joint_set.joints)}
    joint = table.column("joint", names.__getitem__, f"a joint of '{joint_set.name}'")
    frames, frame = _indices(table, "frame")
    bodies, body = _indices(table, "body") if "body" in table.header else (1, np.int64(0))
    if frames * bodies > _MAX_POSES:
        raise InputError(
            f"file '{table.path}' names {bodies:,} bodies in {frames:,} frames; give each body one "
            "number in all frames"
        )
    coordinates = table.header[table.header.index("x") :]
    recorded = np.full((frames, bodies, len(joint_set.joints), len(coordinates)), np.nan)
    indices = (frame, body, np.array(joint, np.int64))
    place = np.ravel_multi_index(indices, recorded.shape[:3])
    _, first = np.unique(place, return_index=True)
    if len(first) < len(place):
        again = np.setdiff1d(np.arange(len(place)), first)[0]
        raise table.fault(table.lines[again][0], "the joint of this frame and body is named twice")
    values = [table.column(name, _number, "a number") for name in coordinates]
    recorded.reshape(-1, len(coordinates))[place] = np.transpose(values)
    return recorded


def _indices(table: _Table, name: str) -> tuple[int, NDArray[np.int64]]:
    """The number of different values of a column, and the rank of the value in each line."""
    numbers = table.column(name, _whole_number, "a whole number")
    different, ranks = np.unique(np.array(numbers, np.int64), return_inverse=True)
    return len(different), ranks


def _whole_number(cell: str) -> int:
    if len(cell) > 18:
        raise ValueError(cell)
    return int(cell)


def _number(cell: str) -> float:
    return float(cell or "nan")
