"""Vectorized parser of ``.skeleton`` files in the exact layout that the Kinect recorder writes."""

from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from action_rec.skeletons.recording import (
    BODY_FIELDS,
    JOINT_FIELDS,
    MAX_BODY_ID,
    MAX_DIGITS,
    NUM_JOINTS,
    Recording,
)

_BODY_LINES = 2 + NUM_JOINTS
_BODY_FIELDS = BODY_FIELDS + 1 + JOINT_FIELDS * NUM_JOINTS
# Indices of x, y and z of every joint among the fields of a body.
_XYZ = BODY_FIELDS + 1 + np.add.outer(JOINT_FIELDS * np.arange(NUM_JOINTS), np.arange(3))

_DIGITS, _SIGNS = b"0123456789", b"+-"


def _byte_table(values: dict[bytes, int]) -> bytes:
    """Return a table for `bytes.translate` from the bytes of each key to its value, else to 0."""
    return bytes(sum(value for key, value in values.items() if byte in key) for byte in range(256))


# One bit per class of character, and for each character the bits of the classes that may follow.
_DIGIT, _SIGN, _POINT, _EXPONENT, _BLANK, _NEWLINE = 1, 2, 4, 8, 16, 32
_SEPARATOR = _BLANK | _NEWLINE
_CLASS = _byte_table(
    {
        _DIGITS: _DIGIT,
        _SIGNS: _SIGN,
        b".": _POINT,
        b"eE": _EXPONENT,
        b" ": _BLANK,
        b"\n": _NEWLINE,
    }
)
_MAY_FOLLOW = _byte_table(
    {
        _DIGITS: _DIGIT | _POINT | _EXPONENT | _SEPARATOR,
        _SIGNS: _DIGIT,
        b".": _DIGIT,
        b"eE": _DIGIT | _SIGN,
        b" \n": _DIGIT | _SIGN,
    }
)
# Errors that neighbouring bytes do not show: in one number, two points, two exponents, or a point
# in the exponent.
_FORBIDDEN = tuple(map(bytes, ((_POINT, _POINT), (_EXPONENT, _EXPONENT), (_EXPONENT, _POINT))))
_BODY_LAYOUT = (
    b" " * (BODY_FIELDS - 1) + b"\n\n" + (b" " * (JOINT_FIELDS - 1) + b"\n") * NUM_JOINTS
).translate(_CLASS)
_LINE_LAYOUT = bytes([_NEWLINE])

_POWERS_OF_TEN = 10.0 ** np.arange(20)
_MAX_CHARACTERS = 18  # an int64 holds the digits of a number of this length


def parse_regular(data: bytes) -> Recording | None:
    """Parse a file that has exactly the layout of the Kinect recorder.

    The checks are vectorized over the whole file and accept no file that `parse_lines` rejects.

    Args:
        data: The content of the file.

    Returns:
        The recording, or None for any other file: call `parse_lines` then.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    data = data.rstrip() + b"\n"
    lines = data.split(b"\n")
    try:
        starts, frames, layout = _locate_bodies(lines)
        body_ids = [_parse_count(lines[start].split(b" ", 1)[0]) for start in starts]
    except (ValueError, IndexError):
        return None
    classes = np.frombuffer(data.translate(_CLASS), np.uint8)
    if (
        not _has_layout(data, classes, layout)
        or not body_ids
        or max(body_ids) > MAX_BODY_ID
        or len(set(zip(frames, body_ids, strict=True))) < len(body_ids)
        or any(lines[start + 1] != b"25" for start in starts)
    ):
        return None
    # Before the fields of a body come the number of frames and, for each frame, that of bodies.
    first = 2 + np.array(frames) + _BODY_FIELDS * np.arange(len(frames))
    fields = np.add.outer(first, _XYZ)
    ends = np.flatnonzero(classes >= _BLANK)
    joints = _parse_decimals(data, ends[fields - 1] + 1, ends[fields])
    if not np.isfinite(joints).all():
        return None
    return Recording.from_detections(_parse_count(lines[0]), frames, body_ids, joints)


def _locate_bodies(lines: list[bytes]) -> tuple[list[int], list[int], bytes]:
    """Compute from the counts in the file where each body starts.

    Returns:
        The first line (from 0) of every body, the frame of every body, and the classes of all
        separators in a file with these counts.

    Raises:
        ValueError, IndexError: The counts do not match the number of lines.
    """
    position = 1
    starts: list[int] = []
    frames: list[int] = []
    layout = [_LINE_LAYOUT]
    for frame in range(_parse_count(lines[0])):
        bodies = _parse_count(lines[position])
        end = position + 1 + bodies * _BODY_LINES
        if end >= len(lines):  # checked first: a wrong count must not allocate memory
            raise ValueError
        starts.extend(range(position + 1, end, _BODY_LINES))
        frames.extend(repeat(frame, bodies))
        layout.append(_LINE_LAYOUT + _BODY_LAYOUT * bodies)
        position = end
    if position != len(lines) - 1:  # the last entry is the empty text after the last newline
        raise ValueError
    return starts, frames, b"".join(layout)


def _parse_count(text: bytes) -> int:
    if not text.isdigit() or len(text) > MAX_DIGITS:
        raise ValueError
    return int(text)


def _has_layout(data: bytes, classes: NDArray[np.uint8], layout: bytes) -> bool:
    """Return whether decimal numbers and the single separators of the layout alternate.

    Pairs of neighbouring bytes decide everything except the number of points and exponents.
    """
    follow = np.frombuffer(data.translate(_MAY_FOLLOW), np.uint8)
    parts = data.translate(_CLASS, _DIGITS + _SIGNS)
    return (
        parts.translate(None, bytes([_POINT, _EXPONENT])) == layout
        and bool((follow[:-1] & classes[1:]).all())
        and not any(pair in parts for pair in _FORBIDDEN)
    )


def _parse_decimals(
    data: bytes, start: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Parse decimal numbers; the values are rounded as by `float`.

    An integer below 2^53 and a power of ten up to 10^22 are exact in float64, so that their
    quotient is rounded once (Clinger, PLDI 1990). All other numbers are passed to `float`.

    Args:
        data: The text.
        start: Offset of the first byte of each number, any shape.
        end: Offset of the separator after each number, the same shape.

    Returns:
        The values, the same shape.
    """
    text = np.frombuffer(data, np.uint8)
    digits = np.zeros(start.shape, np.int64)
    places = np.zeros(start.shape, np.int64)
    fraction = np.zeros(start.shape, np.bool_)
    exponent = np.zeros(start.shape, np.bool_)
    for offset in range(min(int((end - start).max()), _MAX_CHARACTERS)):
        byte = text[np.minimum(start + offset, end)]
        digit = byte - ord("0")  # uint8 wraps around: only digits give values below 10
        is_digit = digit < 10
        digits = np.where(is_digit, 10 * digits + digit, digits)
        places += fraction & is_digit
        fraction |= byte == ord(".")
        exponent |= byte >= ord("E")
    values = digits / _POWERS_OF_TEN[places]
    values = np.where(text[start] == ord("-"), -values, values)
    for other in zip(
        *np.nonzero(exponent | (digits >= 2**53) | (end - start > _MAX_CHARACTERS)), strict=True
    ):
        values[other] = float(data[start[other] : end[other]])
    return values
