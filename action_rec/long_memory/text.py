"""Next-symbol prediction on texts that are read in consecutive chunks."""

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
from action_rec.long_memory.loading import SequenceData, check_at_least, evaluation_loader
from action_rec.long_memory.objectives import PADDING


class Chunks(Dataset[SequenceBatch]):
    """B parallel streams of a text, divided into chunks of T steps.

    Args:
        inputs: Symbols, (B, L).
        targets: The symbol that follows each input, or `PADDING`, (B, L).
        num_steps: Number of steps T of a chunk; the last one may be shorter.
    """

    def __init__(self, inputs: Tensor, targets: Tensor, num_steps: int) -> None:
        self._inputs, self._targets, self.num_steps = inputs, targets, num_steps

    def __len__(self) -> int:
        return -(-self._inputs.shape[1] // self.num_steps)

    def __getitem__(self, index: int) -> SequenceBatch:
        """Return the inputs and targets (B, T) of a chunk."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        steps = slice(index * self.num_steps, (index + 1) * self.num_steps)
        return SequenceBatch(self._inputs[:, steps], self._targets[:, steps])


class SequentialSampler(EpochSampler[int]):
    """Sampler of the indices of all chunks, in order.

    Args:
        count: Number of chunks.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.skip, self.count))


def streams(symbols: Symbols, batch_size: int, *, keep_all: bool) -> tuple[Tensor, Tensor]:
    """Divide a text into parallel streams, the rows of a batch.

    Args:
        symbols: Symbols of the text, (N,).
        batch_size: Number of streams B.
        keep_all: Whether to keep all symbols and pad the last stream. Otherwise up to B - 1
            symbols at the end are dropped.

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
    """Data of next-symbol prediction on a text.

    In evaluations every symbol but the first is predicted once, from all symbols before it. With
    `eval_streams` above 1 the text is divided into parallel streams, which can be faster; each
    stream then starts from a zero state.

    Args:
        path: A folder or .zip with a train, a valid and a test file, or one text file.
        unit: Whether the symbols are ``characters`` or ``words``.
        batch_size: Number of streams of a training batch.
        num_steps: Number of steps T of truncated backpropagation through time.
        eval_streams: Number of streams of an evaluation.
        eval_steps: Number of steps of a chunk in evaluations; the metrics do not depend on it.
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
                    f"parallel streams; use a longer text"
                    f"{'' if rows == 1 else f' or reduce --data.{option}'}"
                )
        self.num_inputs = self.num_outputs = len(self.corpus.vocabulary)
        self.unit = unit
        self.batch_size = batch_size
        self.num_steps = num_steps
        self.eval_streams = eval_streams
        self.eval_steps = eval_steps
        self.seed = seed

    def description(self) -> dict[str, Any]:
        """Return the task, the size of the text and the evaluation streams."""
        return {
            "task": f"text, {self.unit}",
            "num_steps": self.num_steps,
            "symbols": {split: len(symbols) for split, symbols in self.corpus.symbols.items()},
            "kinds": self.num_inputs,
            "eval_streams": self.eval_streams,
            **self.identity(),
        }

    def identity(self) -> dict[str, Any]:
        """Return the first 16 hexadecimal digits of the SHA-256 of the vocabulary."""
        joined = "\0".join(self.corpus.vocabulary).encode()
        return {"vocabulary": sha256(joined).hexdigest()[:16]}

    def train_dataloader(self) -> DataLoader[SequenceBatch]:
        """Return a loader of all train chunks, in order."""
        rows = streams(self.corpus.symbols["train"], self.batch_size, keep_all=False)
        chunks = Chunks(*rows, self.num_steps)
        return ResumableLoader(chunks, SequentialSampler(len(chunks)))

    def evaluation_dataloader(self, split: str) -> DataLoader[SequenceBatch]:
        """Return a loader of all val or test chunks, in order."""
        rows = streams(self.corpus.symbols[split], self.eval_streams, keep_all=True)
        return evaluation_loader(Chunks(*rows, self.eval_steps))
