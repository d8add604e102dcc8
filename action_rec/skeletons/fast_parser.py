"""The fast path of the ``.skeleton`` parser, for files laid out as the recorder writes them."""

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
# Where x, y and z of every joint stand among the fields of a body.
_XYZ = BODY_FIELDS + 1 + np.add.outer(JOINT_FIELDS * np.arange(NUM_JOINTS), np.arange(3))

_DIGITS, _SIGNS = b"0123456789", b"+-"


def _table(values: dict[bytes, int]) -> bytes:
    """A translation of bytes: the characters of each key become its value, all others 0."""
    return bytes(sum(value for key, value in values.items() if byte in key) for byte in range(256))


# One bit per kind of character, and the bits of those that may come next in a decimal number.
_DIGIT, _SIGN, _POINT, _EXPONENT, _BLANK, _NEWLINE = 1, 2, 4, 8, 16, 32
_SEPARATOR = _BLANK | _NEWLINE
_KIND = _table(
    {
        _DIGITS: _DIGIT,
        _SIGNS: _SIGN,
        b".": _POINT,
        b"eE": _EXPONENT,
        b" ": _BLANK,
        b"\n": _NEWLINE,
    }
)
_MAY_FOLLOW = _table(
    {
        _DIGITS: _DIGIT | _POINT | _EXPONENT | _SEPARATOR,
        _SIGNS: _DIGIT,
        b".": _DIGIT,
        b"eE": _DIGIT | _SIGN,
        b" \n": _DIGIT | _SIGN,
    }
)
# What the pairs cannot see: in one number, a second point or exponent, or a point in the exponent.
_TWICE = tuple(map(bytes, ((_POINT, _POINT), (_EXPONENT, _EXPONENT), (_EXPONENT, _POINT))))
_BODY_LAYOUT = (
    b" " * (BODY_FIELDS - 1) + b"\n\n" + (b" " * (JOINT_FIELDS - 1) + b"\n") * NUM_JOINTS
).translate(_KIND)
_LINE_LAYOUT = bytes([_NEWLINE])

_POWERS_OF_TEN = 10.0 ** np.arange(20)
_MOST_CHARACTERS = 18  # whose digits an int64 holds


def parse_regular(data: bytes) -> Recording | None:
    """Parse a file laid out exactly as the Kinect recorder lays it out, at full speed.

    All lines are checked in bulk and nothing passes that `parse_lines` would reject; at any doubt
    the result is None, and `parse_lines` decides.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    data = data.rstrip() + b"\n"
    lines = data.split(b"\n")
    try:
        starts, frames, layout = _walk(lines)
        body_ids = [_count(lines[start].split(b" ", 1)[0]) for start in starts]
    except (ValueError, IndexError):
        return None
    kind = np.frombuffer(data.translate(_KIND), np.uint8)
    if (
        not _is_laid_out(data, kind, layout)
        or not body_ids
        or max(body_ids) > MAX_BODY_ID
        or len(set(zip(frames, body_ids, strict=True))) < len(body_ids)
        or any(lines[start + 1] != b"25" for start in starts)
    ):
        return None
    # The bodies follow the number of frames and, each frame, the number of bodies.
    first = 2 + np.array(frames) + _BODY_FIELDS * np.arange(len(frames))
    fields = np.add.outer(first, _XYZ)
    ends = np.flatnonzero(kind >= _BLANK)
    joints = _decimals(data, ends[fields - 1] + 1, ends[fields])
    if not np.isfinite(joints).all():
        return None
    return Recording.from_appearances(_count(lines[0]), frames, body_ids, joints)


def _walk(lines: list[bytes]) -> tuple[list[int], list[int], bytes]:
    """Follow the counts through the lines.

    Returns:
        The line (from 0) on which every body starts, the frame of every body, and the kinds of
        all separators in a file of these counts.

    Raises:
        ValueError, IndexError: The counts do not lead exactly to the last line.
    """
    position = 1
    starts: list[int] = []
    frames: list[int] = []
    layout = [_LINE_LAYOUT]
    for frame in range(_count(lines[0])):
        bodies = _count(lines[position])
        end = position + 1 + bodies * _BODY_LINES
        if end >= len(lines):  # before anything grows with a count that may lie
            raise ValueError
        starts.extend(range(position + 1, end, _BODY_LINES))
        frames.extend(repeat(frame, bodies))
        layout.append(_LINE_LAYOUT + _BODY_LAYOUT * bodies)
        position = end
    if position != len(lines) - 1:  # what follows the last newline
        raise ValueError
    return starts, frames, b"".join(layout)


def _count(text: bytes) -> int:
    if not text.isdigit() or len(text) > MAX_DIGITS:
        raise ValueError
    return int(text)


def _is_laid_out(data: bytes, kind: NDArray[np.uint8], layout: bytes) -> bool:
    """Whether plain decimal numbers stand between single separators, which are those of the layout.

    The pairs of neighbouring bytes decide all but the number of points and exponents.
    """
    follow = np.frombuffer(data.translate(_MAY_FOLLOW), np.uint8)
    parts = data.translate(_KIND, _DIGITS + _SIGNS)
    return (
        parts.translate(None, bytes([_POINT, _EXPONENT])) == layout
        and bool((follow[:-1] & kind[1:]).all())
        and not any(twice in parts for twice in _TWICE)
    )


def _decimals(data: bytes, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    """The values of decimal numbers, each rounded as `float` rounds it.

    An integer below 2^53 and a power of ten up to 10^22 are exact in float64, so that dividing one
    by the other rounds once (Clinger, PLDI 1990). The few other numbers are left to `float`.

    Args:
        data: The text.
        start: Where each number starts, of any shape.
        end: Where the separator after it stands.
    """
    text = np.frombuffer(data, np.uint8)
    digits = np.zeros(start.shape, np.int64)
    places = np.zeros(start.shape, np.int64)
    fraction = np.zeros(start.shape, np.bool_)
    exponent = np.zeros(start.shape, np.bool_)
    for offset in range(min(int((end - start).max()), _MOST_CHARACTERS)):
        byte = text[np.minimum(start + offset, end)]
        digit = byte - ord("0")  # wraps around below it, so that digits alone are below 10
        is_digit = digit < 10
        digits = np.where(is_digit, 10 * digits + digit, digits)
        places += fraction & is_digit
        fraction |= byte == ord(".")
        exponent |= byte >= ord("E")
    values = digits / _POWERS_OF_TEN[places]
    values = np.where(text[start] == ord("-"), -values, values)
    for other in zip(
        *np.nonzero(exponent | (digits >= 2**53) | (end - start > _MOST_CHARACTERS)), strict=True
    ):
        values[other] = float(data[start[other] : end[other]])
    return values
