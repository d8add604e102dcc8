"""Hostile variants of recordings: every part of a real file, mutated.

JSON is walked node by node: each is replaced by values of other types, numbers also by NaN, huge
and negative ones; lists are emptied, cut and repeated; keys are left out. The text of every format
is also truncated, damaged and written in other encodings.
"""

import copy
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.skeletons.pose_files import (
    JSON,
    mediapipe_table,
    openpose_frame,
    scored,
    walkers,
    wide_table,
)
from tests.synthetic import skeleton_text, standing

Variant = tuple[str, str, bytes]  # what was done, the suffix of the file, its content

_VALUES: tuple[Any, ...] = (
    *(None, True, "", "x", "1", [], {}, [[]], [None], {"x": 1}, -1, 0, 1.5),
    *(float("nan"), float("inf"), 1e308, 10**400, -(2**63), [[1, 2], [3]], "\ud800", "a\0b"),
)
_CELLS = ("", "x", "nan", "inf", "1e400", "-1", "9" * 30, '"', "\0", "٣", "1,2", " ")
_TEXTS = (b"", b"\0", b"[", b"{}", b"[]", b"null", b"0", b'"x"', b"[" * 100_000, b"\xff\xfe\xfd")
_NODES = 24  # of each structure: the first of each kind of place
_FRAMES = 3


def variants(seed: int) -> Iterator[Variant]:
    """All variants; the seed chooses which values replace which nodes.

    Args:
        seed: Of the choices.
    """
    rng = np.random.default_rng(seed)
    poses = walkers(frames=_FRAMES)
    for tool, write in JSON.items():
        of_tool = walkers(_FRAMES, 2, 33, coordinates=3) if "mediapipe" in tool else poses
        yield from _of_json(tool, write(of_tool, scored(of_tool)), rng, ".json")
    frame = openpose_frame([(0, poses[0, 0], scored(poses)[0, 0])])
    yield from _of_json("openpose", frame, rng, "_keypoints.json")
    landmarks = walkers(_FRAMES, 1, 33, coordinates=3)
    yield from _of_text("landmarks", mediapipe_table(landmarks, scored(landmarks)), rng, ".csv")
    yield from _of_text("wide", wide_table(poses, scored(poses)), rng, ".csv")
    text = skeleton_text([[(7, joints)] for joints in standing(0, _FRAMES)])
    yield from _of_text("kinect", text.decode(), rng, ".skeleton")
    yield from _of_array(poses)


def _of_json(name: str, content: Any, rng: Any, suffix: str) -> Iterator[Variant]:  # noqa: ANN401
    text = json.dumps(content)
    yield from ((f"{name}: {what}", suffix, data) for what, data in _damaged(text, rng))
    for place in _places(content):
        shown = f"{name}: {'.'.join(map(str, place))}"
        for value in rng.choice(len(_VALUES), 3, replace=False):
            changed = _replaced(content, place, _VALUES[value])
            yield f"{shown} is {_VALUES[value]!r:.20}", suffix, json.dumps(changed).encode()
        node = _at(content, place)
        if isinstance(node, list) and node:
            for what, other in (("cut", node[:-1]), ("twice", node * 2), ("nested", [node])):
                changed = _replaced(content, place, other)
                yield f"{shown} {what}", suffix, json.dumps(changed).encode()
        if place and isinstance(place[-1], str):
            changed = copy.deepcopy(content)
            del _at(changed, place[:-1])[place[-1]]
            yield f"{shown} left out", suffix, json.dumps(changed).encode()


def _places(content: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """The paths to the first nodes of every kind: those that differ in more than an index."""
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    def walk(node: Any, place: tuple[Any, ...]) -> None:  # noqa: ANN401
        kind = tuple(key if isinstance(key, str) else min(key, 1) for key in place)
        found.setdefault(kind, place)
        parts = node.items() if isinstance(node, dict) else enumerate(node)
        for key, part in parts:
            if isinstance(part, dict | list):
                walk(part, (*place, key))
            else:
                leaf = (*place, key)
                found.setdefault((*kind, key if isinstance(key, str) else min(key, 1)), leaf)

    walk(content, ())
    return list(found.values())[:_NODES]


def _at(content: Any, place: tuple[Any, ...]) -> Any:  # noqa: ANN401
    for key in place:
        content = content[key]
    return content


def _replaced(content: Any, place: tuple[Any, ...], value: Any) -> Any:  # noqa: ANN401
    if not place:
        return value
    changed = copy.deepcopy(content)
    _at(changed, place[:-1])[place[-1]] = value
    return changed


def _damaged(text: str, rng: Any) -> Iterator[tuple[str, bytes]]:  # noqa: ANN401
    data = text.encode()
    for index, other in enumerate(_TEXTS):
        yield f"text {index} instead", other
    for encoding in ("utf-16", "utf-32", "utf-8-sig", "cp500"):
        yield encoding, text.encode(encoding)
    for cut in rng.integers(1, len(data), 4):
        yield f"cut at {cut}", data[:cut]
        yield f"without byte {cut}", data[:cut] + data[cut + 1 :]
        yield f"byte {cut} is 255", data[:cut] + b"\xff" + data[cut + 1 :]
    yield "twice", data * 2


def _of_text(name: str, text: str, rng: Any, suffix: str) -> Iterator[Variant]:  # noqa: ANN401
    yield from ((f"{name}: {what}", suffix, data) for what, data in _damaged(text, rng))
    separator = "," if suffix == ".csv" else " "
    lines = text.splitlines()
    for row in (0, 1, 2, len(lines) - 1):
        for what, rows in (
            ("left out", [*lines[:row], *lines[row + 1 :]]),
            ("twice", [*lines[: row + 1], *lines[row:]]),
        ):
            yield f"{name}: line {row} {what}", suffix, "\n".join(rows).encode()
        cells = lines[row].split(separator)
        for column in range(min(4, len(cells))):
            for cell in rng.choice(len(_CELLS), 3, replace=False):
                changed = [*cells[:column], _CELLS[cell], *cells[column + 1 :]]
                rows = [*lines[:row], separator.join(changed), *lines[row + 1 :]]
                what = f"{name}: cell {row},{column} is {_CELLS[cell]!r:.20}"
                yield what, suffix, "\n".join(rows).encode()


def _of_array(poses: Any) -> Iterator[Variant]:  # noqa: ANN401
    def saved(array: Any) -> bytes:  # noqa: ANN401
        file = io.BytesIO()
        np.save(file, array)
        return file.getvalue()

    good = saved(poses)
    for dtype in ("f2", ">f8", "i8", "u1", "?", "c16", "U5", "M8[s]", "V4"):
        yield f"array of {dtype}", ".npy", saved(np.zeros(poses.shape, dtype))
    for shape in ((0, 17, 2), (4, 0, 2), (4, 17, 0), (1,) * 9, (), (17, 2, 4), (3, 60, 17, 2)):
        yield f"array of {shape}", ".npy", saved(np.ones(shape))
    for value in (np.nan, np.inf, 1e308, 0):
        yield f"array of {value}", ".npy", saved(np.full(poses.shape, value))
    for cut in (0, 5, 40, 100, len(good) - 8):
        yield f"array cut at {cut}", ".npy", good[:cut]
    for old, new in ((b"(3, 2", b"(9, 2"), (b"<f8", b"|O8"), (b"False", b"True "), (b"17", b"-7")):
        yield f"array whose header has {new!r}", ".npy", good.replace(old, new, 1)
