"""Texts as symbols: characters or words, with one more symbol at the end of every line.

Lines are stripped, as in the convention for Penn Treebank (Mikolov et al., 2012): its train,
valid and test parts then have 5,017,482, 393,042 and 442,423 characters of 50 kinds. That
convention writes a space as ``_``; here it stays a space, one symbol all the same.
"""

import zipfile
import zlib
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError

Unit = Literal["characters", "words"]
Symbols = NDArray[np.int64]

_PARTS = {"train": ("train",), "val": ("valid", "val"), "test": ("test",)}
_SHARES = (0.9, 0.95)  # where one text is divided
END = {"characters": "\n", "words": "<eos>"}
UNKNOWN = "<unk>"


class Part(NamedTuple):
    """A part of a text.

    Attributes:
        tokens: Its symbols.
        source: The file, for messages.
        first_line: The line that the first symbol is in.
    """

    tokens: list[str]
    source: str
    first_line: int = 1


class Corpus(NamedTuple):
    """A text as numbers.

    Attributes:
        vocabulary: The K symbols of train, sorted.
        symbols: By split, the numbers 0..K-1 of its symbols, (N,).
    """

    vocabulary: list[str]
    symbols: dict[str, Symbols]


def read_corpus(path: Path, unit: Unit) -> Corpus:
    """Read a folder or a .zip with a train, a valid and a test file, or one text file.

    Of one text file the first 90 % of the symbols are train, the next 5 % val, the last 5 % test.
    The vocabulary is that of train. A word that is not in it becomes ``<unk>`` where train has
    that word.

    Raises:
        InputError: A file is missing or is no text, or val or test have a symbol that train lacks.
    """
    if unit not in END:
        raise InputError(f"unit must be 'characters' or 'words', got '{unit}'")
    parts = _divide(*_single(path), unit) if _is_single(path) else _read_parts(path, unit)
    vocabulary = sorted(set(parts["train"].tokens))
    numbers = {token: number for number, token in enumerate(vocabulary)}
    unknown = numbers.get(UNKNOWN) if unit == "words" else None
    symbols = {split: _encode(part, numbers, unknown, END[unit]) for split, part in parts.items()}
    return Corpus(vocabulary, symbols)


def _tokens(text: str, unit: Unit) -> list[str]:
    # Only ends of lines divide: splitlines would take form feeds and others for them, too.
    lines = (line.strip() for line in StringIO(text, newline=None))
    if unit == "characters":
        return list("".join(f"{line}\n" for line in lines))
    return [word for line in lines for word in (*line.split(), END["words"])]


def _encode(part: Part, numbers: dict[str, int], unknown: int | None, end: str) -> Symbols:
    encoded = np.array([numbers.get(token, -1) for token in part.tokens], np.int64)
    missing = np.flatnonzero(encoded < 0)
    if len(missing) and unknown is None:
        place = int(missing[0])
        line = part.first_line + part.tokens[:place].count(end)
        raise InputError(
            f"{part.source}, line {line}: the symbol {part.tokens[place]!r} is not in the train "
            "text, so that nothing is known of it; replace it, or add text with it to train"
        )
    if unknown is not None:
        encoded[missing] = unknown
    return encoded


def _is_single(path: Path) -> bool:
    # A .zip that was not downloaded to its end is no zip file any more, nor a text.
    return path.is_file() and path.suffix.lower() != ".zip" and not zipfile.is_zipfile(path)


def _single(path: Path) -> tuple[str, str]:
    return _decode(path.read_bytes(), str(path)), str(path)


def _divide(text: str, source: str, unit: Unit) -> dict[str, Part]:
    tokens = _tokens(text, unit)
    first, second = (int(share * len(tokens)) for share in _SHARES)
    bounds = {"train": (0, first), "val": (first, second), "test": (second, len(tokens))}
    return {
        split: Part(tokens[start:stop], source, 1 + tokens[:start].count(END[unit]))
        for split, (start, stop) in bounds.items()
    }


def _read_parts(path: Path, unit: Unit) -> dict[str, Part]:
    files = dict(_files(path))
    parts = {}
    for split, words in _PARTS.items():
        found = [n for n in sorted(files) if any(w in Path(n).name.lower() for w in words)]
        if len(found) != 1:
            raise InputError(
                f"{path} needs one {split} file, with '{words[0]}' in its name, but has "
                f"{', '.join(found) or 'none'}; give a folder or a .zip with a train, a valid and "
                "a test file, or one text file"
            )
        source = f"{path}/{found[0]}"
        parts[split] = Part(_tokens(_decode(files[found[0]], source), unit), source)
    return parts


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a folder or .zip, by name."""
    if path.is_dir():
        for file in path.iterdir():
            if file.is_file():
                yield file.name, file.read_bytes()
    elif path.is_file():
        try:
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if not name.endswith("/"):
                        yield name, archive.read(name)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError) as error:
            raise InputError(
                f"{path} cannot be unpacked ({error}); download it again, or unpack it yourself "
                "and give the folder"
            ) from error
    else:
        raise InputError(
            f"{path} does not exist; give a folder or a .zip with a train, a valid and a test "
            "file, or one text file"
        )


def _decode(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")  # some editors begin a file with a mark
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{source}, line {line}: this is no text in UTF-8; convert it, e.g. with iconv"
        ) from error
