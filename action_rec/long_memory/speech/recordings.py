"""Read the sentences of a corpus as features and classes."""

import sys
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from action_rec.errors import InputError
from action_rec.long_memory.objectives import PADDING
from action_rec.long_memory.speech.audio import read_audio
from action_rec.long_memory.speech.features import filterbank
from action_rec.long_memory.speech.folder import Sentence
from action_rec.long_memory.speech.transcription import frame_classes, read_phones

_SMALLEST_STD = 1e-5  # of a feature, which would be constant in train


class Recording(NamedTuple):
    """A sentence of T frames.

    Attributes:
        features: float32 (T, D).
        classes: int64 (T,) the class of each frame, or `PADDING` if it has none.
    """

    features: Tensor
    classes: Tensor


def read_recordings(sentences: dict[str, list[Sentence]]) -> dict[str, list[Recording]]:
    """Read all sentences, and normalize the features by the mean and deviation of train.

    Args:
        sentences: The sentences of train, val and test.

    Raises:
        InputError: A file is malformed, or a sentence has no frame with a class.
    """
    jobs = [(split, one) for split, those in sentences.items() for one in those]
    recordings: dict[str, list[Recording]] = {split: [] for split in sentences}
    shown = track(
        jobs,
        "reading sentences",
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    for split, sentence in shown:
        recordings[split].append(_read(sentence))
    _normalize(recordings)
    return recordings


def _read(sentence: Sentence) -> Recording:
    samples = read_audio(sentence.audio)
    phones = read_phones(sentence.phones, len(samples))
    features = filterbank(samples)
    classes = frame_classes(phones, len(features))
    if (classes == PADDING).all():
        raise InputError(
            f"{sentence.phones} gives no frame a class, so that the sentence cannot be used; copy "
            "the file again"
        )
    return Recording(torch.from_numpy(features), torch.from_numpy(classes))


def _normalize(recordings: dict[str, list[Recording]]) -> None:
    mean, std = _moments(one.features for one in recordings["train"])
    for one in (one for those in recordings.values() for one in those):
        one.features.sub_(mean).div_(std)


def _moments(features: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Return the mean and standard deviation (D,) over all frames, summed in 64 bits."""
    count, total, squares = 0, np.zeros(()), np.zeros(())
    for one in features:
        wide = one.numpy().astype(np.float64)
        count += len(wide)
        total = total + wide.sum(axis=0)
        squares = squares + np.square(wide).sum(axis=0)
    mean = total / count
    std = np.sqrt(np.maximum(squares / count - np.square(mean), _SMALLEST_STD**2))
    return torch.from_numpy(mean).float(), torch.from_numpy(std).float()
