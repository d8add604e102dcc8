"""Tests of the .skeleton parsers: exact values, errors, and agreement of both parsers."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from action_rec.errors import InputError
from action_rec.skeletons.fast_parser import parse_regular
from action_rec.skeletons.parser import parse_lines, parse_skeleton
from action_rec.skeletons.recording import Recording
from tests.skeletons.damaged_files import damaged_files
from tests.skeletons.fuzz_parser import check_input, same
from tests.synthetic import recording, skeleton_text, standing

LARGEST_ID = 2**63 - 1
JOINTS = standing(seed=1, frames=4)
# Four frames: bodies 8 and LARGEST_ID; no body; the same two in the other order; body 8 alone.
VALID = skeleton_text(
    [
        [(8, JOINTS[0]), (LARGEST_ID, JOINTS[1])],
        [],
        [(LARGEST_ID, JOINTS[2]), (8, JOINTS[3])],
        [(8, JOINTS[0])],
    ]
)


@pytest.mark.parametrize(
    "parse", [parse_regular, lambda data: parse_lines(data, "f")], ids=["fast", "line by line"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("tail", [b"", b"\n\r\n \n"], ids=["", "blank lines"])
def test_both_parsers_return_exact_ids_frames_and_joints(
    parse: Callable[[bytes], Recording], newline: str, tail: bytes
) -> None:
    parsed = parse(VALID.replace(b"\n", newline.encode()) + tail)
    assert parsed.num_frames == 4
    eight, largest = parsed.bodies
    assert (eight.body_id, largest.body_id) == (8, LARGEST_ID)
    assert eight.frames.tolist() == [0, 2, 3]
    assert largest.frames.tolist() == [0, 2]
    np.testing.assert_array_equal(eight.joints, JOINTS[[0, 3, 0]])
    np.testing.assert_array_equal(largest.joints, JOINTS[[1, 2]])


def test_without_the_last_newline() -> None:
    assert same(parse_skeleton(VALID.rstrip(), "f"), parse_skeleton(VALID, "f"))


def line(number: int, text: bytes) -> Callable[[bytes], bytes]:
    """Return an edit that replaces a line, from 1; lines 5 to 29 are joints of the first body."""

    def edit(data: bytes) -> bytes:
        lines = data.split(b"\n")
        lines[number - 1] = text
        return b"\n".join(lines)

    return edit


def without_lines(first: int, last: int) -> Callable[[bytes], bytes]:
    """Return an edit that removes lines `first` to `last`, counted from 1, inclusive."""
    return lambda data: b"\n".join(
        text for i, text in enumerate(data.split(b"\n"), 1) if not first <= i <= last
    )


REST = b" 1 2 3 4 5 6 7 8 9"
INVALID: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", "'f' is empty"),
    "blank": (lambda data: b" \r\n\n", "'f' is empty"),
    "no frames": (lambda data: b"0\n", "line 1: got '0', but the number of frames"),
    "no body": (lambda data: b"2\n0\n0\n", "no body in any of its 2 frames"),
    "cut in a line": (lambda data: data[:1000], "line 14: got"),
    "cut between lines": (
        lambda data: b"\n".join(data.split(b"\n")[:10]),
        "ends after line 10 where the fields of a joint must follow",
    ),
    "more frames claimed": (line(1, b"5"), "ends after line 140 where the number of bodies"),
    "fewer frames claimed": (line(1, b"3"), "line 113: got '1', but the file must end after the 3"),
    "10^9 frames claimed": (line(1, b"1000000000"), "ends after line 140"),
    "20 digits": (line(1, b"1" * 20), "line 1: got '1{20}'"),
    "5000 digits": (line(1, b"1" * 5000), "line 1: got '1{40}...'"),
    "negative frames": (line(1, b"-4"), "line 1: got '-4'"),
    "frames with a sign": (line(1, b"+4"), r"line 1: got '\+4'"),
    "negative bodies": (line(2, b"-2"), "line 2: got '-2'"),
    "more bodies claimed": (line(2, b"3"), "line 57: got '0', but the fields of a body, 10"),
    "10^18 bodies claimed": (line(2, b"1" + b"0" * 18), "line 57: got '0'"),
    "fewer bodies claimed": (line(2, b"1"), "line 30: got '9.*', but the number of bodies"),
    "24 joints": (line(4, b"24"), "line 4: got '24', but a Kinect v2 body has 25 joints"),
    "joints as a float": (line(4, b"25.0"), r"line 4: got '25\.0'"),
    "a joint missing": (without_lines(29, 29), "line 29: got"),
    "trailing line": (lambda data: data + b"1\n", "line 141: got '1', but the file must end"),
    "text for x": (line(5, b"abc 2 3" + REST), "line 5: got 'abc', but x, y and z must be finite"),
    "NaN for y": (line(5, b"1 NaN 3" + REST), "line 5: got 'NaN'"),
    "inf for z": (line(5, b"1 2 -inf" + REST), "line 5: got '-inf'"),
    "overflow": (line(5, b"1 2 1e999" + REST), "line 5: got '1e999'"),
    "underscore": (line(5, b"1 2 1_0" + REST), "line 5: got '1_0'"),
    "two points": (line(5, b"1 2 3 4 5.1.1 6 7 8 9 1 2 3"), r"line 5: got '5\.1\.1'"),
    "two exponents": (line(5, b"1 2 3 4 5e1e1 6 7 8 9 1 2 3"), "line 5: got '5e1e1'"),
    "point in exponent": (line(5, b"1 2 3 4 5e1.5 6 7 8 9 1 2 3"), r"line 5: got '5e1\.5'"),
    "a sign alone": (line(5, b"1 2 3 - 5 6 7 8 9 1 2 3"), "line 5: got '-'"),
    "a sign inside": (line(5, b"1 2 3 1-1 5 6 7 8 9 1 2 3"), "line 5: got '1-1'"),
    "text in an unused field": (line(5, b"1 2 3 4 5 6 7 8 9 1 2 x"), "line 5: got 'x'"),
    "11 fields": (line(5, b"1 2 3 4 5 6 7 8 9 1 2"), "line 5: .* 12 in all"),
    "13 fields": (line(5, b"1 2 3 4 5 6 7 8 9 1 2 3 4"), "line 5: .* 12 in all"),
    "9 body fields": (line(3, b"8 0 1 1 1 1 0 0 0"), "line 3: .* 10 in all"),
    "bodyID as a float": (line(3, b"8.0 0 1 1 1 1 0 0 0 2"), r"line 3: got '8\.0'"),
    "bodyID of 2^63": (
        line(3, b"%d 0 1 1 1 1 0 0 0 2" % 2**63),
        "line 3: got '9223372036854775808'",
    ),
    "text in a body": (line(3, b"8 0 1 yes 1 1 0 0 0 2"), "line 3: got 'yes'"),
    "one bodyID twice": (
        line(30, b"8 0 1 1 1 1 0 0 0 2"),
        "line 30: got '8', but a bodyID may occur only once in a frame",
    ),
    "not ASCII": (line(5, "½ 2 3".encode() + REST), "line 5: byte 0xc2 is not ASCII"),
}


@pytest.mark.parametrize(("edit", "message"), INVALID.values(), ids=INVALID)
def test_an_invalid_file_raises_with_its_line(edit: Callable[[bytes], bytes], message: str) -> None:
    invalid = edit(VALID)
    assert parse_regular(invalid) is None
    with pytest.raises(InputError, match=message) as caught:
        parse_skeleton(invalid, "f")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [b"1.5 +2. .5e1" + REST, b"1.5\t2  5 " + REST, b"1.5 2 5 NaN -Infinity 3 4 5 6 7 8 9"],
    ids=["other number formats", "other spaces", "no pixel coordinates"],
)
def test_valid_lines_in_another_layout_are_parsed(text: bytes) -> None:
    data = line(5, text)(VALID)
    assert parse_regular(data) is None
    assert parse_skeleton(data, "f").bodies[0].joints[0, 0].tolist() == [1.5, 2, 5]


@pytest.mark.parametrize("style", ["f", "e", "g"])
@pytest.mark.parametrize("digits", [0, 1, 6, 7, 15, 16, 17, 25])
def test_the_fast_parser_rounds_as_float_does(style: str, digits: int) -> None:
    rng = np.random.default_rng(digits)
    numbers = rng.normal(0, 1, (25, 3)) * 10.0 ** rng.integers(-12, 12, (25, 3))
    numbers[0] = (0.0, -0.0, 2**53 + 1)
    texts = [[f"{number:.{digits}{style}}" for number in joint] for joint in numbers.tolist()]
    joints = [f"{' '.join(xyz)} {REST.decode().strip()}" for xyz in texts]
    data = "\n".join(["1", "1", "8 0 1 1 1 1 0 0 0 2", "25", *joints, ""]).encode()
    regular = parse_regular(data)
    assert regular is not None
    expected = np.array([[float(text) for text in xyz] for xyz in texts])
    assert regular.bodies[0].joints[0].tobytes() == expected.tobytes()


def test_damaged_files_are_converted_or_rejected_and_both_parsers_agree() -> None:
    results = Counter(map(check_input, damaged_files(3000)))
    assert results["fast"] > 200
    assert results["slow"] > 20
    assert results.total() - results["fast"] - results["slow"] > 1000
    assert len(results) > 1000  # messages contain the line


@pytest.mark.parametrize("line", [b"0\n", b"\n", b"1 2 3 4 5 6 7 8 9 1 2 3\n"])
def test_a_file_with_too_many_lines_raises(line: bytes) -> None:
    # At two bytes a line, 32 MB took 11 s and 1.6 GB before lines were counted.
    with pytest.raises(InputError, match="'f' has 500,001 lines, more than the 500,000 that a rec"):
        parse_skeleton(b"500000\n" + 500_000 * line, "f")


def test_a_repeated_body_id_is_found_among_3000_bodies() -> None:
    # In the line-by-line parser; a linear search per body took half a minute.
    joints = standing(seed=1, frames=1)[0].round(1)
    crowd = skeleton_text([[(body_id, joints) for body_id in (*range(3000), 7)]])
    with pytest.raises(InputError, match="got '7', but a bodyID may occur only once in a frame"):
        parse_skeleton(crowd.replace(b"\n25\n", b"\n25 \n"), "f")


def test_the_fuzzer_detects_a_difference_of_the_parsers(monkeypatch: pytest.MonkeyPatch) -> None:
    other = parse_skeleton(recording(2), "f")
    monkeypatch.setattr("tests.skeletons.fuzz_parser.parse_lines", lambda data, file: other)
    with pytest.raises(AssertionError, match="the parsers differ"):
        check_input(VALID)


def test_real_recordings_are_parsed_by_the_fast_parser(real_recordings: Path) -> None:
    files = sorted(real_recordings.glob("*.skeleton"))
    assert len(files) == 12
    for file in files:
        data = file.read_bytes()
        regular = parse_regular(data)
        assert regular is not None
        assert same(regular, parse_lines(data, file.name))
