"""``python -m action_rec stream``: labels for recordings, standard input or a WebSocket."""

import asyncio
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from action_rec.errors import InputError
from action_rec.live.bodies import LiveBodies, People
from action_rec.live.decision import DecisionRule
from action_rec.live.engine import StepEngine, load_engine
from action_rec.live.messages import LONGEST_MESSAGE, Answer, Conversation
from action_rec.live.output import JsonLines, LiveTable, Output
from action_rec.live.recognizer import caution_of
from action_rec.live.recordings import play, read_bodies
from action_rec.live.server import LiveServer, parse_address

_STDIN = "-"


@dataclass(frozen=True)
class _Settings:
    """What all streams of a run share: the arguments of `stream` of these names."""

    engine: StepEngine
    rule: DecisionRule | None
    unit: str | None
    people: People
    gone_after: int
    max_bodies: int
    top: int

    def start(self) -> Conversation:
        """Start a stream."""
        bodies = LiveBodies(
            self.engine,
            rule=self.rule,
            unit=self.unit,
            people=self.people,
            gone_after=self.gone_after,
            max_bodies=self.max_bodies,
        )
        return Conversation(bodies, self.top)


def stream(
    source: tuple[str, ...],
    *,
    ckpt_path: Path,
    listen: str | None = None,
    rate: float = 30.0,
    fast: bool = False,
    decision: Path | None = None,
    unit: str | None = None,
    people: People = "auto",
    gone_after: int = 30,
    max_bodies: int = 100,
    top: int = 0,
    queue: int = 16,
    json: bool = False,
) -> None:
    """Recognize actions frame by frame: in recordings, on standard input or for clients.

    SOURCE is one or more recordings, each a stream of its own, or - for JSON lines on standard
    input. The network must be causal; see docs/live.md, which describes the messages, too.

    Type for example:
      python -m action_rec stream --ckpt_path best.ckpt one.skeleton
      python -m action_rec stream --ckpt_path best.ckpt one.npy --fast --decision delay.json
      camera | python -m action_rec stream --ckpt_path best.ckpt -
      python -m action_rec stream --ckpt_path best.ckpt --listen 127.0.0.1:8765

    Args:
        source: Recordings, or - for standard input; none with --listen.
        ckpt_path: The .ckpt file of a causal network.
        listen: Answer the clients of a WebSocket at HOST:PORT; without HOST, of this machine only.
        rate: The frames per second at which recordings are played.
        fast: Do not wait between the frames of recordings.
        decision: The .json file that decide wrote; without it, the most likely action is given
            after every frame.
        unit: The unit of the coordinates: metre, centimetre or millimetre; otherwise that of the
            training data.
        people: each gives every body a state of its own; scene recognizes those together that the
            rules of training choose; auto is scene for a network trained on several people.
        gone_after: The frames after which a body that is not seen has left.
        max_bodies: The most bodies in a frame.
        top: The number of most likely actions to give beside the label.
        queue: The most frames of a client that wait; of more, the oldest are dropped.
        json: Print JSON lines on a terminal, too.

    Raises:
        InputError: An option, the checkpoint or a recording cannot be used.
    """
    if not 0 < rate < 10_000:
        raise InputError(f"--rate must be above 0 and below 10,000, got {rate:g}")
    if not 0 <= top < 10_000:
        raise InputError(f"--top must be from 0 to 9,999, got {top}")
    if (listen is None) == (not source):
        raise InputError("give one or more recordings or -, or --listen HOST:PORT, and not both")
    address = None if listen is None else parse_address(listen)
    rule = None if decision is None else DecisionRule.read(decision)
    engine = load_engine(ckpt_path)
    if (caution := caution_of(engine)) is not None:
        print(f"note: {caution}", file=sys.stderr)
    settings = _Settings(engine, rule, unit, people, gone_after, max_bodies, top)
    settings.start()  # refuses what cannot be used before a client comes
    if address is not None:
        asyncio.run(LiveServer(settings.start, queue).run(*address))
        raise KeyboardInterrupt
    table = sys.stdout.isatty() and not json
    try:
        for name in source:
            output = LiveTable(name) if table else JsonLines()
            _show(name, settings, math.inf if fast else rate, output)
    except BrokenPipeError:
        # What reads the output has ended, as `head` does; Python's flush must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show(name: str, settings: _Settings, rate: float, output: Output) -> None:
    conversation = settings.start()
    answers: Iterator[Answer]
    if name == _STDIN:
        answers = _answer_lines(sys.stdin.buffer, conversation)
    else:
        frames = read_bodies(Path(name), settings.engine)
        answers = (conversation.answer(bodies) for bodies in play(frames, rate))
    with output:
        for answer in answers:
            output.show(answer)
    if conversation.refused:
        print(
            f"{name}: {conversation.refused:,} of {conversation.frames:,} frames could not be "
            "used, or not all of their bodies",
            file=sys.stderr,
        )


def _answer_lines(lines: BinaryIO, conversation: Conversation) -> Iterator[Answer]:
    """Answer each line; the pipe makes a writer wait that is faster than the answers."""
    while line := lines.readline(LONGEST_MESSAGE + 1):
        message = line
        while len(line) > LONGEST_MESSAGE and not line.endswith(b"\n"):
            line = lines.readline(LONGEST_MESSAGE + 1)
        if message.strip():
            yield conversation.answer_message(message)
