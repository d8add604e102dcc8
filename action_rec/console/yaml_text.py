"""Check YAML before a parser expands it: aliases and depth can make a small file endless."""

from pathlib import Path

import yaml

from action_rec.errors import InputError

_MOST_NODES = 3_000  # after the expansion of aliases; a config has some hundred
_DEEPEST = 50
_LONGEST = 1 << 20  # bytes of a config


def check_config_file(path: Path, inside: tuple[Path, ...] = ()) -> None:
    """Check a config and the files that it names.

    Args:
        path: The file.
        inside: The files that name it, the outermost first.

    Raises:
        InputError: The file is no text, is no YAML, or is too large or too deep, also after
            aliases are expanded.
    """
    if path in inside:
        raise InputError(f"{path} names itself, through {inside[-1]}; remove its name there")
    if path.is_file() and path.stat().st_size > _LONGEST:
        raise InputError(f"{path} is larger than 1 MiB and is no config; give a YAML file")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is no text in UTF-8 ({error.reason} at byte {error.start}) and so no config; "
            "give a YAML file"
        ) from None
    for value in check_yaml(text, str(path)):
        nested = path.parent / value
        if value.endswith((".yaml", ".yml")) and "\0" not in value and nested.is_file():
            check_config_file(nested, (*inside, path))


def check_yaml(text: str, where: str) -> list[str]:
    """Check a YAML text, without building what it describes.

    Args:
        text: The text.
        where: What the message calls it.

    Returns:
        Its scalars.

    Raises:
        InputError: It is no YAML, or is too large or too deep, also after aliases are expanded.
    """
    sizes: dict[str, int] = {}  # by anchor: the nodes below it
    open_nodes: list[tuple[str | None, int]] = []  # anchor, number of nodes before it
    scalars: list[str] = []
    count = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                if event.anchor not in sizes:
                    raise InputError(
                        f"{where} has the alias *{event.anchor} inside of or before its anchor; "
                        "write its value in its place"
                    )
                count += sizes[event.anchor]
            elif isinstance(event, yaml.CollectionStartEvent):
                open_nodes.append((event.anchor, count))
                count += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, before = open_nodes.pop()
                if anchor is not None:
                    sizes[anchor] = count - before
            elif isinstance(event, yaml.ScalarEvent):
                count += 1
                if "\0" in event.value:
                    raise InputError(f"{where} has a value with a NUL character; remove it")
                scalars.append(event.value)
                if event.anchor is not None:
                    sizes[event.anchor] = 1
            if count > _MOST_NODES or len(open_nodes) > _DEEPEST:
                raise InputError(
                    f"{where} has more than {_MOST_NODES:,} values or is nested deeper than "
                    f"{_DEEPEST} levels, which no config is; remove them"
                )
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise InputError(f"{where} is not valid YAML ({problem}); correct it") from None
    return scalars
