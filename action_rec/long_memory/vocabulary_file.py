"""The file of a vocabulary, ``vocabulary.json``, which is written beside a run.

It has the symbols with their counts, and of each training shard the size and the places from which
reading can start. So testing and resuming need no second pass over the text.
"""

import json
from pathlib import Path
from typing import Any

from action_rec.console.output_path import check_out
from action_rec.console.writing import write_json
from action_rec.errors import InputError
from action_rec.long_memory.shards import find_shards
from action_rec.long_memory.vocabulary import EOS, Mark, Shard, Vocabulary, count_words

FILE_NAME = "vocabulary.json"
_FORMAT = 1
_RECOUNT = "count the text again, without --data.vocabulary"


def count_words_to_file(
    corpus: Path, out: Path, *, min_count: int = 3, train_shards: list[int] | None = None
) -> None:
    """Count the words of a corpus once, for several runs: count-words CORPUS OUT.json.

    The file is for --data.vocabulary. fit counts the words itself if it is given none.

    Args:
        corpus: The folder of both shard folders, or of a train, a valid and a test file.
        out: The file to write.
        min_count: Least number of occurrences of a word of the vocabulary.
        train_shards: Numbers of the training shards, such as [1,2]; all if not given.

    Raises:
        InputError: The corpus cannot be used, or the file cannot be written.
    """
    check_out(out, (".json",))
    files = find_shards(corpus, train_shards, None, None)["train"]
    vocabulary = count_words(files, min_count)
    write_vocabulary(out, vocabulary)
    total = sum(shard.symbols for shard in vocabulary.shards)
    print(f"{len(vocabulary.counts):,} symbols of {total:,} in {len(files)} shards: {out}")


def write_vocabulary(path: Path, vocabulary: Vocabulary) -> None:
    """Write a vocabulary atomically."""
    shards = {
        shard.path.name: {"bytes": shard.size, "symbols": shard.symbols, "marks": shard.marks}
        for shard in vocabulary.shards
    }
    content = {
        "format": _FORMAT,
        "min_count": vocabulary.min_count,
        "symbols": vocabulary.counts,
        "shards": shards,
    }
    write_json(path, content, indent=None, separators=(",", ":"), ensure_ascii=False)


def read_vocabulary(path: Path, files: list[Path], min_count: int) -> Vocabulary:
    """Read a vocabulary that `write_vocabulary` wrote.

    Args:
        path: The file.
        files: The training shards of the run, which must be those that were counted.
        min_count: The least number of occurrences that the run asks for.

    Raises:
        InputError: The file is damaged, or does not fit the run.
    """
    content = _load(path)
    if content["min_count"] != min_count:
        raise InputError(
            f"{path} was counted with min_count {content['min_count']}, but the run has "
            f"{min_count}; set --data.min_count {content['min_count']}, or {_RECOUNT}"
        )
    shards = []
    for file in files:
        counted = content["shards"].get(file.name)
        if counted is None:
            raise InputError(
                f"{path} was counted without {file.name}, which is among the training shards; use "
                f"the train_shards of that count, or {_RECOUNT}"
            )
        size = file.stat().st_size
        if size != counted["bytes"]:
            raise InputError(
                f"{path} was counted when {file.name} had {counted['bytes']:,} bytes, but {file} "
                f"has {size:,}; use that corpus, or {_RECOUNT}"
            )
        marks = [Mark(*mark) for mark in counted["marks"]]
        shards.append(Shard(file, size, counted["symbols"], marks))
    return Vocabulary(content["symbols"], min_count, shards)


def _load(path: Path) -> dict[str, Any]:
    """Return the content of a vocabulary file, whose structure is checked."""
    if not path.is_file():
        raise InputError(
            f"the vocabulary {path} does not exist; fit writes {FILE_NAME} into the folder of its "
            "run: name that file with --data.vocabulary"
        )
    try:
        content = json.loads(path.read_bytes().decode("utf-8"))
        json.dumps(content, ensure_ascii=False).encode("utf-8")  # which lone surrogates cannot be
    except (ValueError, RecursionError):  # of JSON or of UTF-8
        content = None
    problem = _problem(content)
    if problem:
        raise InputError(
            f"{path} is not a vocabulary that fit wrote ({problem}); name the {FILE_NAME} of the "
            f"run, or {_RECOUNT}"
        )
    return content  # type: ignore[no-any-return]


def _problem(content: Any) -> str:  # noqa: ANN401 (whatever the file holds)
    """Return what is wrong with the content of a vocabulary file, or an empty text."""
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        return f"it is no JSON object of format {_FORMAT}"
    symbols, shards = content.get("symbols"), content.get("shards")
    if not _count(content.get("min_count"), 1):
        return "min_count is not a number of at least 1"
    if not isinstance(symbols, dict) or not all(_count(one, 1) for one in symbols.values()):
        return "its symbols have no counts"
    if EOS not in symbols or len(symbols) < 2:
        return f"it has no {EOS} or no words"
    if not isinstance(shards, dict) or not all(map(_sound, shards.values())):
        return "its shards have no sizes"
    return ""


def _sound(shard: Any) -> bool:  # noqa: ANN401
    """Whether the description of a shard is complete and its marks are in order."""
    if not isinstance(shard, dict) or not all(
        _count(shard.get(k), 1) for k in ("bytes", "symbols")
    ):
        return False
    marks = shard.get("marks")
    if not isinstance(marks, list) or not marks or marks[0] != [0, 0, 0]:
        return False
    if not all(isinstance(mark, list) and len(mark) == 3 for mark in marks):
        return False
    if not all(_count(number, 0) for mark in marks for number in mark):
        return False
    columns = (*zip(*marks, strict=True),)
    within = marks[-1][0] <= shard["bytes"] and marks[-1][1] <= shard["symbols"]
    return within and all(list(column) == sorted(column) for column in columns)


def _count(value: Any, least: int) -> bool:  # noqa: ANN401
    return type(value) is int and least <= value < 1 << 62
