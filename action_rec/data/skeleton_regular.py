"""The fast path of the ``.skeleton`` parser, for files laid out as the recorder writes them."""

from itertools import repeat

import numpy as np

from action_rec.data.recording import (
    BODY_FIELDS,
    JOINT_FIELDS,
    MAX_BODY_ID,
    MAX_DIGITS,
    NUM_JOINTS,
    Recording,
)

_BODY_LINES = 2 + NUM_JOINTS
_BODY_SEPARATORS = (
    b" " * (BODY_FIELDS - 1) + b"\n\n" + (b" " * (JOINT_FIELDS - 1) + b"\n") * NUM_JOINTS
)

_DIGITS, _SIGNS, _SEPARATORS = b"0123456789", b"+-", b" \n"
_NUMBER_CHARACTERS = _DIGITS + _SIGNS + b".eE"


def _table(values: dict[bytes, int]) -> bytes:
    """A translation of bytes: the characters of each key become its value, all others 0."""
    return bytes(sum(value for key, value in values.items() if byte in key) for byte in range(256))


# One bit per kind of character, and the bits of those that may come next in a decimal number.
_DIGIT, _SIGN, _POINT, _EXPONENT, _SEPARATOR = 1, 2, 4, 8, 16
_KIND = _table(
    {_DIGITS: _DIGIT, _SIGNS: _SIGN, b".": _POINT, b"eE": _EXPONENT, _SEPARATORS: _SEPARATOR}
)
_MAY_FOLLOW = _table(
    {
        _DIGITS: _DIGIT | _POINT | _EXPONENT | _SEPARATOR,
        _SIGNS: _DIGIT,
        b".": _DIGIT,
        b"eE": _DIGIT | _SIGN,
        _SEPARATORS: _DIGIT | _SIGN,
    }
)
# What the pairs cannot see: in one number, a second point or exponent, or a point in the exponent.
_TWICE = tuple(map(bytes, ((_POINT, _POINT), (_EXPONENT, _EXPONENT), (_EXPONENT, _POINT))))


def parse_regular(data: bytes) -> Recording | None:
    """Parse a file laid out exactly as the Kinect recorder lays it out, at full speed.

    All lines are checked in bulk and nothing passes that `parse_lines` would reject; at any doubt
    the result is None, and `parse_lines` decides.
    """
    data = data.replace(b"\r\n", b"\n").rstrip() + b"\n"
    if not _holds_numbers_only(data):
        return None
    lines = data.split(b"\n")
    try:
        starts, frames, separators = _walk(lines)
        # Without the characters of numbers only the layout is left: one comparison checks it all.
        if data.translate(None, _NUMBER_CHARACTERS) != separators:
            return None
        body_ids = [_count(lines[start].split(b" ", 1)[0]) for start in starts]
        xyz = [
            token
            for start in starts
            for line in lines[start + 2 : start + _BODY_LINES]
            for token in line.split(b" ", 3)[:3]
        ]
        joints = np.fromiter(map(float, xyz), np.float64, len(xyz)).reshape(-1, NUM_JOINTS, 3)
    except (ValueError, IndexError):
        return None
    if (
        not body_ids
        or max(body_ids) > MAX_BODY_ID
        or len(set(zip(frames, body_ids, strict=True))) < len(body_ids)
        or any(lines[start + 1] != b"25" for start in starts)
        or not np.isfinite(joints).all()
    ):
        return None
    return Recording.from_appearances(int(lines[0]), frames, body_ids, joints)


def _walk(lines: list[bytes]) -> tuple[list[int], list[int], bytes]:
    """Follow the counts through the lines.

    Returns:
        The line (from 0) on which every body starts, the frame of every body, and the separators
        that a file of these counts has.

    Raises:
        ValueError, IndexError: The counts do not lead exactly to the last line.
    """
    position = 1
    starts: list[int] = []
    frames: list[int] = []
    layout = [b"\n"]
    for frame in range(_count(lines[0])):
        bodies = _count(lines[position])
        end = position + 1 + bodies * _BODY_LINES
        if end >= len(lines):  # before anything grows with a count that may lie
            raise ValueError
        starts.extend(range(position + 1, end, _BODY_LINES))
        frames.extend(repeat(frame, bodies))
        layout.append(b"\n" + _BODY_SEPARATORS * bodies)
        position = end
    if position != len(lines) - 1:  # what follows the last newline
        raise ValueError
    return starts, frames, b"".join(layout)


def _count(text: bytes) -> int:
    if not text.isdigit() or len(text) > MAX_DIGITS:
        raise ValueError
    return int(text)


def _holds_numbers_only(data: bytes) -> bool:
    """Whether all that stands between single separators are plain decimal numbers.

    The pairs of neighbouring bytes decide all but the number of points and exponents.
    """
    follow = np.frombuffer(data.translate(_MAY_FOLLOW), np.uint8)
    kind = np.frombuffer(data.translate(_KIND), np.uint8)
    parts = data.translate(_KIND, _DIGITS + _SIGNS)
    return bool((follow[:-1] & kind[1:]).all()) and not any(twice in parts for twice in _TWICE)
