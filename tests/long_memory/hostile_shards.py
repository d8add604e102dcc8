"""Damaged and hostile variants of a corpus of shards and of the file of its vocabulary.

``python -m tests.long_memory.hostile_shards --variants 2000`` makes so many variants. It prints
every variant that was neither read nor refused in one sentence, or that was read though it must be
refused, and ends with status 1 if there is one.
"""

import argparse
import copy
import gzip
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from action_rec.errors import InputError
from action_rec.long_memory import ShardedTextData
from action_rec.long_memory.shards import HELDOUT_FOLDER, LONGEST_LINE, TRAIN_FOLDER, shard_name
from action_rec.long_memory.vocabulary_file import count_words_to_file
from tests.analysis.hostile_scores import nodes
from tests.long_memory.corpora import TRAIN, corpus, heldout_shard, train_shard

Change = Callable[[Path, random.Random], None]
_VALUES: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 2**31, 2**62, 10**400, 0.5, float("nan"), "", "x", "\x1b[31m"),
    *("\ud800", [], {}, [1], [[]], [[0, 0, 0]], [[0, 0]], {"x": 1}, {"<eos>": 1}, [[0, 0, 0], [9]]),
)


def any_shard(folder: Path, rng: random.Random) -> Path:
    """One of the shards that the run of `outcome` reads."""
    kind = rng.randrange(3)
    return train_shard(folder, rng.randrange(1, TRAIN)) if kind else heldout_shard(folder, kind % 2)


def insert(content: bytes, rng: random.Random, more: bytes) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[:place] + more + content[place:]


def add_control(content: bytes, rng: random.Random) -> bytes:
    """Insert a control character between two characters."""
    text = content.decode()
    place = rng.randrange(len(text) + 1)
    return f"{text[:place]}{rng.choice(chr(0) + chr(27) + chr(13))}{text[place:]}".encode()


def rewritten(change: Callable[[bytes, random.Random], bytes]) -> Change:
    """A change of the content of any shard."""

    def apply(folder: Path, rng: random.Random) -> None:
        path = any_shard(folder, rng)
        path.write_bytes(change(path.read_bytes(), rng))

    return apply


def renamed(name: Callable[[int], str]) -> Change:
    """A change of the name of a training shard."""

    def apply(folder: Path, rng: random.Random) -> None:
        path = train_shard(folder, rng.randrange(1, TRAIN))
        path.rename(path.with_name(name(rng.randrange(1, TRAIN))))

    return apply


def remove(folder: Path, rng: random.Random) -> None:
    any_shard(folder, rng).unlink()


def make_folder(folder: Path, rng: random.Random) -> None:
    path = any_shard(folder, rng)
    path.unlink()
    path.mkdir()


def drop_folder(folder: Path, rng: random.Random) -> None:
    shutil.rmtree(folder / rng.choice([TRAIN_FOLDER, HELDOUT_FOLDER]))


def empty_folder(folder: Path, rng: random.Random) -> None:
    for path in (folder / rng.choice([TRAIN_FOLDER, HELDOUT_FOLDER])).iterdir():
        path.unlink()


def add_other(folder: Path, rng: random.Random) -> None:
    other = TRAIN + rng.randrange(1, 90)
    path = folder / TRAIN_FOLDER / shard_name(TRAIN_FOLDER, rng.randrange(1, TRAIN), other)
    path.write_text("the cat\n")


def add_harmless(folder: Path, rng: random.Random) -> None:
    """Files that the benchmark or a file manager puts beside the shards."""
    name = rng.choice(["README", ".DS_Store", f"news.en-00000-of-{TRAIN:05d}"])
    (folder / HELDOUT_FOLDER / name).write_bytes(b"\xff\x00")


