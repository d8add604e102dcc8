"""Read texts as sequences of symbols, either characters or words, with an end-of-line symbol.

Lines are stripped, as is usual for Penn Treebank (Mikolov et al., 2012), whose train, valid and
test parts then have 5,017,482, 393,042 and 442,423 characters and a vocabulary of 50. Spaces are
kept, where that convention writes ``_``.
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
_BOUNDARIES = (0.9, 0.95)  # between train, val and test of a single text
END = {"characters": "\n", "words": "<eos>"}
UNKNOWN = "<unk>"


class Part(NamedTuple):
    """The part of a text that belongs to one split.

    Attributes:
        tokens: Symbols as strings.
        source: File, for error messages.
        first_line: Line number of the first symbol, from 1.
    """

    tokens: list[str]
    source: str
    first_line: int = 1


class Corpus(NamedTuple):
    """An encoded text.

    Attributes:
        vocabulary: The K symbols of train, sorted.
        symbols: Indices 0..K-1 of the symbols, (N,), by split.
    """

    vocabulary: list[str]
    symbols: dict[str, Symbols]


def read_corpus(path: Path, unit: Unit) -> Corpus:
    """Read a folder or a .zip with a train, a valid and a test file, or one text file.

    A single text file is divided into 90 % train, 5 % val and 5 % test, in this order. The
    vocabulary is that of train. Unknown words are replaced by ``<unk>`` if train contains it.

    Raises:
        InputError: A file is missing or not a text, or val or test contain an unknown symbol.
    """
    if unit not in END:
        raise InputError(f"unit must be 'characters' or 'words', got '{unit}'")
    parts = _divide(path, unit) if _is_single(path) else _read_parts(path, unit)
    vocabulary = sorted(set(parts["train"].tokens))
    indices = {token: index for index, token in enumerate(vocabulary)}
    unknown = indices.get(UNKNOWN) if unit == "words" else None
    symbols = {split: _encode(part, indices, unknown, END[unit]) for split, part in parts.items()}
    return Corpus(vocabulary, symbols)


def _tokens(text: str, unit: Unit) -> list[str]:
    # Not splitlines, which also splits at form feeds and other characters.
    lines = (line.strip() for line in StringIO(text, newline=None))
    if unit == "characters":
        return list("".join(f"{line}\n" for line in lines))
    return [word for line in lines for word in (*line.split(), END["words"])]


def _encode(part: Part, indices: dict[str, int], unknown: int | None, end: str) -> Symbols:
    encoded = np.array([indices.get(token, -1) for token in part.tokens], np.int64)
    missing = np.flatnonzero(encoded < 0)
    if len(missing) and unknown is None:
        first = int(missing[0])
        line = part.first_line + part.tokens[:first].count(end)
        raise InputError(
            f"{part.source}, line {line}: the symbol {part.tokens[first]!r} is not in the train "
            "text, which must contain every symbol; replace it, or add text with it to train"
        )
    if unknown is not None:
        encoded[missing] = unknown
    return encoded


def _is_single(path: Path) -> bool:
    # is_zipfile is false for a truncated .zip, which is not a text either.
    return path.is_file() and path.suffix.lower() != ".zip" and not zipfile.is_zipfile(path)


def _divide(path: Path, unit: Unit) -> dict[str, Part]:
    tokens = _tokens(_decode(path.read_bytes(), str(path)), unit)
    first, second = (int(boundary * len(tokens)) for boundary in _BOUNDARIES)
    bounds = {"train": (0, first), "val": (first, second), "test": (second, len(tokens))}
    return {
        split: Part(tokens[start:stop], str(path), 1 + tokens[:start].count(END[unit]))
        for split, (start, stop) in bounds.items()
    }


def part_name(files: list[str], split: str, path: Path) -> str:
    """Return the one of several files that belongs to a split by its name.

    Args:
        files: Names of the files.
        split: ``train``, ``val`` or ``test``.
        path: Where the files are, for the message.

    Raises:
        InputError: There is no such file, or several.
    """
    words = _PARTS[split]
    names = [n for n in sorted(files) if any(w in Path(n).name.lower() for w in words)]
    if len(names) != 1:
        raise InputError(
            f"{path} must have one {split} file with '{words[0]}' in its name, but has "
            f"{', '.join(names) or 'none'}; use a folder or a .zip with a train, a valid and "
            "a test file, or one text file"
        )
    return names[0]


def _read_parts(path: Path, unit: Unit) -> dict[str, Part]:
    files = dict(_files(path))
    parts = {}
    for split in _PARTS:
        name = part_name([*files], split, path)
        source = f"{path}/{name}"
        parts[split] = Part(_tokens(_decode(files[name], source), unit), source)
    return parts


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the names and contents of the files of a folder or .zip."""
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
                "and pass the folder"
            ) from error
    else:
        raise InputError(
            f"{path} does not exist; use a folder or a .zip with a train, a valid and a test "
            "file, or one text file"
        )


def _decode(content: bytes, source: str) -> str:
    try:
        return content.decode("utf-8-sig")  # accepts a byte order mark
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{source}, line {line}: the text is not UTF-8; convert it, e.g. with iconv"
        ) from error
