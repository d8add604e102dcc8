"""The WebSocket server: a state for each connection, whatever the others send."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from action_rec.errors import InputError
from action_rec.live import LiveBodies, LiveRecognizer
from action_rec.live.engine import Array, TorchEngine
from action_rec.live.messages import LONGEST_MESSAGE, Conversation
from action_rec.live.server import LiveServer, parse_address
from tests.live.engines import person, small_engine
from tests.live.hostile_messages import KINDS, hostile_messages

REJECT: dict[str, Any] = {"rules": {"name": "as recorded", "missing": "reject"}, "body_size": 0.6}
Client = Callable[[str], Coroutine[Any, Any, None]]


def serve(client: Client, engine: TorchEngine, **settings: int) -> LiveServer:
    """Run a client, given the address, against a server."""
    server = LiveServer(lambda: Conversation(LiveBodies(engine), top=4), **settings)

    async def run() -> None:
        listening = await server.listen("127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        try:
            await asyncio.wait_for(client(f"ws://127.0.0.1:{port}"), 60)
        finally:
            listening.close()
            await listening.wait_closed()

    asyncio.run(run())
    return server


async def ask(connection: ClientConnection, message: object) -> dict[str, Any]:
    raw = message if isinstance(message, str | bytes) else json.dumps(message)
    await connection.send(raw)
    answer: dict[str, Any] = json.loads(await connection.recv())
    return answer


def check(engine: TorchEngine, frames: Iterable[Any], answers: list[dict[str, Any]]) -> None:
    """Check that answers are those of the frames alone."""
    wanted = LiveRecognizer(engine).forward_steps(frames)
    for answer, probabilities in zip(answers, wanted, strict=True):
        (label,) = answer["labels"]
        assert label["label"] == engine.class_names[probabilities.argmax()]
        given = dict(map(tuple, label["top"]))
        found = [given[name] for name in engine.class_names]
        np.testing.assert_allclose(found, probabilities, rtol=0, atol=1e-4)
        assert label["probability"] == max(found)


def test_fifty_connections_at_once_have_the_labels_they_have_alone() -> None:
    engine = small_engine()
    answers: dict[int, list[dict[str, Any]]] = {}

    async def talk(address: str, number: int) -> None:
        async with connect(address) as connection:
            frames = person(number, 10).tolist()
            answers[number] = [await ask(connection, {"joints": frame}) for frame in frames]

    async def client(address: str) -> None:
        await asyncio.gather(*(talk(address, number) for number in range(50)))

    server = serve(client, engine)
    for number in range(50):
        check(engine, person(number, 10), answers[number])
        assert [answer["frame"] for answer in answers[number]] == list(range(10))
    assert server.connections == 0


def test_hostile_messages_are_answered_and_the_stream_goes_on() -> None:
    engine = small_engine(**REJECT)
    frames = person(0, 40)
    answers: list[dict[str, Any]] = []
    kinds = set()

    async def client(address: str) -> None:
        async with connect(address) as connection:
            for (kind, message), frame in zip(hostile_messages(0), frames, strict=False):
                answer = await ask(connection, message)
                problems = [answer.get("error"), *answer.get("errors", {}).values()]
                assert any(KINDS[kind] in str(problem) for problem in problems), (kind, answer)
                assert len(json.dumps(answer)) < 1000
                kinds.add(kind)
                answers.append(await ask(connection, {"joints": frame.tolist()}))

    serve(client, engine)
    assert kinds == set(KINDS)
    check(engine, frames[: len(answers)], answers)


def test_a_message_beyond_all_bounds_ends_its_connection_alone() -> None:
    async def client(address: str) -> None:
        async with connect(address) as other, connect(address) as connection:
            await connection.send("x" * (2 * LONGEST_MESSAGE + 1))
            with pytest.raises(ConnectionClosed, match="1009"):
                await connection.recv()
            assert "labels" in await ask(other, {"joints": person(0, 1)[0].tolist()})

    assert serve(client, small_engine()).connections == 0


def test_a_client_that_vanishes_leaves_the_others() -> None:
    engine, frames = small_engine(), person(0, 6)
    answers: list[dict[str, Any]] = []

    async def client(address: str) -> None:
        async with connect(address) as other:
            for frame in frames:
                gone = await connect(address)
                for _ in range(3):
                    await gone.send(json.dumps({"joints": frame.tolist()}))
                gone.transport.abort()
                answers.append(await ask(other, {"joints": frame.tolist()}))

    assert serve(client, engine).connections == 0
    check(engine, frames, answers)


class _Slow(TorchEngine):
    """An engine that takes its time."""

    def step(self, frame: Array, states: Sequence[Array]) -> tuple[Array, list[Array]]:
        time.sleep(0.005)
        return super().step(frame, states)


def test_of_a_burst_the_oldest_frames_are_dropped_and_counted() -> None:
    engine = small_engine()
    engine.__class__ = _Slow
    frames = person(0, 400)
    answers: list[dict[str, Any]] = []

    async def client(address: str) -> None:
        async with connect(address) as connection:
            for frame in frames:
                await connection.send(json.dumps({"joints": frame.tolist()}))
            while not answers or answers[-1]["frame"] < len(frames) - 1:
                answers.append(json.loads(await connection.recv()))

    serve(client, engine, queue=4)
    dropped = [answer["dropped"] for answer in answers]
    assert dropped[-1] > 0
    assert dropped[-1] + len(answers) == len(frames)
    assert dropped == sorted(dropped)
    seen = [answer["frame"] for answer in answers]
    assert seen == sorted(set(seen))
    check(engine, frames[seen], answers)


def test_more_connections_than_allowed_are_told_to_try_again() -> None:
    async def client(address: str) -> None:
        async with connect(address) as first:
            second = await connect(address)
            with pytest.raises(ConnectionClosed, match=r"1013.*1 connections"):
                await second.recv()
            assert "labels" in await ask(first, {"bodies": {}})
        async with connect(address) as third:
            assert (await ask(third, {"bodies": {}}))["labels"] == []

    serve(client, small_engine(), max_connections=1)


def test_requests_describe_the_network_and_start_anew() -> None:
    engine, frames = small_engine(), person(0, 3)
    answers: list[dict[str, Any]] = []

    async def client(address: str) -> None:
        async with connect(address) as connection:
            described = await ask(connection, {"request": "describe"})
            assert described["class_names"] == engine.class_names
            assert described["joint_names"] == engine.joint_names
            assert described["unit"] == "metre"
            for _ in range(2):
                first = await ask(connection, {"joints": frames[0].tolist()})
                assert first["frame"] == 0
                check(engine, frames[:1], [first])
                assert (await ask(connection, {"request": "reset"}))["reset"] is True

    serve(client, engine)
    assert not answers


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("port", None),
        ("8765", ("127.0.0.1", 8765)),
        (":8765", ("127.0.0.1", 8765)),
        ("[::1]:80", ("::1", 80)),
        ("a:70000", None),
    ],
)
def test_addresses(text: str, address: tuple[str, int] | None) -> None:
    if address is None:
        with pytest.raises(InputError, match="--listen needs HOST:PORT"):
            parse_address(text)
    else:
        assert parse_address(text) == address


def test_an_address_in_use_is_a_sentence() -> None:
    async def client(address: str) -> None:
        port = int(address.rpartition(":")[2])
        other = LiveServer(lambda: Conversation(LiveBodies(small_engine())))
        with pytest.raises(InputError, match=f"--listen 127.0.0.1:{port} cannot be used"):
            await other.listen("127.0.0.1", port)

    serve(client, small_engine())
