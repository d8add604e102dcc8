"""Damaged shards and vocabularies are refused in one sentence each, and odd texts are read."""

from pathlib import Path

import pytest

from action_rec.errors import InputError
from action_rec.long_memory import ShardedTextData
from action_rec.long_memory.shards import HELDOUT_FOLDER, LONGEST_LINE, TRAIN_FOLDER
from tests.long_memory.corpora import corpus, train_shard
from tests.long_memory.hostile_shards import ACCEPTED, REFUSED, check_variants

KINDS = len(REFUSED) + len(ACCEPTED) + 8


def test_variants_are_read_or_refused_in_one_sentence(tmp_path: Path) -> None:
    wrong, done = check_variants(tmp_path, 2 * KINDS, seed=0)
    assert wrong == []
    assert done.keys() == {*REFUSED, *ACCEPTED, "vocabulary"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "has no words; download it again, or leave it out", id="empty"),
        pytest.param(b"the\ncat \xe9\n", "line 2: the text is not UTF-8; convert", id="not UTF-8"),
        pytest.param(
            b"the\n" + b"a " * LONGEST_LINE, "line 2: the line is longer than 1,048,576", id="long"
        ),
    ],
)
def test_the_sentence_names_shard_and_line(content: bytes, message: str, tmp_path: Path) -> None:
    shard = train_shard(corpus(tmp_path), 2)
    shard.write_bytes(content)
    with pytest.raises(InputError, match=rf"{TRAIN_FOLDER}/{shard.name}.*{message}"):
        ShardedTextData(tmp_path)


def test_the_sentence_names_what_is_missing(tmp_path: Path) -> None:
    folder = corpus(tmp_path / "corpus")
    train_shard(folder, 2).unlink()
    train_shard(folder, 3).unlink()
    message = r"lacks 2 of its shards \(00002, 00003\); .* --data.train_shards, e.g. \[1\]"
    with pytest.raises(InputError, match=message):
        ShardedTextData(folder)
    ShardedTextData(folder, train_shards=[1, 4], batch_size=2)
    (folder / HELDOUT_FOLDER).rename(tmp_path / HELDOUT_FOLDER)
    with pytest.raises(InputError, match=rf"has no folder {HELDOUT_FOLDER}; unpack the whole"):
        ShardedTextData(folder)
    with pytest.raises(InputError, match="is not a folder; give the folder that contains"):
        ShardedTextData(tmp_path / "none")
    with pytest.raises(InputError, match=rf"has none; .* or give the folder .* {TRAIN_FOLDER}"):
        ShardedTextData(folder / TRAIN_FOLDER)
