"""Read the transcription of a sentence: one line ``start end phone`` for each phone.

Times are numbers of samples, the end is exclusive. Samples between two phones belong to none.
"""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.long_memory.objectives import PADDING
from action_rec.long_memory.speech.features import HOP, WINDOW
from action_rec.long_memory.speech.phones import CLASS_OF

_MOST_DIGITS = 12  # of a time


class Phone(NamedTuple):
    """A phone of a sentence.

    Attributes:
        start: Its first sample.
        end: The sample after its last.
        name: One of TIMIT's 61 phones.
    """

    start: int
    end: int
    name: str


def read_phones(path: Path, samples: int) -> list[Phone]:
    """Read the phones of a sentence of so many samples.

    Raises:
        InputError: The file is empty, a line is not ``start end phone``, a time is not a whole
            number or beyond the end, a phone is not one of TIMIT's, or phones overlap.
    """
    text = path.read_bytes().decode("utf-8", errors="replace")
    lines = {number: line.split() for number, line in enumerate(text.split("\n"), 1)}
    phones = [_phone(f"{path}, line {n}", words, samples) for n, words in lines.items() if words]
    if not phones:
        raise InputError(
            f"{path} has no phones, but a line 'start end phone' is needed for each; copy the "
            "file again"
        )
    for before, after in pairwise(phones):
        if after.start < before.end:
            raise InputError(
                f"{path}: the phone '{after.name}' starts at sample {after.start}, before the end "
                f"of the phone '{before.name}' before it, {before.end}; copy the file again"
            )
    return phones


def frame_classes(phones: list[Phone], frames: int) -> NDArray[np.int64]:
    """Return the class (T,) of the phone in the middle of each frame; `PADDING` where it has none.

    Args:
        phones: The phones of the sentence.
        frames: Number of frames T.
    """
    middles = np.arange(frames) * HOP + WINDOW // 2
    classes = np.full(frames, PADDING, np.int64)
    for phone in phones:
        number = CLASS_OF[phone.name]
        if number is not None:
            classes[(phone.start <= middles) & (middles < phone.end)] = number
    return classes


def _phone(place: str, words: list[str], samples: int) -> Phone:
    if len(words) != 3:
        raise InputError(
            f"{place} has {len(words)} words, but 'start end phone' is needed; copy the file again"
        )
    start, end = (_time(place, word) for word in words[:2])
    name = words[2].lower()
    if name not in CLASS_OF:
        raise InputError(
            f"{place}: '{words[2]}' is none of TIMIT's 61 phones; write the phones as in TIMIT's "
            "documentation, such as aa, tcl and h#"
        )
    if not start < end <= samples:
        raise InputError(
            f"{place}: a phone from sample {start} to {end} is impossible in a recording of "
            f"{samples} samples; copy this file and its audio file again"
        )
    return Phone(start, end, name)


def _time(place: str, word: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) <= _MOST_DIGITS):
        raise InputError(
            f"{place}: the time '{word[:20]}' must be a whole number of samples from 0 on; copy "
            "the file again"
        )
    return int(word)