# What must be refused, and what must be read.
REFUSED: dict[str, Change] = {
    "empty": rewritten(lambda content, rng: b""),
    "only blanks": rewritten(lambda content, rng: b" \n\t\n" * rng.randrange(1, 9)),
    "not UTF-8": rewritten(lambda c, rng: insert(c, rng, rng.choice([b"\xff", b"\xc3(", b"\xe9"]))),
    "compressed": rewritten(lambda content, rng: gzip.compress(content)),
    "UTF-16": rewritten(lambda content, rng: content.decode().encode("utf-16")),
    "huge line": rewritten(lambda c, rng: insert(c, rng, b"the " * (LONGEST_LINE // 4 + 1))),
    "huge word": rewritten(lambda c, rng: insert(c, rng, b"x" * (LONGEST_LINE + 1))),
    "missing": remove,
    "a folder in its place": make_folder,
    "another number": renamed(lambda n: shard_name(TRAIN_FOLDER, TRAIN + n, TRAIN)),
    "no number": renamed(lambda n: f"news.en-{n}-of-{TRAIN}"),
    "another corpus": add_other,
    "no folder": drop_folder,
    "no shards": empty_folder,
}
ACCEPTED: dict[str, Change] = {
    "unchanged": lambda folder, rng: None,
    "CRLF": rewritten(lambda content, rng: content.replace(b"\n", b"\r\n")),
    "byte order mark": rewritten(lambda content, rng: b"\xef\xbb\xbf" + content),
    "no last newline": rewritten(lambda content, rng: content.rstrip(b"\n")),
    "controls": rewritten(add_control),
    "blank lines": rewritten(lambda content, rng: content.replace(b"\n", b"\n \n")),
    "unknown words": rewritten(lambda c, rng: c + b"zebra " * rng.randrange(1, 9) + b"\n"),
    "harmless files": add_harmless,
}


def vocabulary_variant(file: Path, rng: random.Random) -> None:
    """Change one value of a vocabulary, or its bytes."""
    content = json.loads(file.read_text())
    if rng.random() < 0.2:
        raw = bytearray(file.read_bytes())
        raw[rng.randrange(len(raw))] = rng.randrange(256)
        file.write_bytes(bytes(raw[: rng.randrange(len(raw))] if rng.random() < 0.5 else raw))
        return
    place = rng.choice([*nodes(content)])
    if not place:
        content = copy.copy(rng.choice(_VALUES))
    else:
        parent = content
        for key in place[:-1]:
            parent = parent[key]
        if rng.random() < 0.3:
            del parent[place[-1]]
        else:
            parent[place[-1]] = copy.deepcopy(rng.choice(_VALUES))
    file.write_text(json.dumps(content))


def outcome(folder: Path, vocabulary: Path | None = None) -> str:
    """Read a corpus to its end: ``read``, or the sentence that refuses it."""
    try:
        data = ShardedTextData(
            folder, 2, vocabulary, batch_size=2, eval_streams=2, val_shards=(0,), test_shards=(1,)
        )
        for loader in (data.train_dataloader(), data.val_dataloader(), data.test_dataloader()):
            for batch in loader:
                assert int(batch.inputs.max()) < data.num_inputs
    except InputError as error:
        sentence = str(error)
        assert sentence.isprintable(), sentence
        assert "; " in sentence, f"no remedy: {sentence}"
        assert len(sentence) < 600, sentence
        return sentence
    return "read"


def _check(name: str, folder: Path, rng: random.Random) -> str:
    """Make a variant of a kind and read it; return what is wrong, or an empty text."""
    vocabulary = None
    if name == "vocabulary":
        vocabulary = folder / "vocabulary.json"
        count_words_to_file(folder, vocabulary, min_count=2)
        vocabulary_variant(vocabulary, rng)
    else:
        (REFUSED | ACCEPTED)[name](folder, rng)
    try:
        result = outcome(folder, vocabulary)
    except Exception as error:
        return f"{name}: {type(error).__name__}: {error}"
    wrong = (name in REFUSED and result == "read") or (name in ACCEPTED and result != "read")
    return f"{name}: {result}" if wrong else ""


def check_variants(folder: Path, count: int, seed: int) -> tuple[list[str], Counter[str]]:
    """Check variants of every kind in turn; return what is wrong, and the kinds."""
    kinds = [*REFUSED, *ACCEPTED, *["vocabulary"] * 8]
    wrong, done = [], Counter[str]()
    whole = corpus(folder / "whole", 8)
    for shard in (train_shard(whole, 1), train_shard(whole, 2)):  # words that become <unk>
        shard.write_text(f"rare-{shard.name}\n" + shard.read_text())
    for number in range(count):
        name = kinds[number % len(kinds)]
        shutil.copytree(whole, folder / "variant")
        problem = _check(name, folder / "variant", random.Random(f"{seed} {number}"))
        shutil.rmtree(folder / "variant")
        wrong += [f"variant {number}, {problem}"] if problem else []
        done[name] += 1
    return wrong, done


def main() -> int:
    """Check variants and print those that are wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong, done = check_variants(Path(folder), options.variants, options.seed)
    print("\n".join([*wrong, f"{done.total()} variants of {len(done)} kinds, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
