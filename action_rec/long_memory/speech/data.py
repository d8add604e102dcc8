"""Frame-wise phone classification on TIMIT (Le, Jaitly, Hinton, arXiv 1504.00941, section 4.4)."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

from action_rec.data.resumable import ResumableLoader
from action_rec.errors import InputError
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.loading import (
    IndexBatches,
    Indices,
    SequenceData,
    check_at_least,
    evaluation_loader,
)
from action_rec.long_memory.objectives import PADDING
from action_rec.long_memory.speech.features import FEATURES
from action_rec.long_memory.speech.folder import TestSpeakers, find_sentences
from action_rec.long_memory.speech.phones import CLASSES
from action_rec.long_memory.speech.recordings import Recording, read_recordings

_EVAL_BATCH_SIZE = 32
_JITTER = 0.2  # of the length by which sentences are put into batches


class Sentences(Dataset[SequenceBatch]):
    """Sentences of different lengths, padded to the longest of a batch.

    Args:
        recordings: All sentences.
    """

    def __init__(self, recordings: list[Recording]) -> None:
        self._recordings = recordings

    def __getitem__(self, indices: Indices) -> SequenceBatch:
        """Return features (B, T, 123), classes (B, T) and lengths (B,) of `indices` (B,)."""
        chosen = [self._recordings[i] for i in indices]
        return SequenceBatch(
            pad_sequence([one.features for one in chosen], batch_first=True),
            pad_sequence([one.classes for one in chosen], batch_first=True, padding_value=PADDING),
            torch.tensor([len(one.classes) for one in chosen]),
        )


class SpeechData(SequenceData):
    """Data of frame-wise phone classification.

    A batch has sentences of about equal length, in an order that changes every epoch. All features
    are kept in memory, 0.7 GB for TIMIT.

    Args:
        path: TIMIT's folder, or one that ``synthesize-speech`` wrote.
        test_speakers: The ``core`` test set of 24 speakers, with which results on TIMIT are usually
            compared, or the ``complete`` one, all speakers in ``TEST``.
        batch_size: Number of sentences of a training batch.
        val_share: Fraction of the speakers in ``TRAIN`` that become val.
        split_seed: Seed of the random choice of val.
        seed: Seed of the order in training; the command line sets it from seed_everything.

    Raises:
        InputError: A file is missing or malformed, or an argument is out of range.
    """

    objective = "frame_classification"
    num_inputs = FEATURES
    num_outputs = len(CLASSES)

    def __init__(
        self,
        path: str | Path,
        test_speakers: TestSpeakers = "core",
        batch_size: int = 16,
        val_share: float = 0.1,
        split_seed: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_at_least(1, batch_size=batch_size)
        if not 0 < val_share < 1:
            raise InputError(f"val_share must be between 0 and 1, got {val_share}; 0.1 is usual")
        sentences = find_sentences(Path(path), test_speakers, val_share, split_seed)
        check_at_least(batch_size, **{"the number of train sentences": len(sentences["train"])})
        self.speakers = {
            split: sorted({one.speaker for one in those}) for split, those in sentences.items()
        }
        self._recordings = read_recordings(sentences)
        self.num_steps = int(self._lengths("train").max())
        self.test_speakers = test_speakers
        self.batch_size = batch_size
        self.split_seed = split_seed
        self.seed = seed

    def description(self) -> dict[str, Any]:
        """Return the task, the test set, and the size of the splits."""
        return {
            "task": f"phones of speech, {self.test_speakers} test set",
            "num_steps": self.num_steps,
            "speakers": {split: len(names) for split, names in self.speakers.items()},
            "sentences": {split: len(those) for split, those in self._recordings.items()},
            **self.identity(),
            "val": "some of the train speakers, drawn at random",
            "data_seed": self.seed,
        }

    def identity(self) -> dict[str, Any]:
        """Return the digest of the names of the train speakers, and the choice of val."""
        names = " ".join(self.speakers["train"]).encode()
        return {
            "train_speakers": sha256(names).hexdigest()[:16],
            "split_seed": self.split_seed,
        }

    def train_dataloader(self) -> DataLoader[SequenceBatch]:
        """Return a loader with a new order in every epoch."""
        lengths, size = self._lengths("train"), self.batch_size

        def order(epoch: int) -> Indices:
            rng = np.random.default_rng((self.seed, epoch))
            kept = rng.permutation(len(lengths))[: len(lengths) // size * size]
            jittered = lengths[kept] * rng.uniform(1 - _JITTER, 1 + _JITTER, len(kept))
            batches = kept[np.argsort(jittered)].reshape(-1, size)
            return rng.permutation(batches).flatten()

        batches = IndexBatches(order, len(lengths), size, drop_last=True)
        return ResumableLoader(Sentences(self._recordings["train"]), batches)

    def evaluation_dataloader(self, split: str) -> DataLoader[SequenceBatch]:
        """Return a loader of val, whose speakers are not in train, or test."""
        order = np.argsort(self._lengths(split), kind="stable")
        batches = IndexBatches(lambda _: order, len(order), _EVAL_BATCH_SIZE, drop_last=False)
        return evaluation_loader(Sentences(self._recordings[split]), batches)

    def _lengths(self, split: str) -> Indices:
        return np.array([len(one.classes) for one in self._recordings[split]], np.int64)
