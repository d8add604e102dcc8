"""Texts, read in pieces: each batch goes on where the one before it ended."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from action_rec.data.resumable import EpochSampler, ResumableLoader
from action_rec.errors import InputError
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.corpus import Symbols, Unit, read_corpus
from action_rec.long_memory.loading import SequenceData, check_at_least, whole_batches
from action_rec.long_memory.objectives import PADDING


class Pieces(Dataset[SequenceBatch]):
    """A text as B streams side by side, cut into pieces of T steps.

    Args:
        inputs: Symbols, (B, L).
        targets: The symbol after each, (B, L), or the padding.
        num_steps: Steps T of a piece; the last one may be shorter.
    """

    def __init__(self, inputs: Tensor, targets: Tensor, num_steps: int) -> None:
        self._inputs, self._targets, self.num_steps = inputs, targets, num_steps

    def __len__(self) -> int:
        return -(-self._inputs.shape[1] // self.num_steps)

    def __getitem__(self, index: int) -> SequenceBatch:
        """Return a piece: inputs and targets (B, T)."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        steps = slice(index * self.num_steps, (index + 1) * self.num_steps)
        return SequenceBatch(self._inputs[:, steps], self._targets[:, steps])


class PiecesInOrder(EpochSampler[int]):
    """Yields the indices of all pieces, the same in every epoch.

    Args:
        count: Number of pieces.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.skip, self.count))


def streams(symbols: Symbols, batch_size: int, *, keep_all: bool) -> tuple[Tensor, Tensor]:
    """Divide a text among the rows of a batch.

    Args:
        symbols: (N,).
        batch_size: Streams B.
        keep_all: Whether every symbol but the first is to be predicted once, by streams whose last
            one is padded. Otherwise up to B - 1 symbols at the end are left out.

    Returns:
        Inputs and targets, (B, L).
    """
    predicted = len(symbols) - 1
    length = -(-predicted // batch_size) if keep_all else predicted // batch_size
    total = batch_size * length
    padding = max(0, total - predicted)
    inputs = np.pad(symbols[:-1], (0, padding))[:total]
    targets = np.pad(symbols[1:], (0, padding), constant_values=PADDING)[:total]
    inputs, targets = inputs.reshape(batch_size, -1), targets.reshape(batch_size, -1)
    return torch.from_numpy(inputs), torch.from_numpy(targets)


class TextData(SequenceData):
    """Feeds a text to a learner, which predicts every next symbol.

    val and test are evaluated exactly: every symbol but the first is predicted once, from all that
    stands before it. With `eval_streams` above 1 the text is read at several places at once, which
    may be faster; the beginning of each is then predicted from nothing.

    Args:
        path: A folder or .zip with a train, a valid and a test file, or one text file.
        unit: Whether the symbols are ``characters`` or ``words``.
        batch_size: Streams of a training batch.
        num_steps: Steps T after which gradients stop.
        eval_streams: Streams of an evaluation.
        eval_steps: Steps of a piece of an evaluation; its results do not depend on them.
        seed: Unused, since a text has one order; the command line sets it from seed_everything.

    Raises:
        InputError: The text cannot be read, or is too short.
    """

    objective = "next_symbol"
    carry_state = True

    def __init__(
        self,
        path: str | Path,
        unit: Unit = "characters",
        batch_size: int = 128,
        num_steps: int = 50,
        eval_streams: int = 1,
        eval_steps: int = 1000,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_at_least(1, batch_size=batch_size, num_steps=num_steps)
        check_at_least(1, eval_streams=eval_streams, eval_steps=eval_steps)
        self.corpus = read_corpus(Path(path), unit)
        for split, symbols in self.corpus.symbols.items():
            option = "batch_size" if split == "train" else "eval_streams"
            rows = batch_size if split == "train" else eval_streams
            if len(symbols) <= rows:
                raise InputError(
                    f"the {split} text of {path} has {len(symbols)} symbols, too few for {rows} "
                    f"streams side by side; give a longer text"
                    f"{'' if rows == 1 else f', or lower --data.{option}'}"
                )
        self.num_inputs = self.num_outputs = len(self.corpus.vocabulary)
        self.unit = unit
        self.batch_size = batch_size
        self.num_steps = num_steps
        self.eval_streams = eval_streams
        self.eval_steps = eval_steps
        self.seed = seed

    def about(self) -> dict[str, Any]:
        """Task, sizes of the text, and how it is read."""
        return {
            "task": f"text, {self.unit}",
            "num_steps": self.num_steps,
            "symbols": {split: len(symbols) for split, symbols in self.corpus.symbols.items()},
            "kinds": self.num_inputs,
            "eval_streams": self.eval_streams,
            **self.identity(),
        }

    def identity(self) -> dict[str, Any]:
        """A digest of the vocabulary: the first 16 hexadecimal digits of its SHA-256."""
        joined = "\0".join(self.corpus.vocabulary).encode()
        return {"vocabulary": sha256(joined).hexdigest()[:16]}

    def train_dataloader(self) -> DataLoader[SequenceBatch]:
        """All pieces of train, in order."""
        divided = streams(self.corpus.symbols["train"], self.batch_size, keep_all=False)
        pieces = Pieces(*divided, self.num_steps)
        return ResumableLoader(pieces, PiecesInOrder(len(pieces)))

    def val_dataloader(self) -> DataLoader[SequenceBatch]:
        """All pieces of val, in order."""
        return self._evaluation("val")

    def test_dataloader(self) -> DataLoader[SequenceBatch]:
        """All pieces of test, in order."""
        return self._evaluation("test")

    def _evaluation(self, split: str) -> DataLoader[SequenceBatch]:
        divided = streams(self.corpus.symbols[split], self.eval_streams, keep_all=True)
        return whole_batches(Pieces(*divided, self.eval_steps))
