"""Parsing NTU's ``.skeleton`` files.

The text, LF or CRLF: the number of frames; per frame the number of bodies; per body one line of 10
fields that starts with its bodyID, the line ``25``, and 25 lines of 12 fields that start with x, y
and z. Source: the readers in the repository of NTU RGB+D (Shahroudy et al., CVPR 2016).
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

# Ten times what a Kinect v2 can write: 6 bodies of 27 lines in each of 300 frames, the longest.
_MOST_LINES = 500_000
_COUNT = re.compile(rf"\d{{1,{MAX_DIGITS}}}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)


def parse_skeleton(data: bytes, file: str) -> Recording:
    """Parse the content of a ``.skeleton`` file.

    Args:
        data: The bytes of the file.
        file: Its name, for the sentence of an error.

    Raises:
        InputError: The file is empty, truncated or not ASCII, or has far more lines than a
            recording; a count lies or is absurd; a line has the wrong number of fields or text
            where a number belongs; x, y or z is not finite; a bodyID stands twice in a frame; or
            there is no frame or no body at all.
    """
    if (lines := data.count(b"\n")) > _MOST_LINES:
        raise InputError(
            f"file '{file}' has {lines:,} lines, more than the {_MOST_LINES:,} that a recording can"
            " have; leave it out"
        )
    return parse_regular(data) or parse_lines(data, file)


def parse_lines(data: bytes, file: str) -> Recording:
    """Parse a file line by line: this defines what is a good file, and says what a bad one lacks.

    Raises:
        InputError: As `parse_skeleton`, with the line.
    """
    lines = _Lines(data, file)
    num_frames = lines.count("the number of frames", least=1)
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
                raise lines.fault(f"a Kinect v2 body has {NUM_JOINTS} joints")
            joints.append([lines.joint() for _ in range(NUM_JOINTS)])
    lines.end(num_frames)
    if not body_ids:
        raise InputError(
            f"file '{file}' holds no body in any of its {num_frames} frames; leave it out"
        )
    return Recording.from_appearances(num_frames, frames, body_ids, np.array(joints))


class _Lines:
    """The lines of a file, taken one after the other, each checked."""

    def __init__(self, data: bytes, file: str) -> None:
        self._file = file
        self._number = 0
        try:
            self._lines = data.decode("ascii").rstrip().split("\n")
        except UnicodeDecodeError as error:
            self._number = data.count(b"\n", 0, error.start) + 1
            byte = f"byte 0x{data[error.start]:02x} is no ASCII"
            raise self._sentence(f"{byte}, the numbers of a recording are needed") from None
        if self._lines == [""]:
            raise InputError(
                f"file '{file}' is empty, its first line must give the number of frames; download "
                "it again"
            )

    def count(self, meaning: str, least: int = 0) -> int:
        """The next line, a single count."""
        (text,) = self._fields(1, meaning)
        if not _COUNT.fullmatch(text) or int(text) < least:
            raise self.fault(f"{meaning}, an integer from {least}, is needed")
        return int(text)

    def body_id(self, seen: set[int]) -> int:
        """The next line, the 10 fields of a body that is not among those seen in the frame."""
        fields = self._fields(BODY_FIELDS, "the fields of a body")
        if not _COUNT.fullmatch(fields[0]) or int(fields[0]) > MAX_BODY_ID:
            raise self.fault("an integer bodyID from 0 to 2^63 - 1 is needed", fields[0])
        if int(fields[0]) in seen:
            raise self.fault("a bodyID may stand only once in a frame", fields[0])
        self._check_unused(fields[1:])
        return int(fields[0])

    def joint(self) -> list[float]:
        """The next line, the 12 fields of a joint: x, y and z."""
        fields = self._fields(JOINT_FIELDS, "the fields of a joint")
        for field in fields[:3]:
            if not _NUMBER.fullmatch(field) or not math.isfinite(float(field)):
                raise self.fault("x, y and z must be finite numbers", field)
        self._check_unused(fields[3:])
        return [float(field) for field in fields[:3]]

    def end(self, num_frames: int) -> None:
        """Check that no line is left."""
        if self._number < len(self._lines):
            self._number += 1
            raise self.fault(f"the file must end after the {num_frames} frames that line 1 claims")

    def _check_unused(self, fields: list[str]) -> None:
        # A joint outside the picture can have a pixel that is NaN; x, y and z are then still good.
        for field in fields:
            if not _NUMBER.fullmatch(field) and not _NOT_FINITE.fullmatch(field):
                raise self.fault("a number is needed", field)

    def _fields(self, number: int, meaning: str) -> list[str]:
        if self._number == len(self._lines):
            raise InputError(
                f"file '{self._file}' ends after line {self._number} where {meaning} must follow: "
                "it is truncated or a count in it is too large; download it again"
            )
        self._number += 1
        fields = self._lines[self._number - 1].split()
        if len(fields) != number:
            raise self.fault(f"{meaning}, {number} in all, must stand here")
        return fields

    def fault(self, needed: str, came: str | None = None) -> InputError:
        """The error about the line taken last, or about one field of it."""
        text = self._lines[self._number - 1].strip() if came is None else came
        shown = text if len(text) <= 40 else f"{text[:40]}..."
        return self._sentence(f"got {shown!r}, but {needed}")

    def _sentence(self, text: str) -> InputError:
        return InputError(f"file '{self._file}', line {self._number}: {text}; download it again")
