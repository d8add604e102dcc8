"""Count the words of a large text, in memory that grows with the number of different words only."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from action_rec.console.text import shorten
from action_rec.errors import InputError
from action_rec.long_memory.corpus import END, UNKNOWN
from action_rec.long_memory.loading import check_at_least
from action_rec.long_memory.shards import Line, read_lines

EOS = END["words"]
_MARK_EVERY = 1 << 14  # symbols


class Mark(NamedTuple):
    """A place in a shard, at the beginning of a line.

    Attributes:
        offset: Byte offset.
        symbols: Number of symbols before it.
        lines: Number of lines before it.
    """

    offset: int
    symbols: int
    lines: int


class Shard(NamedTuple):
    """A counted shard.

    Attributes:
        path: The file.
        size: Its bytes.
        symbols: Its words and ends of lines.
        marks: Places from which reading can start, at least the beginning.
    """

    path: Path
    size: int
    symbols: int
    marks: list[Mark]


@dataclass(frozen=True)
class Vocabulary:
    """The symbols of a text, the most frequent first, as an adaptive softmax needs them.

    Attributes:
        counts: Number of occurrences in train by symbol: words, ``<eos>`` at the end of each line,
            and ``<unk>`` for all words that occur less than `min_count` times, if there are any.
        min_count: Least number of occurrences of a word.
        shards: The training shards.
    """

    counts: dict[str, int]
    min_count: int
    shards: list[Shard]

    @cached_property
    def index(self) -> dict[str, int]:
        """The index of each symbol, from 0."""
        return {symbol: index for index, symbol in enumerate(self.counts)}

    @cached_property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the symbols in their order."""
        return sha256("\0".join(self.counts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def encode(self, line: Line, source: Path) -> list[int]:
        """Return the indices of the words of a line and of its end.

        Raises:
            InputError: A word is unknown, and the vocabulary has no ``<unk>``.
        """
        index = self.index
        unknown = index.get(UNKNOWN)
        codes = [index.get(word, unknown) for word in line.words]
        if unknown is None and None in codes:
            raise InputError(
                f"{source}, line {line.number}: the word "
                f"{shorten(repr(line.words[codes.index(None)]), 60)} is not in the vocabulary, "
                f"which has no {UNKNOWN} because every word of train is in it; use a larger "
                "--data.min_count"
            )
        return [*codes, index[EOS]]  # type: ignore[list-item]  # no None


def measure(path: Path, use: Callable[[Line], object]) -> Shard:
    """Read a shard once.

    Args:
        path: The shard.
        use: Called with each line.

    Raises:
        InputError: The shard has no words, or cannot be read.
    """
    marks = [Mark(0, 0, 0)]
    words = 0
    line = Line([], 0, 0)
    for line in read_lines(path):
        use(line)
        words += len(line.words)
        symbols = words + line.number
        if symbols - marks[-1].symbols >= _MARK_EVERY:
            marks.append(Mark(line.end, symbols, line.number))
    if not words:
        raise InputError(f"{path} has no words; download it again, or leave it out")
    return Shard(path, line.end, words + line.number, marks)


def count_words(files: list[Path], min_count: int) -> Vocabulary:
    """Count the words of training shards, in memory that grows with the number of words only.

    Args:
        files: The shards.
        min_count: Least number of occurrences of a word of the vocabulary.

    Raises:
        InputError: A shard cannot be used, or no word occurs so often.
    """
    check_at_least(1, min_count=min_count)
    counts: Counter[str] = Counter()
    shards = []
    console = Console(stderr=True)
    for path in track(files, "Counting words", console=console, disable=len(files) < 2):
        shards.append(measure(path, lambda line: counts.update(line.words)))
    counts[EOS] += sum(shard.symbols for shard in shards) - counts.total()
    special = {symbol: counts.pop(symbol) for symbol in (EOS, UNKNOWN) if symbol in counts}
    kept = {word: count for word, count in counts.items() if count >= min_count}
    if not kept:
        most = max(counts.values(), default=0)
        raise InputError(
            f"no word of train occurs {min_count} times, the most frequent one {most} times; "
            "reduce --data.min_count"
        )
    rare = counts.total() - sum(kept.values())
    if rare:
        special[UNKNOWN] = special.get(UNKNOWN, 0) + rare
    ordered = sorted((kept | special).items(), key=lambda item: (-item[1], item[0]))
    return Vocabulary(dict(ordered), min_count, shards)
