"""A WebSocket server: every connection is a stream with a state of its own."""

import asyncio
import json
import logging
import signal
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from action_rec.errors import InputError
from action_rec.live.messages import LONGEST_MESSAGE, Conversation

_CLOSING = 2.0  # seconds that clients are given at the end
_TRY_AGAIN = 1013  # RFC 6455's registry: try again later
_LOOPBACK = "127.0.0.1"


class LiveServer:
    """Answers JSON frames with JSON labels.

    A connection that sends frames faster than they are computed does not get late answers: of the
    frames that wait, the oldest are dropped, and each answer says how many were so far.

    Args:
        start: Starts the conversation of a connection.
        queue: The most frames of a connection that wait.
        max_connections: The most connections at a time; others are closed.
    """

    def __init__(
        self, start: Callable[[], Conversation], queue: int = 32, max_connections: int = 100
    ) -> None:
        for name, number in (("queue", queue), ("max_connections", max_connections)):
            if number < 1:
                raise InputError(f"{name} must be at least 1, got {number}")
        self.start = start
        self.queue = queue
        self.max_connections = max_connections
        self.connections = 0

    async def listen(self, host: str, port: int) -> Server:
        """Start to listen; port 0 is any that is free.

        Raises:
            InputError: The address cannot be used.
        """
        logging.getLogger("websockets.server").addFilter(_is_shown)
        try:
            # Of messages that are too long, only those of more than twice that end the connection.
            return await serve(
                self._answer, host, port, max_size=2 * LONGEST_MESSAGE, close_timeout=_CLOSING
            )
        except (OSError, OverflowError) as error:
            raise InputError(
                f"--listen {host}:{port} cannot be used ({error}); choose another port"
            ) from None

    async def run(self, host: str, port: int) -> None:
        """Serve until Ctrl-C.

        Raises:
            InputError: The address cannot be used.
        """
        server = await self.listen(host, port)
        for socket in server.sockets:
            name, number = socket.getsockname()[:2]
            address = f"[{name}]" if ":" in name else name
            print(f"listening on ws://{address}:{number}; end with Ctrl-C", file=sys.stderr)
        sys.stderr.flush()
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGINT, stopped.set)
        await stopped.wait()
        loop.remove_signal_handler(signal.SIGINT)  # another Ctrl-C does not wait for clients
        server.close()
        await server.wait_closed()

    async def _answer(self, connection: ServerConnection) -> None:
        if self.connections >= self.max_connections:
            await connection.close(_TRY_AGAIN, f"there are {self.connections} connections")
            return
        self.connections += 1
        waiting = _Waiting(self.queue)
        reading = asyncio.create_task(_read(connection, waiting))
        try:
            with suppress(ConnectionClosed):  # a client may leave at any time
                await self._talk(connection, waiting)
        finally:
            reading.cancel()
            self.connections -= 1

    async def _talk(self, connection: ServerConnection, waiting: "_Waiting") -> None:
        conversation = self.start()
        while (message := await waiting.next()) is not None:
            conversation.frames += waiting.take_dropped()
            answer = conversation.answer_message(message)
            await connection.send(json.dumps(answer | {"dropped": waiting.dropped}))
            await asyncio.sleep(0)  # the turn of the other connections


class _Waiting:
    """The messages of a connection that wait, at most `size`."""

    def __init__(self, size: int) -> None:
        self.messages: deque[str | bytes] = deque(maxlen=size)
        self.dropped = 0
        self._new = 0  # dropped since `take_dropped`
        self._ended = False
        self._something = asyncio.Event()

    def add(self, message: str | bytes) -> None:
        if len(self.messages) == self.messages.maxlen:
            self.dropped += 1
            self._new += 1
        self.messages.append(message)
        self._something.set()

    def end(self) -> None:
        self._ended = True
        self._something.set()

    def take_dropped(self) -> int:
        new, self._new = self._new, 0
        return new

    async def next(self) -> str | bytes | None:
        """Wait for the oldest message; None after the last."""
        while not self.messages:
            if self._ended:
                return None
            self._something.clear()
            await self._something.wait()
        return self.messages.popleft()


async def _read(connection: ServerConnection, waiting: _Waiting) -> None:
    """Take messages from the connection as they come, however long their answers take."""
    with suppress(ConnectionClosed):
        async for message in connection:
            waiting.add(message)
    waiting.end()


def _is_shown(record: logging.LogRecord) -> bool:
    """A failed handshake, such as that of a port scan, is no error of this program."""
    return "handshake failed" not in record.getMessage()


def parse_address(text: str) -> tuple[str, int]:
    """Read HOST:PORT; without a host, that of this machine alone.

    Raises:
        InputError: There is no port.
    """
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise InputError(f"--listen needs HOST:PORT, such as {_LOOPBACK}:8765, got '{text:.80}'")
    return host.strip("[]") or _LOOPBACK, int(port)
