"""Find the sentences of TIMIT's folder, and divide its speakers into train, val and test.

The folder has ``TRAIN`` and ``TEST``, dialect regions ``DR1`` to ``DR8``, a folder per speaker, and
for each sentence an audio file and a transcription of its phones, ``SX1.WAV`` and ``SX1.PHN``.
Names may be in lower case. The sentences ``SA1`` and ``SA2`` are left out: all speakers read them,
so that test would contain the words of train.
"""

from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np

from action_rec.errors import InputError
from action_rec.long_memory.speech.phones import CORE_TEST

TestSpeakers = Literal["core", "complete"]

_READ_BY_ALL = "SA"
_DEEPEST = 2  # folders between the given one and TRAIN, as unpacked from the licensed archive
# Some copies of TIMIT have its audio converted, beside or in the place of the original.
_AUDIO = (".WAV", ".WAV.WAV")


class Sentence(NamedTuple):
    """A sentence of a speaker.

    Attributes:
        speaker: Name of the speaker's folder, in upper case.
        audio: The audio file.
        phones: The transcription of its phones.
    """

    speaker: str
    audio: Path
    phones: Path


def find_sentences(
    path: Path, test_speakers: TestSpeakers, val_share: float, split_seed: int
) -> dict[str, list[Sentence]]:
    """Return the sentences of train, val and test, ordered by speaker and name.

    Args:
        path: TIMIT's folder, or one that contains it.
        test_speakers: The ``core`` test set, or the ``complete`` one, all speakers in ``TEST``.
        val_share: Fraction of the speakers in ``TRAIN`` that become val, at least one.
        split_seed: Seed of the random choice of these speakers.

    Raises:
        InputError: The folder is not laid out as TIMIT, a file is missing, there are too few
            speakers, or a speaker is in both ``TRAIN`` and ``TEST``.
    """
    if test_speakers not in get_args(TestSpeakers):
        raise InputError(f"test_speakers must be 'core' or 'complete', got '{test_speakers}'")
    folder = _corpus_folder(path)
    train, test = (_speakers(folder, part) for part in ("TRAIN", "TEST"))
    both = sorted(train.keys() & test.keys())
    if both:
        raise InputError(
            f"{folder} has the speaker {both[0]} in both TRAIN and TEST, but nobody may be heard "
            "in training and test; remove one of the two folders"
        )
    if len(train) < 2:
        raise InputError(
            f"the number of speakers in {folder}/TRAIN must be at least 2, since train and val "
            f"need one each, got {len(train)}; copy all folders of TIMIT, DR1 to DR8"
        )
    chosen = _test(folder, test, test_speakers)
    names = sorted(train)
    shuffled = np.random.default_rng(split_seed).permutation(len(names))
    count = min(len(names) - 1, max(1, round(val_share * len(names))))
    val = {names[i] for i in shuffled[:count]}
    return {
        "train": [one for name in names if name not in val for one in train[name]],
        "val": [one for name in names if name in val for one in train[name]],
        "test": [one for name in chosen for one in test[name]],
    }


def _corpus_folder(path: Path) -> Path:
    """Return the folder that contains TRAIN and TEST."""
    if not path.is_dir():
        raise InputError(f"{path} is no folder; give TIMIT's folder, which has TRAIN and TEST")
    folders = [path]
    for _ in range(_DEEPEST + 1):
        for folder in folders:
            if {"TRAIN", "TEST"} <= {one.name.upper() for one in _subfolders(folder)}:
                return folder
        folders = [inner for folder in folders for inner in _subfolders(folder)]
    raise InputError(
        f"{path} has no folders TRAIN and TEST; give TIMIT's folder as licensed, or the one that "
        "synthesize-speech wrote"
    )


def _test(folder: Path, test: dict[str, list[Sentence]], test_speakers: TestSpeakers) -> list[str]:
    if not test:
        raise InputError(
            f"{folder}/TEST has no sentences of a test speaker besides SA1 and SA2; copy all "
            "folders of TIMIT, DR1 to DR8"
        )
    if test_speakers == "complete":
        return sorted(test)
    missing = sorted(CORE_TEST - test.keys())
    if missing:
        raise InputError(
            f"{folder}/TEST lacks {len(missing)} of the {len(CORE_TEST)} speakers of the core test "
            f"set, such as {missing[0]}; copy all of TIMIT, or use --data.test_speakers complete "
            "for a corpus that is not TIMIT"
        )
    return sorted(CORE_TEST)


def _speakers(folder: Path, part: str) -> dict[str, list[Sentence]]:
    """Return the sentences of a part by speaker."""
    speakers: dict[str, list[Sentence]] = {}
    parts = [one for one in _subfolders(folder) if one.name.upper() == part]
    for region in (region for one in parts for region in _subfolders(one)):
        for place in _subfolders(region):
            sentences = _sentences(place)
            if sentences:
                speakers.setdefault(place.name.upper(), []).extend(sentences)
    return speakers


def _sentences(place: Path) -> list[Sentence]:
    files = {one.name.upper(): one for one in sorted(place.iterdir()) if one.is_file()}
    names = {name.partition(".")[0] for name in files if name.endswith((".PHN", *_AUDIO))}
    found = []
    for name in sorted(names):
        if not name or name.startswith(_READ_BY_ALL):  # no name: hidden files of a file manager
            continue
        audio = next((files[name + end] for end in _AUDIO if name + end in files), None)
        phones = files.get(f"{name}.PHN")
        if audio is None or phones is None:
            raise InputError(
                f"{place} has {(audio or phones or place).name} but no "
                f"{name}.{'WAV' if audio is None else 'PHN'}; copy both files of the sentence"
            )
        found.append(Sentence(place.name.upper(), audio, phones))
    return found


def _subfolders(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_dir())
