"""Call a function with the words of a command line, by its signature and docstring."""

import inspect
import json
import types
from argparse import Action, ArgumentError, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Union, get_args, get_origin, get_type_hints

from jsonargparse import ArgumentParser, DefaultHelpFormatter

from action_rec.console.parser_messages import readable
from action_rec.errors import InputError

Command = Callable[..., None]

# The parameter that takes the words after ``--``, which are for another program.
_REST = "arguments"


def run_command(program: str, function: Command, words: Sequence[str]) -> None:
    """Parse the arguments of a function and call it.

    Parameters are positional arguments, keyword-only parameters are options. A list takes one or
    more words and a tuple any number; as an option both may be in brackets. A boolean is a flag.
    A parameter ``arguments`` takes the words after ``--``.

    Args:
        program: The words before the arguments, e.g. ``python -m action_rec results``.
        function: The command, with type hints and a docstring of Google style.
        words: The arguments.

    Raises:
        InputError: The words do not fit the signature.
    """
    hints = get_type_hints(function)
    passed: dict[str, Any] = {}
    if _REST in hints:
        end = words.index("--") if "--" in words else len(words)
        words, passed[_REST] = words[:end], list(words[end + 1 :])
    parser = _CommandParser(hints, prog=program, description=describe(function))
    parser.add_function_arguments(function, as_group=False, as_positional=True, skip={_REST})
    try:
        values = parser.parse_args(list(_join_lists(words, hints)))
    except ArgumentError as error:
        message = readable(str(error), parser.positional)
        raise InputError(f"{message}; see '{program} --help'") from error
    function(**vars(parser.instantiate(values)), **passed)


def summary(function: Command) -> str:
    """Return the first line of a docstring, without its full stop."""
    return (inspect.getdoc(function) or "").partition("\n")[0].removesuffix(".")


def describe(function: Command) -> str:
    """Return a docstring without its sections."""
    return (inspect.getdoc(function) or "").partition("\nArgs:")[0].strip()


class _Formatter(RawDescriptionHelpFormatter, DefaultHelpFormatter):
    """Keeps the paragraphs of a description, and shows defaults but no types."""

    def _get_help_string(self, action: Action) -> str:
        text = (action.help or "").replace("%", "%%")
        shown = action.option_strings and action.default not in (None, False, "==SUPPRESS==")
        default = " ".join(action.default) if isinstance(action.default, tuple) else action.default
        return f"{text} (default: {default})" if shown else text


class _CommandParser(ArgumentParser):
    """A parser without config files and abbreviations.

    Args:
        hints: The types of the parameters.
        **options: Those of the base class.
    """

    def __init__(self, hints: dict[str, Any], **options: Any) -> None:  # noqa: ANN401
        self.hints = hints
        self.positional: list[str] = []
        super().__init__(
            exit_on_error=False, allow_abbrev=False, formatter_class=_Formatter, **options
        )

    def add_argument(self, *names: Any, **options: Any) -> Any:  # noqa: ANN401
        """Add an argument; booleans become flags, positional lists take several words."""
        name = str(names[0])
        hint = self.hints.get(name.lstrip("-"))
        if hint is bool:
            options = {"action": "store_true", "help": options["help"]}
            names = (*names, *([name.replace("_", "-")] if "_" in name else []))
        elif name.startswith("-"):
            if _item(hint) is not None:
                names = (name,)  # without --NAME+, which appends to the list of a config
                options["metavar"] = f"{name.lstrip('-').upper()} ..."
        else:
            self.positional.append(name)
            item = _item(hint)
            if item is not None:
                several = "*" if get_origin(hint) is tuple else "+"
                options = {"type": item, "nargs": several, "help": options["help"]}
            options["metavar"] = name.upper()
        return super().add_argument(*names, **options)


def _item(hint: Any) -> Any:  # noqa: ANN401 (a type)
    """Return X for ``list[X]``, ``tuple[X, ...]`` and the same or None; None for other types."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next((one for one in get_args(hint) if one is not type(None)), None)
    return get_args(hint)[0] if get_origin(hint) in (list, tuple) else None


def _join_lists(words: Sequence[str], hints: dict[str, Any]) -> Iterator[str]:
    """Turn the words of a list option, ``--weights 3 1``, into one, ``--weights [3, 1]``."""
    lists = {f"--{name}": _item(hint) for name, hint in hints.items() if _item(hint) is not None}
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        option, equals, joined = word.partition("=")
        numbers = lists.get(option) in (int, float)
        if equals and numbers and not joined.startswith("["):
            yield f"{option}=[{joined}]"
            continue
        yield word
        if word not in lists:
            continue
        values = []
        while place < len(words) and not words[place].startswith("--"):
            values.append(words[place])
            place += 1
        if values and not values[0].startswith("["):
            texts = values if lists[word] in (int, float) else map(json.dumps, values)
            yield f"[{', '.join(texts)}]"
        else:
            yield from values
