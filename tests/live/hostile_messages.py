"""Messages that no client should send, by what is wrong with them."""

import json
from collections.abc import Iterator

import numpy as np

from action_rec.live.messages import LONGEST_MESSAGE

# Text that an answer to each kind contains.
KINDS = {
    "text": "not JSON",
    "deep": "not JSON",
    "number": "not JSON",
    "other": "needed is",
    "request": "is unknown",
    "shape": "joints of shape",
    "words": "a list of numbers",
    "not a number": "is not a number",
    "huge": "more than any camera sees",
    "unit": "name their unit",
    "crowd": "bodies, more than the",
    "long": "more than the",
}


def hostile_messages(seed: int, joints: int = 5) -> Iterator[tuple[str, str | bytes]]:
    """Yield the kind of each message and the message, in a random order."""
    random = np.random.default_rng(seed)
    body = random.normal(0, 0.4, (joints, 3)).round(3).tolist()
    broken = [row[:] for row in body]
    broken[int(random.integers(joints))][int(random.integers(3))] = float("nan")
    whole = json.dumps({"joints": body})
    empty: list[object] = [None, [], 7, "joints", {}, {"joints": body, "bodies": {}}]
    given: list[object] = [None, [], 3, "a"]
    asked: list[object] = [None, [], {}, "sudo", 1e400]
    made: list[tuple[str, object]] = [
        ("text", whole[: int(random.integers(1, len(whole)))]),
        ("text", random.bytes(40)),
        ("text", ""),
        ("deep", "[" * 100_000),
        ("number", '{"joints": ' + "9" * 5000 + "}"),
        *(("other", one) for one in empty),
        *(("other", {"bodies": one}) for one in given),
        *(("request", {"request": one}) for one in asked),
        *(("shape", {"joints": one}) for one in ([], 0, body[:-1], [body] * 2, [[1, 2]] * joints)),
        ("shape", {"bodies": {"a": [[*row, 0] for row in body]}}),
        *(("words", {"joints": one}) for one in ("a", {"x": 1}, [["x"] * 3] * joints)),
        ("words", {"joints": [*body[:-1], [10**400, 0, 0]]}),
        ("words", {"joints": [*body[:-1], [1]]}),
        ("not a number", {"joints": broken}),
        ("not a number", {"bodies": {"a": [*body[:-1], [None, 0, 0]]}}),
        ("huge", {"joints": [*body[:-1], [0, 0, 1e300]]}),
        ("unit", {"joints": (1000 * np.array(body)).tolist()}),
        ("crowd", {"bodies": dict.fromkeys(map(str, range(101)), body)}),
        ("long", whole + " " * LONGEST_MESSAGE),
    ]
    for index in random.permutation(len(made)):
        kind, message = made[index]
        yield kind, message if isinstance(message, str | bytes) else json.dumps(message)
