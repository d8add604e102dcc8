"""Test the reading of large texts: vocabulary, order, rows, ranks, any place, constant memory."""

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from action_rec.errors import InputError
from action_rec.long_memory import ShardedTextData, TextData, vocabulary, word_rows
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.corpus import read_corpus
from action_rec.long_memory.vocabulary_file import (
    count_words_to_file,
    read_vocabulary,
    write_vocabulary,
)
from tests.long_memory.corpora import corpus, heldout_shard, train_shard
from tests.long_memory.small_data import text_folder

Loader = DataLoader[SequenceBatch]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return corpus(tmp_path / "corpus")


@pytest.fixture
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let marks and pieces that are read at once be shorter than a shard."""
    monkeypatch.setattr(vocabulary, "_MARK_EVERY", 50)
    monkeypatch.setattr(word_rows, "_READ_AHEAD", 16)


def words_of(path: Path) -> list[str]:
    """Return the symbols of a file, by another way than the package reads them."""
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [word for line in lines for word in (*line.split(), "<eos>")]


def as_words(codes: Tensor, data: ShardedTextData) -> list[str]:
    names = [*data.vocabulary.counts]
    return [names[code] for code in codes.flatten().tolist()]


def epochs(loader: Loader, count: int) -> Iterator[list[SequenceBatch]]:
    for epoch in range(count):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        yield list(loader)


def test_the_vocabulary_counts_words_and_is_sorted_by_frequency(tmp_path: Path) -> None:
    for split, text in {"train": "b a b <unk>\nc b a\n\n", "valid": "c\n", "test": "d a\n"}.items():
        (tmp_path / f"t.{split}.txt").write_text(text)
    data = ShardedTextData(tmp_path, min_count=2, batch_size=2, eval_streams=1)
    assert data.vocabulary.counts == {"<eos>": 3, "b": 3, "<unk>": 2, "a": 2}
    assert [*data.vocabulary.counts] == ["<eos>", "b", "<unk>", "a"]
    (test,) = data.test_dataloader()
    assert as_words(test.targets, data) == ["a", "<eos>"]
    assert as_words(test.inputs, data) == ["<unk>", "a"]
    whole = ShardedTextData(tmp_path, min_count=1, batch_size=2, eval_streams=1)
    assert [*whole.vocabulary.counts] == ["<eos>", "b", "a", "<unk>", "c"]


@pytest.mark.usefixtures("_small_pieces")
@pytest.mark.parametrize("streams", [1, 3])
def test_a_text_in_one_file_has_the_batches_of_the_same_text_in_memory(
    streams: int, tmp_path: Path
) -> None:
    path = text_folder(tmp_path / "text")
    sizes = {"batch_size": 4, "num_steps": 7, "eval_streams": streams, "eval_steps": 9}
    here = ShardedTextData(path, min_count=1, **sizes)  # type: ignore[arg-type]
    there = TextData(path, unit="words", **sizes)
    names = read_corpus(path, "words").vocabulary
    loaders: list[tuple[Loader, Loader]] = [
        (here.train_dataloader(), there.train_dataloader()),
        (here.val_dataloader(), there.val_dataloader()),
        (here.test_dataloader(), there.test_dataloader()),
    ]
    for streamed, loaded in loaders:
        for one, other in zip(streamed, loaded, strict=True):
            kept = other.targets >= 0  # inputs have no meaning elsewhere
            assert torch.equal(one.targets >= 0, kept)
            for mine, theirs in ((one.inputs, other.inputs), (one.targets, other.targets)):
                expected = [names[code] for code in theirs[kept].tolist()]
                assert as_words(mine[kept], here) == expected


@pytest.mark.usefixtures("_small_pieces")
def test_each_epoch_reads_all_shards_in_an_order_of_its_own(folder: Path) -> None:
    data = ShardedTextData(folder, min_count=1, batch_size=3, num_steps=6, seed=1)
    orders = []
    for epoch, batches in enumerate(epochs(data.train_dataloader(), 4)):
        for before, after in pairwise(batches):
            assert (before.targets[:, -1] == after.inputs[:, 0]).all()
        read = as_words(torch.cat([batch.targets for batch in batches], dim=1), data)
        order = [shard.path for shard in data.shuffled(epoch)]
        text = [word for path in order for word in words_of(path)]
        assert read == text[1 : len(read) + 1]
        assert len(text) - 1 - len(read) < 3
        assert sorted(order) == [train_shard(folder, number) for number in range(1, 5)]
        orders.append([path.name for path in order])
    assert len({*map(tuple, orders)}) > 1
    again = ShardedTextData(folder, min_count=1, batch_size=3, seed=1)
    other = ShardedTextData(folder, min_count=1, batch_size=3, seed=2)
    names = [[[s.path.name for s in d.shuffled(e)] for e in range(4)] for d in (again, other)]
    assert names[0] == orders != names[1]


@pytest.mark.usefixtures("_small_pieces")
def test_a_chunk_read_alone_is_that_of_an_uninterrupted_epoch(folder: Path) -> None:
    data = ShardedTextData(folder, min_count=2, batch_size=3, num_steps=6)
    loader = data.train_loader(0, 1)
    whole = [*epochs(loader, 2)]
    for epoch in range(2):
        for chunk, expected in enumerate(whole[epoch]):
            alone = data.train_loader(0, 1)
            alone.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
            alone.load_state_dict({"epoch": epoch, "batches_done": chunk})
            found = next(iter(alone))
            assert torch.equal(found.inputs, expected.inputs)
            assert torch.equal(found.targets, expected.targets)
            assert alone.state_dict() == {"epoch": epoch, "batches_done": chunk + 1}


@pytest.mark.parametrize("ranks", [2, 5])
def test_ranks_share_the_rows_of_one_rank_with_their_batches_together(
    ranks: int, folder: Path
) -> None:
    together = ShardedTextData(folder, min_count=1, batch_size=2 * ranks, num_steps=6)
    each = ShardedTextData(folder, min_count=1, batch_size=2, num_steps=6)
    loaders = [each.train_loader(rank, ranks) for rank in range(ranks)]
    for one, *parts in zip(together.train_loader(0, 1), *loaders, strict=True):
        assert torch.equal(torch.cat([part.inputs for part in parts]), one.inputs)
        assert torch.equal(torch.cat([part.targets for part in parts]), one.targets)


def test_memory_does_not_grow_with_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that a row of the smaller text is longer than what is read at once.
    monkeypatch.setattr(word_rows, "_READ_AHEAD", 16)
    monkeypatch.setattr(vocabulary, "_MARK_EVERY", 500)
    peaks, symbols = [], 0
    for lines in (100, 200, 1600):  # the first time more is loaded
        path = corpus(tmp_path / str(lines), lines)
        tracemalloc.start()
        data = ShardedTextData(path, batch_size=4, num_steps=20)
        loader = data.train_loader(0, 1)
        symbols = sum(loader.dataset[place].inputs.numel() for place in loader.sampler)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert symbols > 15 * 1600
    assert peaks[2] < 1.5 * peaks[1]
    assert peaks[2] < 4 * symbols  # with 8 bytes a symbol, the text does not fit


def test_a_vocabulary_is_written_and_read_again(folder: Path, tmp_path: Path) -> None:
    counted = ShardedTextData(folder, min_count=2, batch_size=2).vocabulary
    file = tmp_path / "vocabulary.json"
    write_vocabulary(file, counted)
    data = ShardedTextData(folder, min_count=2, vocabulary=file, batch_size=2)
    assert data.vocabulary == counted
    assert [*data.vocabulary.counts] == [*counted.counts]
    other = tmp_path / "other.json"
    count_words_to_file(folder, other, min_count=2)
    assert other.read_bytes() == file.read_bytes()


def test_a_vocabulary_that_does_not_fit_the_run_raises(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "vocabulary.json"
    count_words_to_file(folder, file, train_shards=[1, 2])
    first, second, third = (train_shard(folder, number) for number in (1, 2, 3))
    with pytest.raises(InputError, match=r"with min_count 3, but the run has 2; set --data\.min_"):
        read_vocabulary(file, [first], 2)
    with pytest.raises(InputError, match=r"without news.en-00003-of-00005, which is among the tra"):
        read_vocabulary(file, [first, third], 3)
    with second.open("a") as shard:
        shard.write("more\n")
    with pytest.raises(InputError, match=r"when news.en-00002-of-00005 had .* use that corpus"):
        ShardedTextData(folder, vocabulary=file, train_shards=[1, 2])
    with pytest.raises(InputError, match=r"none.json does not exist; fit writes vocabulary.json"):
        ShardedTextData(folder, vocabulary=tmp_path / "none.json")


def test_a_shard_that_changes_during_a_run_raises(folder: Path) -> None:
    data = ShardedTextData(folder, min_count=1, batch_size=1)
    shard = train_shard(folder, 2)
    text = shard.read_text().replace("the", "a b", 3)
    shard.write_text(text)
    with pytest.raises(InputError, match=r"00002-of-00005 has changed since its words were count"):
        list(data.train_dataloader())


def test_an_unknown_word_of_a_held_out_shard_raises_if_there_is_no_unk(folder: Path) -> None:
    path = heldout_shard(folder)
    path.write_text("the cat\nthe \x1b[31mzebra\n")
    with pytest.raises(InputError, match=r"heldout-00000-of-00003, line 2: the word .*zebra.* is"):
        ShardedTextData(folder, min_count=1, batch_size=2, eval_streams=1)
    train_shard(folder).write_text("rare\n" + train_shard(folder).read_text())
    ShardedTextData(folder, min_count=2, batch_size=2, eval_streams=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"train_shards": [1, 9]}, r"lacks 1 of its shards \(00009\)", id="absent"),
        pytest.param({"train_shards": []}, "train_shards must be different numbers", id="none"),
        pytest.param({"val_shards": (1, 1)}, "val_shards must be different numbers", id="twice"),
        pytest.param({"val_shards": (0,)}, "val_shards and test_shards both have 0", id="shared"),
        pytest.param({"min_count": 0}, "min_count must be at least 1, got 0", id="min_count"),
        pytest.param({"min_count": 999}, "no word of train occurs 999 times", id="too rare"),
        pytest.param({"batch_size": 0}, "batch_size must be at least 1", id="no batch"),
        pytest.param({"batch_size": 9999}, "too few for 9999 parallel rows", id="too many rows"),
        pytest.param({"eval_streams": 999}, "reduce --data.eval_streams", id="too many streams"),
    ],
)
def test_arguments_that_do_not_fit_the_text_raise(
    arguments: dict[str, object], message: str, folder: Path
) -> None:
    with pytest.raises(InputError, match=message):
        ShardedTextData(folder, **arguments)  # type: ignore[arg-type]


def test_numbers_of_shards_raise_where_shards_have_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one train file without a number, but train_shards is"):
        ShardedTextData(text_folder(tmp_path / "text"), train_shards=[1])
