"""Small corpora in the layout of the 1-billion-word benchmark."""

from pathlib import Path

import numpy as np

from action_rec.long_memory.shards import HELDOUT_FOLDER, TRAIN_FOLDER, shard_name

WORDS = ["the", "cat", "sat", "on", "mat", "dog", "élan", "日本", "a", "b"]
TRAIN, HELDOUT = 5, 3  # shard 0 of train is held out, so there are 4


def sentences(count: int, seed: int) -> str:
    """Return lines of 0 to 8 words, of which the first words of the list are frequent."""
    rng = np.random.default_rng(seed)
    chances = 1 / np.arange(1, len(WORDS) + 1)
    lines = [
        " ".join(rng.choice(WORDS, rng.integers(0, 9), p=chances / chances.sum()))
        for _ in range(count)
    ]
    return "".join(f"{line}\n" for line in [*lines, "the cat"])


def corpus(folder: Path, lines: int = 40) -> Path:
    """Write 4 training shards of different length and 3 held-out ones."""
    for name, numbers, total in (
        (TRAIN_FOLDER, range(1, TRAIN), TRAIN),
        (HELDOUT_FOLDER, range(HELDOUT), HELDOUT),
    ):
        (folder / name).mkdir(parents=True)
        for number in numbers:
            path = folder / name / shard_name(name, number, total)
            text = sentences(lines + 7 * number, 10 * total + number)
            path.write_text(text, encoding="utf-8", newline="")
    return folder


def train_shard(folder: Path, number: int = 1) -> Path:
    """Return the path of a training shard."""
    return folder / TRAIN_FOLDER / shard_name(TRAIN_FOLDER, number, TRAIN)


def heldout_shard(folder: Path, number: int = 0) -> Path:
    """Return the path of a held-out shard."""
    return folder / HELDOUT_FOLDER / shard_name(HELDOUT_FOLDER, number, HELDOUT)
