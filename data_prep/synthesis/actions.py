"""Motion scripts of the 120 actions of NTU RGB+D, built from the table in `actions.yaml`."""

from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from typing import Any

import yaml

from data_prep.synthesis import motion_primitives
from data_prep.synthesis.moves import Script


@dataclass(frozen=True)
class Pair:
    """Scripts of two people.

    Attributes:
        first: Script of the acting person.
        second: Script of the reacting person.
        gap: Initial distance between the two, in metres.
        behind: Whether the first is behind the second; otherwise they face each other.
    """

    first: Script
    second: Script
    gap: float = 0.9
    behind: bool = False


def _script(moves: list[list[Any]]) -> Script:
    return tuple(chain.from_iterable(_move(*move) for move in moves))


def _move(name: str, *arguments: Any) -> Script:  # noqa: ANN401
    if name == "rewind":
        return motion_primitives.rewind(_script(_TABLE["solo"][arguments[0]]))
    primitive = getattr(motion_primitives, name)
    script: Script = primitive(*map(_value, arguments)) if callable(primitive) else primitive
    return script


def _value(argument: Any) -> Any:  # noqa: ANN401
    """Return the window of that name, or the argument, with lists as tuples."""
    if isinstance(argument, str) and argument.isupper():
        return getattr(motion_primitives, argument)
    return tuple(argument) if isinstance(argument, list) else argument


def _pair(first: list[Any], second: list[Any] | None = None, **place: Any) -> Pair:  # noqa: ANN401
    return Pair(_script(first), _script(first if second is None else second), **place)


_TABLE = yaml.safe_load(files(__package__).joinpath("actions.yaml").read_text(encoding="utf-8"))
SOLO: dict[int, Script] = {action: _script(moves) for action, moves in _TABLE["solo"].items()}
PAIRS: dict[int, Pair] = {action: _pair(**scripts) for action, scripts in _TABLE["pairs"].items()}
