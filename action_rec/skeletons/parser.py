"""Parser of the ``.skeleton`` text files of NTU RGB+D.

Lines end in LF or CRLF. The first line is the number of frames. Each frame starts with a line with
its number of bodies. Each body has a line of 10 fields, the first of them the bodyID; the line
``25``; and 25 lines of 12 fields, the first three of them x, y and z. Source: the readers in the
repository of NTU RGB+D (Shahroudy et al., CVPR 2016).
"""

import math
import re

import numpy as np

from action_rec.errors import InputError
from action_rec.skeletons.fast_parser import parse_regular
from action_rec.skeletons.recording import (
    BODY_FIELDS,
    JOINT_FIELDS,
    MAX_BODY_ID,
    MAX_DIGITS,
    NUM_JOINTS,
    Recording,
)

DOWNLOAD = "download it again"  # the remedy for a file of NTU RGB+D

# Ten times the largest file of a Kinect v2: 300 frames of 6 bodies of 27 lines.
_MAX_LINES = 500_000
_COUNT = re.compile(rf"\d{{1,{MAX_DIGITS}}}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)


def parse_skeleton(data: bytes, file: str, remedy: str = DOWNLOAD) -> Recording:
    """Parse the content of a ``.skeleton`` file.

    Args:
        data: The content of the file.
        file: The name of the file, for error messages.
        remedy: What to do with a damaged file, for error messages.

    Raises:
        InputError: The file is empty, truncated, not ASCII or has too many lines; a count does not
            match the lines that follow; a line has a wrong number of fields or a field that is not
            a number; x, y or z is not finite; a bodyID occurs twice in a frame; or no frame has a
            body.
    """
    if (lines := data.count(b"\n")) > _MAX_LINES:
        raise InputError(
            f"file '{file}' has {lines:,} lines, more than the {_MAX_LINES:,} that a recording can"
            " have; leave it out"
        )
    return parse_regular(data) or parse_lines(data, file, remedy)


def parse_lines(data: bytes, file: str, remedy: str = DOWNLOAD) -> Recording:
    """Parse a file line by line: the reference implementation, with detailed error messages.

    Raises:
        InputError: As for `parse_skeleton`; the message gives the line.
    """
    lines = _LineReader(data, file, remedy)
    num_frames = lines.count("the number of frames", minimum=1)
    frames: list[int] = []
    body_ids: list[int] = []
    joints: list[list[list[float]]] = []
    for frame in range(num_frames):
        seen: set[int] = set()
        for _ in range(lines.count("the number of bodies")):
            body_ids.append(lines.body_id(seen))
            seen.add(body_ids[-1])
            frames.append(frame)
            if lines.count("the number of joints") != NUM_JOINTS:
                raise lines.error(f"a Kinect v2 body has {NUM_JOINTS} joints")
            joints.append([lines.joint() for _ in range(NUM_JOINTS)])
    lines.check_end(num_frames)
    if not body_ids:
        raise InputError(
            f"file '{file}' holds no body in any of its {num_frames} frames; leave it out"
        )
    return Recording.from_detections(num_frames, frames, body_ids, np.array(joints))


class _LineReader:
    """Reads and validates the lines of a file in order."""

    def __init__(self, data: bytes, file: str, remedy: str) -> None:
        self._file = file
        self._remedy = remedy
        self._number = 0
        try:
            self._lines = data.decode("ascii").rstrip().split("\n")
        except UnicodeDecodeError as error:
            self._number = data.count(b"\n", 0, error.start) + 1
            raise self._line_error(
                f"byte 0x{data[error.start]:02x} is not ASCII, but numbers in ASCII are needed"
            ) from None
        if self._lines == [""]:
            raise InputError(
                f"file '{file}' is empty, but its first line must be the number of frames; "
                f"{self._remedy}"
            )

    def count(self, meaning: str, minimum: int = 0) -> int:
        """Read a line with a single count."""
        (text,) = self._fields(1, meaning)
        if not _COUNT.fullmatch(text) or int(text) < minimum:
            raise self.error(f"{meaning}, an integer from {minimum}, is needed")
        return int(text)

    def body_id(self, seen: set[int]) -> int:
        """Read the 10 fields of a body and return its bodyID, which must not be in `seen`."""
        fields = self._fields(BODY_FIELDS, "the fields of a body")
        if not _COUNT.fullmatch(fields[0]) or int(fields[0]) > MAX_BODY_ID:
            raise self.error("an integer bodyID from 0 to 2^63 - 1 is needed", fields[0])
        if int(fields[0]) in seen:
            raise self.error("a bodyID may occur only once in a frame", fields[0])
        self._check_unused(fields[1:])
        return int(fields[0])

    def joint(self) -> list[float]:
        """Read the 12 fields of a joint and return x, y and z."""
        fields = self._fields(JOINT_FIELDS, "the fields of a joint")
        for field in fields[:3]:
            if not _NUMBER.fullmatch(field) or not math.isfinite(float(field)):
                raise self.error("x, y and z must be finite numbers", field)
        self._check_unused(fields[3:])
        return [float(field) for field in fields[:3]]

    def check_end(self, num_frames: int) -> None:
        """Raise an `InputError` if lines are left."""
        if self._number < len(self._lines):
            self._number += 1
            raise self.error(f"the file must end after the {num_frames} frames given in line 1")

    def _check_unused(self, fields: list[str]) -> None:
        # The pixel coordinates of a joint outside the image can be NaN; x, y and z are valid then.
        for field in fields:
            if not _NUMBER.fullmatch(field) and not _NOT_FINITE.fullmatch(field):
                raise self.error("a number is needed", field)

    def _fields(self, number: int, meaning: str) -> list[str]:
        if self._number == len(self._lines):
            raise InputError(
                f"file '{self._file}' ends after line {self._number} where {meaning} must follow: "
                f"it is truncated or a count in it is too large; {self._remedy}"
            )
        self._number += 1
        fields = self._lines[self._number - 1].split()
        if len(fields) != number:
            raise self.error(f"{meaning}, {number} in all, must stand here")
        return fields

    def error(self, needed: str, value: str | None = None) -> InputError:
        """Return the error for the line read last, or for one field of it."""
        text = self._lines[self._number - 1].strip() if value is None else value
        shown = text if len(text) <= 40 else f"{text[:40]}..."
        return self._line_error(f"got {shown!r}, but {needed}")

    def _line_error(self, text: str) -> InputError:
        return InputError(f"file '{self._file}', line {self._number}: {text}; {self._remedy}")
