"""Arguments of a command from the signature of its function."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from action_rec.console.command import describe, run_command, summary
from action_rec.errors import InputError

called: dict[str, Any] = {}


def command(
    files: list[Path],
    target: str,
    arguments: list[str],
    *,
    count: int = 3,
    shares: list[float] | None = None,
    names: tuple[str, ...] = ("a", "b"),
    how: Literal["fast", "slow"] = "fast",
    keep_all: bool = False,
) -> None:
    """Do something.

    In two paragraphs.

    Args:
        files: Some files.
        target: Where to.
        arguments: For somebody else.
        count: A number.
        shares: Some numbers.
        names: Some names.
        how: A choice.
        keep_all: A flag.
    """
    called.update(locals())


DEFAULTS = {"count": 3, "shares": None, "names": ("a", "b"), "how": "fast", "keep_all": False}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["x", "to"], {}),
        (["x", "y", "to"], {"files": [Path("x"), Path("y")]}),
        (["x", "to", "--", "--count", "5"], {"arguments": ["--count", "5"]}),
        (["x", "to", "--count", "5"], {"count": 5}),
        (["x", "to", "--shares", "3", "0.5", "-1"], {"shares": [3, 0.5, -1]}),
        (["x", "to", "--shares", "[3, 0.5]", "--keep_all"], {"shares": [3, 0.5], "keep_all": True}),
        (["x", "to", "--shares=[]"], {"shares": []}),
        (["x", "to", "--shares=3,0.5"], {"shares": [3, 0.5]}),
        (["x", "to", "--shares", "3,0.5"], {"shares": [3, 0.5]}),
        (["--names", "train/loss", "b c", "--how=slow", "x", "to"], {}),
        (["x", "to", "--names", "train/loss", "b, c"], {"names": ("train/loss", "b, c")}),
        (["x", "to", "--how", "slow", "--keep-all"], {"how": "slow", "keep_all": True}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_words_become_arguments(words: list[str], expected: dict[str, Any]) -> None:
    called.clear()
    run_command("program command", command, words)
    if words[0] == "--names":
        expected = {"names": ("train/loss", "b c"), "how": "slow"}
    first = {"files": [Path("x")], "target": "to", "arguments": []}
    assert called == {**first, **DEFAULTS, **expected}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required: FILES, TARGET"),
        (["x", "to", "--count", "many"], "--count: expected int, got many"),
        (["x", "to", "--coun", "3"], "unrecognized arguments: --coun 3"),
        (["x", "to", "--how", "new"], "--how: expected one of 'fast', 'slow'; got new"),
        (["x", "to", "--shares", "1", "a"], "--shares: expected float, got a"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_words_that_do_not_fit_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(InputError) as refused:
        run_command("program command", command, words)
    assert str(refused.value) == f"{message}; see 'program command --help'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [(summary, "Do something"), (describe, "Do something.\n\nIn two paragraphs.")],
)
def test_the_docstring_describes_it(text: Callable[..., str], expected: str) -> None:
    assert text(command) == expected
