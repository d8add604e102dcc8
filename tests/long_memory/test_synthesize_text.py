"""Test synthetic text: layout, size, frequencies, and the perplexity that is printed."""

import itertools
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from action_rec.long_memory.cli import main
from action_rec.long_memory.shards import HELDOUT_FOLDER, TRAIN_FOLDER
from action_rec.long_memory.synthesize_text import perplexity, word

SMALL = ("--megabytes", "0.4", "--vocabulary", "20", "--shards", "4")


def test_the_layout_is_that_of_the_benchmark_and_depends_on_the_seed_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, again, other = (tmp_path / name for name in ("first", "again", "other"))
    for folder, seed in ((first, "0"), (again, "0"), (other, "1")):
        assert main(["synthesize-text", str(folder), *SMALL, "--seed", seed]) == 0
    assert "perplexity of a model that knows the probabilities: " in capsys.readouterr().out
    train = sorted((first / TRAIN_FOLDER).iterdir())
    heldout = sorted((first / HELDOUT_FOLDER).iterdir())
    assert [path.name for path in train] == [f"news.en-0000{n}-of-00004" for n in (1, 2, 3)]
    assert [path.name for path in heldout] == [
        f"news.en.heldout-{n:05d}-of-00050" for n in range(50)
    ]
    assert all(0 <= path.stat().st_size - 100_000 < 400 for path in train)
    assert all(0 <= path.stat().st_size - 2_000 < 400 for path in heldout)
    texts = [[p.read_bytes() for p in sorted(f.rglob("news*"))] for f in (first, again, other)]
    assert texts[0] == texts[1]
    assert len({*texts[0], *texts[2]}) == 2 * len(texts[0])

    counts = Counter(itertools.chain(*(path.read_text().split() for path in train)))
    words = [word(rank) for rank in range(20)]
    assert counts.keys() == {*words}
    total, harmonic = counts.total(), sum(1 / rank for rank in range(1, 21))
    for rank, one in enumerate(words, 1):  # within five standard deviations
        expected = total / rank / harmonic
        assert abs(counts[one] - expected) < 5 * math.sqrt(expected)
    lines = [line for path in train for line in path.read_text().splitlines()]
    assert {len(line.split()) for line in lines} == {*range(1, 50)}


def test_all_words_differ() -> None:
    assert len({word(rank) for rank in range(10_000)}) == 10_000


def test_the_perplexity_is_that_of_the_symbols_of_a_sentence() -> None:
    weights = np.array([1.0, 1 / 2])
    # The nats of a sentence of n words and of its end, of which n has 49 equal chances.
    nats = [math.log(49) - sum(n * p * math.log(p) for p in (2 / 3, 1 / 3)) for n in range(1, 50)]
    symbols = [n + 1 for n in range(1, 50)]
    assert perplexity(weights) == pytest.approx(math.exp(sum(nats) / sum(symbols)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("--vocabulary", "1"), "vocabulary must be at least 2, got 1", id="one word"),
        pytest.param(("--shards", "1"), "shards must be at least 2, got 1", id="one shard"),
        pytest.param(("--megabytes", "0.1"), "a shard needs 2,500 bytes", id="too small"),
        pytest.param(("--megabytes", "2e6"), "at most 1,000,000 megabytes", id="too large"),
        pytest.param(("--seed", "-1"), "seed must be at least 0, got -1", id="seed"),
    ],
)
def test_numbers_out_of_range_are_refused(
    arguments: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synthesize-text", str(tmp_path / "out"), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_empty_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file"):
        assert main(["synthesize-text", str(path)]) == 2
        assert "is not an empty folder; name a new one" in capsys.readouterr().err
