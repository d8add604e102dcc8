"""Rewrite the error messages of jsonargparse in plain words."""

import re
from collections.abc import Collection

# The first pattern found replaces the text after the key.
_RULES = (
    (r"class_path '([^']+)': Option '([^']+)' is not accepted", r"\1 has no option '\2'"),
    (
        r"Option '([^']+)' is not accepted\. Got value: Namespace\(class_path='([^']+)'",
        r"\2 has no option '\1'",
    ),
    (r"Expected a dot import path string: ([^\s;]+)", r"no class is named '\1'"),
    (
        r"Expected a <class 'tuple'>\. Got value: ([^\s;\[]+)$",
        r"write a list in brackets, [\1] instead of \1",
    ),
    (
        r"Subtypes: \[(?:<class '(\w+)'>), <class 'NoneType'>\] .* Given value: (.*)$",
        r"expected \1 or null, got \2",
    ),
    (r"Expected a <class '(\w+)'>\. Got value: (.*?)( - Expected a .*)?$", r"expected \1, got \2"),
    (r"Expected a typing\.Literal\[(.*?)\]\. Got value: (.*)$", r"expected one of \1; got \2"),
)


def readable(message: str, positional: Collection[str] = ()) -> str:
    """Turn an error message of jsonargparse into ``--KEY: what is wrong``, on one line.

    Args:
        message: The message, of one or several lines.
        positional: Keys that are arguments without dashes.
    """
    text = re.sub(r'^Parser key "(.*?)"( element \d+)?:', r"--\1:", " ".join(message.split()))
    text = re.sub(r"required: \w+\.(\S+)", r"required: --\1", text)
    if positional and (missing := re.search(r"required: (.*)$", text)):
        names = [n.upper() if n in positional else f"--{n}" for n in missing[1].split(", ")]
        return f"{text[: missing.start(1)]}{', '.join(names)}"
    key, separator, rest = text.partition(": ")
    if not key.startswith("--"):
        return text
    for pattern, replacement in _RULES:
        found = re.search(pattern, rest)
        if found:
            rest = found.expand(replacement)
            break
    name = key.removeprefix("--")
    return f"{name.upper() if name in positional else key}{separator}{rest}"
