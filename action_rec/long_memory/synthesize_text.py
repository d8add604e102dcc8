"""Write synthetic text with a Zipf vocabulary in the layout of the 1-billion-word benchmark."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from action_rec.errors import InputError
from action_rec.long_memory.loading import check_at_least
from action_rec.long_memory.shards import HELDOUT_FOLDER, TRAIN_FOLDER, shard_name

_SYLLABLES = [first + second for first in "bdfghklmnprstvz" for second in "aeiou"]
_HELDOUT = 50  # shards, as in the benchmark
_LEAST = 2500  # bytes of a shard
_LONGEST, _MEAN = 50, 25  # words of a sentence
_BLOCK = 4000  # sentences that are made at once


def synthesize_text(
    out: Path,
    *,
    megabytes: float = 200.0,
    vocabulary: int = 100_000,
    shards: int = 100,
    seed: int = 0,
) -> None:
    """Write text whose words follow Zipf's law, in the folders of the 1-billion-word benchmark.

    The word of rank k has probability proportional to 1 / k, independent of the words before it.
    Sentences have 1 to 49 words. The first shard is held out and divided into 50. The text depends
    on the arguments alone. Printed is the perplexity of a model that knows the probabilities.

    Args:
        out: Folder to write; it must be empty or not exist.
        megabytes: Size of the text in 10^6 bytes.
        vocabulary: Number of different words.
        shards: Number of shards of equal size, the first of which is held out.
        seed: Seed of the text.

    Raises:
        InputError: A number is out of range, or `out` is not empty or cannot be written.
    """
    check_at_least(2, vocabulary=vocabulary, shards=shards)
    check_at_least(0, seed=seed)
    size = 1e6 * megabytes / shards
    fits = megabytes <= 1e6 and vocabulary <= 10_000_000 and shards <= 99_999
    if not fits or size < _LEAST:
        raise InputError(
            f"megabytes {megabytes}, vocabulary {vocabulary} and shards {shards} are out of range; "
            f"a shard needs {_LEAST:,} bytes, and at most 1,000,000 megabytes, 10,000,000 words "
            "and 99,999 shards are possible"
        )
    _make_folders(out)
    words = np.array([word(rank) for rank in range(vocabulary)], object)
    weights = 1 / np.arange(1, vocabulary + 1)
    files = [(TRAIN_FOLDER, number, shards, size) for number in range(1, shards)]
    files += [(HELDOUT_FOLDER, n, _HELDOUT, size / _HELDOUT) for n in range(_HELDOUT)]
    written = 0
    for folder, number, total, least in track(
        files, "Synthesizing", console=Console(stderr=True), transient=True
    ):
        rng = np.random.default_rng((seed, number, folder == HELDOUT_FOLDER))
        path = out / folder / shard_name(folder, number, total)
        written += _write(path, _text(words, weights, rng, least))
    print(f"{written / 1e6:,.1f} MB in {len(files)} shards: {out}")
    print(f"perplexity of a model that knows the probabilities: {perplexity(weights):,.1f}")


def word(rank: int) -> str:
    """Return the word of a rank from 0, which differs for each rank."""
    syllables = []
    while rank >= 0:
        rank, rest = divmod(rank, len(_SYLLABLES))
        syllables.append(_SYLLABLES[rest])
        rank -= 1
    return "".join(reversed(syllables))


def perplexity(weights: NDArray[np.float64]) -> float:
    """Return exp of the mean entropy of a symbol, the ends of sentences included.

    A sentence has 1 to `_LONGEST` - 1 words with equal probability; a model that counts them
    predicts its end with the hazard of that distribution.

    Args:
        weights: Weights of the words, (K,).
    """
    probabilities = weights / weights.sum()
    of_words = -float(probabilities @ np.log(probabilities))
    lengths = _LONGEST - 1
    per_sentence = _MEAN * of_words + math.log(lengths)
    return math.exp(per_sentence / (_MEAN + 1))


def _make_folders(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"OUT '{out}' is not an empty folder; name a new one")
    try:
        for folder in (TRAIN_FOLDER, HELDOUT_FOLDER):
            os.makedirs(out / folder)
    except OSError as error:
        raise InputError(
            f"OUT '{out}' cannot be created ({error.strerror}); name a folder that you can write to"
        ) from None


def _text(
    words: NDArray[np.object_], weights: NDArray[np.float64], rng: np.random.Generator, size: float
) -> Iterator[bytes]:
    """Yield sentences of `size` bytes in all, and up to one more."""
    cumulative = np.cumsum(weights / weights.sum())
    while size > 0:
        lengths = rng.integers(1, _LONGEST, _BLOCK)
        ranks = np.searchsorted(cumulative, rng.random(lengths.sum()))
        chosen = words[np.minimum(ranks, len(words) - 1)].tolist()
        ends = np.cumsum(lengths).tolist()
        for start, end in zip([0, *ends], ends, strict=False):
            line = " ".join(chosen[start:end]).encode() + b"\n"
            yield line
            size -= len(line)
            if size <= 0:
                return


def _write(path: Path, lines: Iterator[bytes]) -> int:
    with path.open("wb") as file:
        file.writelines(lines)
        return file.tell()
