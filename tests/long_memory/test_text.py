"""Test encoding of texts, their streams and chunks, and invalid files."""

import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from action_rec.errors import InputError
from action_rec.long_memory import TextData
from action_rec.long_memory.corpus import Unit, read_corpus
from action_rec.long_memory.text import streams
from tests.long_memory.small_data import text_folder


def write(folder: Path, train: str, valid: str, test: str) -> Path:
    for name, text in (("train", train), ("valid", valid), ("test", test)):
        (folder / f"t.{name}.txt").write_text(text, encoding="utf-8", newline="")
    return folder


def test_characters_with_one_end_of_line_symbol_per_line(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, " a b \n\nb\n", "ab", "\n"), "characters")
    assert corpus.vocabulary == ["\n", " ", "a", "b"]
    assert corpus.symbols["train"].tolist() == [2, 1, 3, 0, 0, 3, 0]
    assert corpus.symbols["val"].tolist() == [2, 3, 0]
    assert corpus.symbols["test"].tolist() == [0]


def test_only_newlines_end_lines_and_a_byte_order_mark_is_removed(tmp_path: Path) -> None:
    folder = write(tmp_path, "\ufeffa\x0cb\u2028a\r\nb\r", "a", "b")
    corpus = read_corpus(folder, "characters")
    assert corpus.vocabulary == ["\n", "\x0c", "a", "b", "\u2028"]
    assert corpus.symbols["train"].tolist() == [2, 1, 3, 4, 2, 0, 3, 0]


def test_unknown_words_become_unk(tmp_path: Path) -> None:
    corpus = read_corpus(write(tmp_path, "the <unk>  sat\n", "the cat\n", "sat\n"), "words")
    assert corpus.vocabulary == ["<eos>", "<unk>", "sat", "the"]
    assert corpus.symbols["train"].tolist() == [3, 1, 2, 0]
    assert corpus.symbols["val"].tolist() == [3, 1, 0]


def test_a_single_file_is_divided_into_90_5_and_5_percent(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("abcdefghi\n" * 10)
    symbols = read_corpus(path, "characters").symbols
    assert {split: len(part) for split, part in symbols.items()} == {
        "train": 90,
        "val": 5,
        "test": 5,
    }
    assert symbols["val"].tolist() == [1, 2, 3, 4, 5]


def test_a_zip_equals_its_folder(tmp_path: Path) -> None:
    folder = text_folder(tmp_path / "text")
    with zipfile.ZipFile(tmp_path / "text.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"inside/{file.name}")
    first, second = (read_corpus(p, "words") for p in (folder, tmp_path / "text.zip"))
    assert first.vocabulary == second.vocabulary
    assert all((first.symbols[s] == second.symbols[s]).all() for s in first.symbols)


@pytest.mark.parametrize(
    ("unit", "vocabulary", "sizes"),
    [
        ("characters", 50, (5_017_482, 393_042, 442_423)),
        ("words", 10_000, (929_589, 73_760, 82_430)),
    ],
)
def test_penn_treebank_has_its_known_sizes(
    shared_data: Path, unit: Unit, vocabulary: int, sizes: tuple[int, ...]
) -> None:
    path = shared_data / "ptb.zip"
    if not path.is_file():
        pytest.skip(f"no Penn Treebank in {path}")
    corpus = read_corpus(path, unit)
    assert len(corpus.vocabulary) == vocabulary
    assert tuple(len(part) for part in corpus.symbols.values()) == sizes


@pytest.mark.parametrize("size", [2, 3, 10, 11, 12, 13])
@pytest.mark.parametrize("rows", [1, 3])
def test_every_symbol_except_the_first_is_a_target_once(size: int, rows: int) -> None:
    symbols = np.arange(100, 100 + size)
    inputs, targets = streams(symbols, rows, keep_all=True)
    assert inputs.shape == targets.shape
    kept = targets >= 0
    assert targets[kept].tolist() == list(range(101, 100 + size))
    assert (inputs[kept] + 1 == targets[kept]).all()


def test_training_streams_are_consecutive_parts_of_the_text() -> None:
    inputs, targets = streams(np.arange(12), 3, keep_all=False)
    assert inputs.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert targets.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


def test_each_batch_continues_the_previous_one(tmp_path: Path) -> None:
    data = TextData(text_folder(tmp_path / "text"), batch_size=4, num_steps=7)
    batches = list(data.train_dataloader())
    for before, after in pairwise(batches):
        assert (before.targets[:, -1] == after.inputs[:, 0]).all()
    assert {batch.inputs.shape[1] for batch in batches[:-1]} == {7}
    whole = torch.cat([batch.inputs for batch in batches], dim=1).flatten()
    assert whole.tolist() == data.corpus.symbols["train"][: len(whole)].tolist()
    assert len(data.corpus.symbols["train"]) - 1 - len(whole) < 4


def test_a_checkpoint_with_another_vocabulary_raises(tmp_path: Path) -> None:
    first = TextData(text_folder(tmp_path / "a"), batch_size=2)
    second = TextData(text_folder(tmp_path / "b"), unit="words", batch_size=2)
    with pytest.raises(InputError, match="the checkpoint was trained with vocabulary"):
        second.load_state_dict(first.state_dict())


@pytest.mark.parametrize(
    ("texts", "unit", "message"),
    [
        pytest.param(
            ("ab\n", "a\nb\naxb\n", "a\n"), "characters", r"valid\.txt, line 3: .*'x'", id="symbol"
        ),
        pytest.param(("a b\n", "a\n", "a\nc b\n"), "words", r"test\.txt, line 2: .*'c'", id="word"),
        pytest.param(
            ("ab\n", "", "a\n"), "characters", "the val text .* has 0 symbols", id="empty"
        ),
        pytest.param(
            ("a", "a", "a"), "characters", "train text .* too few for 2 parallel", id="short"
        ),
    ],
)
def test_an_invalid_text_raises(
    tmp_path: Path, texts: tuple[str, str, str], unit: Unit, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        TextData(write(tmp_path, *texts), unit=unit, batch_size=2)


def test_the_line_of_an_unknown_symbol_in_a_single_file(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("abcdefghi\n" * 9 + "abc\ndéf\n")
    with pytest.raises(InputError, match=r"text\.txt, line 11: the symbol 'é'"):
        read_corpus(path, "characters")


def test_a_damaged_zip_raises(tmp_path: Path) -> None:
    path = tmp_path / "text.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.train.txt", "one two three\n" * 100)
    whole = path.read_bytes()
    start = 30 + len("t.train.txt")  # of the compressed data
    for damaged in (whole[:-30], whole[:start] + b"\xff" * 8 + whole[start + 8 :], b"<html>"):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"text\.zip cannot be unpacked .*again"):
            read_corpus(path, "characters")


@pytest.mark.parametrize("name", ["batch_size", "num_steps", "eval_streams", "eval_steps"])
def test_a_number_below_1_raises(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"{name} must be at least 1, got 0"):
        TextData(text_folder(tmp_path / "text"), **{name: 0})  # type: ignore[arg-type]


def test_unreadable_files_raise(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_corpus(tmp_path / "none", "characters")
    (tmp_path / "only.train.txt").write_text("a\n")
    with pytest.raises(InputError, match="must have one val file with 'valid' in its name"):
        read_corpus(tmp_path, "characters")
    (tmp_path / "latin.txt").write_bytes(b"one\ntwo \xe9\n")
    with pytest.raises(InputError, match=r"latin\.txt, line 2: the text is not UTF-8"):
        read_corpus(tmp_path / "latin.txt", "characters")
