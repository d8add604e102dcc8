"""Find, list and print the configs that are part of the package."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from action_rec.console.text import shorten
from action_rec.console.yaml_text import check_config_file, check_yaml
from action_rec.errors import InputError

# Options that take a YAML file, in which a part of a config may stand.
_PARTS = (
    *("--model.network", "--model.optimizer", "--data.augmentation"),
    *("--trainer", "--trainer.logger", "--trainer.callbacks"),
)

_SHOWN = 60  # characters of a value in a message

# Configs of 0.1.0 that an option replaces.
_FORMER = (
    (r"(ntu\d+_x[a-z]+)_recipe", r"--config \1"),
    (r"(ntu\d+_x[a-z]+)_residual21", r"--config \1_paper"),
    (
        r"(ntu\d+_x[a-z]+)_(plain6|residual11|dense|dense_aug)",
        r"--config \1_paper --model.network network/\2",
    ),
    (r"(?:long_memory/)?mnist_permuted(_12)?", r"--config mnist\1 --data.permute true"),
    (r"trainer/cluster", "--config cluster after the --config of the experiment"),
)


def config_folder() -> Path:
    """Return the folder of the configs: in the installed package, or in the checkout."""
    package = Path(__file__).parents[1]
    installed = package / "configs"
    return installed if installed.is_dir() else package.parent / "configs"


def config_names() -> list[str]:
    """Return the names of all configs, those of parts and of other programs with their folder."""
    folder = config_folder()
    files = sorted(folder.rglob("*.yaml"), key=_in_order)
    return [path.relative_to(folder).with_suffix("").as_posix() for path in files]


def find_config(name: str, program: str = "") -> Path:
    """Return the file of a config.

    Args:
        name: A path, which is taken if it exists, or the name of a config of the package, with or
            without ``configs/`` and ``.yaml``.
        program: The folder of the program's own configs, e.g. ``long_memory``.

    Raises:
        InputError: There is neither such a file nor such a config.
    """
    if "\0" not in name and Path(name).exists() and not Path(name).is_dir():
        return Path(name)
    names, bare = config_names(), _bare(name)
    for known in (f"{program}/{bare}", bare):
        if known in names:
            return config_folder() / f"{known}.yaml"
    raise InputError(f"'{name}' is neither a file nor a config of this package; {_remedy(bare)}")


def resolve_configs(words: Sequence[str], program: str = "") -> list[str]:
    """Replace the names of configs in the words of a command line by the paths of their files.

    Args:
        words: E.g. ``fit --config nw_ucla --model.network network/residual11``.
        program: The folder of the program's own configs, e.g. ``long_memory``.

    Raises:
        InputError: A name is neither that of a file nor of a config.
    """
    resolved: list[str] = []
    option = ""
    for word in words:
        key, equals, value = word.partition("=")
        if equals and word.startswith("--"):
            resolved.append(f"{key}={_resolved(key, value, program)}")
            option = ""
        else:
            resolved.append(_resolved(option, word, program))
            option = word if word.startswith("-") else ""
    return resolved


def configs(names: tuple[str, ...]) -> None:
    """List the configs of the package, or print some of them: configs [NAME ...].

    Args:
        names: The configs to print; all are listed if there is none.

    Raises:
        InputError: There is no such config.
    """
    for name in names:
        print_config(name)
    if not names:
        list_configs()


def list_configs() -> None:
    """Print the names of the configs, each with the first line of its comment."""
    names = config_names()
    width = max(map(len, names)) + 2
    for name in names:
        first = (config_folder() / f"{name}.yaml").read_text(encoding="utf-8").splitlines()[0]
        print(f"{name:{width}}{first.removeprefix('# ')}")


def print_config(name: str) -> None:
    """Print a config with the files that it names in their place, so that it can be edited.

    Raises:
        InputError: There is no such config.
    """
    print("\n".join(_whole(find_config(name))))


def _in_order(path: Path) -> tuple[int, list[str | int]]:
    """Experiments come before parts, and adding_500 comes before adding_1000."""
    pieces = re.split(r"(\d+)", path.with_suffix("").as_posix())
    return len(path.parts), [int(piece) if piece.isdigit() else piece for piece in pieces]


def _bare(name: str) -> str:
    return name.removeprefix("./").removeprefix("configs/").removesuffix(".yaml")


def _remedy(bare: str) -> str:
    """What to write in the place of an unknown name."""
    bare = bare.rpartition("configs/")[2]
    for pattern, command in _FORMER:
        if found := re.fullmatch(pattern, bare):
            return f"use {found.expand(command)}"
    every = "'python -m action_rec configs' lists all"
    close = get_close_matches(bare, config_names(), n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}? {every}" if close else every


def _resolved(option: str, value: str, program: str) -> str:
    if option in ("--config", "-c") and not value.startswith("-"):
        # The parser also takes the content of a config.
        return _checked(value) if re.search(r"\n|\{|: ", value) else _file(value, program)
    if option in _PARTS and "/" in value and value[0] not in "[{":
        return _file(value, program)
    return _checked(value)


def _file(name: str, program: str) -> str:
    path = find_config(name, program)
    check_config_file(path)
    return str(path)


def _checked(value: str) -> str:
    """Return a value, in which lists and mappings may be nested, after checking it."""
    if "\0" in value:
        raise InputError("a word of the command line has a NUL character; remove it")
    if any(mark in value for mark in "[{&*\n"):
        check_yaml(value, f"the value '{shorten(value, _SHOWN)}'")
    return value


def _whole(path: Path) -> Iterator[str]:
    """The lines of a config and of the files that it names."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if found := re.fullmatch(r"( *)(\w+): (\S+\.yaml)", line):
            indent, key, name = found.groups()
            yield f"{indent}{key}:"
            yield from (f"{indent}  {nested}" for nested in _whole(path.parent / name))
        else:
            yield line
