"""Find the shards of a large text, and read their lines in constant memory.

The layout is that of the 1-billion-word benchmark (Chelba et al., arXiv 1312.3005): a folder of
training shards and a folder of held-out shards. A folder with a train, a valid and a test file is
read the same way, as one shard each.
"""

import re
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

from action_rec.errors import InputError
from action_rec.long_memory.corpus import part_name

TRAIN_FOLDER = "training-monolingual.tokenized.shuffled"
HELDOUT_FOLDER = "heldout-monolingual.tokenized.shuffled"
_NAMES = {TRAIN_FOLDER: "news.en-{}-of-{}", HELDOUT_FOLDER: "news.en.heldout-{}-of-{}"}
_SPLITS = ("train", "val", "test")

LONGEST_LINE = 1 << 20  # bytes; a sentence has a few hundred
_SHOWN = 5  # missing numbers in a message


class Line(NamedTuple):
    """A line of a shard.

    Attributes:
        words: Its words.
        number: Line number, from 1.
        end: Byte offset of the line after it.
    """

    words: list[str]
    number: int
    end: int


def shard_name(folder: str, number: int, total: int) -> str:
    """Return the name of a shard in one of the two folders."""
    return _NAMES[folder].format(f"{number:05d}", f"{total:05d}")


def find_shards(
    path: Path, train: list[int] | None, val: list[int] | None, test: list[int] | None
) -> dict[str, list[Path]]:
    """Return the files of each split.

    Args:
        path: The folder of both shard folders, or of a train, a valid and a test file.
        train: Numbers of the training shards; None for all. Shard 0 may be absent, since the
            benchmark holds it out.
        val: Numbers of the held-out shards of val; None for all.
        test: Numbers of the held-out shards of test; None for all.

    Raises:
        InputError: A folder or a shard is missing, or val and test share a shard.
    """
    if not path.is_dir():
        raise InputError(
            f"{path} is not a folder; give the folder that contains {TRAIN_FOLDER} and "
            f"{HELDOUT_FOLDER}, or a train, a valid and a test file"
        )
    folders = {name: path / name for name in _NAMES if (path / name).is_dir()}
    if not folders:
        return _three_files(path, train)
    for name in _NAMES.keys() - folders.keys():
        raise InputError(
            f"{path} has no folder {name}; unpack the whole corpus, which has "
            f"{TRAIN_FOLDER} and {HELDOUT_FOLDER}"
        )
    _check_apart(val or [], test or [])
    return {
        "train": _numbered(folders[TRAIN_FOLDER], train, "train_shards"),
        "val": _numbered(folders[HELDOUT_FOLDER], val, "val_shards"),
        "test": _numbered(folders[HELDOUT_FOLDER], test, "test_shards"),
    }


def read_lines(path: Path, offset: int = 0, number: int = 0) -> Generator[Line, None, None]:
    """Yield the lines of a shard.

    Args:
        path: The shard.
        offset: Byte offset of the first line to read.
        number: Number of lines before it.

    Raises:
        InputError: A line is not UTF-8 or is longer than `LONGEST_LINE`.
    """
    with path.open("rb") as file:
        file.seek(offset)
        while content := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(content) > LONGEST_LINE:
                raise InputError(
                    f"{path}, line {number}: the line is longer than {LONGEST_LINE:,} bytes; put "
                    "each sentence on a line of its own"
                )
            try:  # the first line may begin with a byte order mark
                text = content.decode("utf-8" if offset else "utf-8-sig")
            except UnicodeDecodeError:
                raise InputError(
                    f"{path}, line {number}: the text is not UTF-8; convert it, e.g. with iconv, "
                    "or unpack it if it is compressed"
                ) from None
            offset += len(content)
            yield Line(text.split(), number, offset)


def _three_files(path: Path, train: list[int] | None) -> dict[str, list[Path]]:
    """Return the train, valid and test file of a folder."""
    names = [file.name for file in path.iterdir() if file.is_file()]
    try:
        files = {
            split: [path / part_name(names, split, path)] for split in ("train", "val", "test")
        }
    except InputError as error:
        raise InputError(
            f"{error}; or give the folder that contains {TRAIN_FOLDER} and {HELDOUT_FOLDER}"
        ) from None
    if train is not None:
        raise InputError(
            f"{path} has one train file without a number, but train_shards is {train}; leave it out"
        )
    return files


def _check_apart(val: list[int], test: list[int]) -> None:
    shared = sorted({*val} & {*test})
    if shared:
        raise InputError(
            f"val_shards and test_shards both have {shared[0]}; give val and test held-out shards "
            "of their own"
        )


def _numbered(folder: Path, wanted: list[int] | None, option: str) -> list[Path]:
    """Return the shards of a folder with the numbers that are wanted, in their order."""
    pattern = re.compile(re.escape(_NAMES[folder.name]).replace(r"\{\}", r"([0-9]{5})"))
    files: dict[int, Path] = {}
    totals: set[int] = set()
    for path in sorted(folder.iterdir()):
        match = pattern.fullmatch(path.name)
        if match and path.is_file():
            files[int(match[1])] = path
            totals.add(int(match[2]))
    example = _NAMES[folder.name].format("00001", "00100")
    if not files:
        raise InputError(f"{folder} has no shard; it needs files named like {example}")
    if len(totals) > 1 or max(files) >= max(totals):
        raise InputError(
            f"{folder} has shards of different corpora, as {_listed(sorted(totals))} and number "
            f"{max(files)} in their names show; keep the shards of one corpus only"
        )
    if wanted is not None and (not wanted or len({*wanted}) < len(wanted)):
        raise InputError(f"{option} must be different numbers, got {wanted}; e.g. [1, 2]")
    needed = range(1, max(totals)) if wanted is None else wanted
    missing = sorted({*needed} - files.keys())
    if missing:
        raise InputError(
            f"{folder} lacks {len(missing)} of its shards ({_listed(missing)}); download them "
            f"again, or name the shards to use with --data.{option}, e.g. "
            f"[{min(files)}]"
        )
    return [files[number] for number in (sorted(files) if wanted is None else wanted)]


def _listed(numbers: list[int]) -> str:
    texts = [f"{number:05d}" for number in numbers[:_SHOWN]]
    return ", ".join([*texts, *(["..."] if len(numbers) > _SHOWN else [])])
