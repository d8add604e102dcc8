"""What the parser of a command line says of a wrong word, in plain words."""

import re

# The first that is found replaces what stands behind the key.
_RULES = (
    (r"class_path '([^']+)': Option '([^']+)' is not accepted", r"\1 has no option '\2'"),
    (
        r"Option '([^']+)' is not accepted\. Got value: Namespace\(class_path='([^']+)'",
        r"\2 has no option '\1'",
    ),
    (r"Expected a dot import path string: ([^\s;]+)", r"no class is named '\1'"),
    (
        r"Expected a <class 'tuple'>\. Got value: ([^\s;\[]+)$",
        r"a list is written in brackets, [\1] and not \1",
    ),
    (
        r"Subtypes: \[(?:<class '(\w+)'>), <class 'NoneType'>\] .* Given value: (.*)$",
        r"expected \1 or null, got \2",
    ),
)


def readable(mistake: str) -> str:
    """Turn jsonargparse's message into ``--KEY: what is wrong``.

    Args:
        mistake: What the parser says, on one line or several.
    """
    said = re.sub(r'^Parser key "(.*?)":', r"--\1:", " ".join(mistake.split()))
    said = re.sub(r"required: \w+\.(\S+)", r"required: --\1", said)
    key, separator, rest = said.partition(": ")
    if not key.startswith("--"):
        return said
    for pattern, words in _RULES:
        found = re.search(pattern, rest)
        if found:
            return f"{key}{separator}{found.expand(words)}"
    return said
