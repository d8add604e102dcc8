"""Prediction of the next word on texts that are too large for memory."""

from pathlib import Path
from typing import Any

import numpy as np
from torch.utils.data import DataLoader

from action_rec.data.resumable import ResumableLoader
from action_rec.errors import InputError
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.loading import SequenceData, check_at_least, evaluation_loader
from action_rec.long_memory.shards import find_shards
from action_rec.long_memory.vocabulary import Shard, count_words, measure
from action_rec.long_memory.vocabulary_file import FILE_NAME, read_vocabulary, write_vocabulary
from action_rec.long_memory.word_rows import ChunkSampler, RowChunks
from action_rec.training.run_folder import run_folder


class ShardedTextData(SequenceData):
    """Data of next-word prediction on a text of many shards, read as a stream.

    The order of the training shards follows from seed and epoch. Their text is divided into as many
    rows as all ranks have together, and each rank reads its rows. In evaluations every symbol but
    the first is predicted once, by every rank.

    Args:
        path: The folder of the 1-billion-word benchmark, or of a train, a valid and a test file.
        min_count: Least number of occurrences of a word in train; rarer ones are ``<unk>``.
        vocabulary: A ``vocabulary.json`` of these shards, written by `fit` or ``count-words``; None
            to count the words, or for that of the run that --ckpt_path belongs to.
        train_shards: Numbers of the training shards; None for all.
        val_shards: Numbers of the held-out shards of val.
        test_shards: Numbers of the held-out shards of test.
        batch_size: Number of rows of a training batch and device.
        num_steps: Number of steps T of truncated backpropagation through time.
        eval_streams: Number of rows of an evaluation; each starts from a zero state.
        eval_steps: Number of steps of a chunk in evaluations; the metrics do not depend on it.
        seed: Seed of the order of the shards; the command line sets it from seed_everything.

    Raises:
        InputError: The text or the vocabulary cannot be read, do not fit each other, or the text is
            too short.
    """

    objective = "next_symbol"
    carry_state = True
    sorted_by_frequency = True
    one_device = False

    def __init__(
        self,
        path: str | Path,
        min_count: int = 3,
        vocabulary: str | Path | None = None,
        train_shards: list[int] | None = None,
        val_shards: tuple[int, ...] = (1,),
        test_shards: tuple[int, ...] = (0,),
        batch_size: int = 128,
        num_steps: int = 20,
        eval_streams: int = 16,
        eval_steps: int = 100,
        seed: int = 0,
    ) -> None:
        super().__init__()
        check_at_least(1, batch_size=batch_size, num_steps=num_steps)
        check_at_least(1, eval_streams=eval_streams, eval_steps=eval_steps)
        files = find_shards(Path(path), train_shards, [*val_shards], [*test_shards])
        if vocabulary is None:
            self.vocabulary = count_words(files["train"], min_count)
        else:
            self.vocabulary = read_vocabulary(Path(vocabulary), files["train"], min_count)
        self.shards: dict[str, list[Shard]] = {"train": self.vocabulary.shards}
        for split in ("val", "test"):
            self.shards[split] = [self._checked(file) for file in files[split]]
            self._check_length(split, eval_streams, "eval_streams")
        self._check_length("train", batch_size, "batch_size")
        self.num_inputs = self.num_outputs = len(self.vocabulary.counts)
        self.batch_size = batch_size
        self.num_steps = num_steps
        self.eval_streams = eval_streams
        self.eval_steps = eval_steps
        self.seed = seed

    def setup(self, stage: str) -> None:
        """Check the number of devices; write the vocabulary into the folder of a fit."""
        super().setup(stage)
        if stage == "fit" and self.trainer is not None and not self.trainer.fast_dev_run:  # type: ignore[attr-defined]
            self._check_length("train", self.batch_size * self.trainer.world_size, "batch_size")
            folder = run_folder(self.trainer)  # which the ranks agree on
            if self.trainer.is_global_zero:
                write_vocabulary(folder / FILE_NAME, self.vocabulary)

    def description(self) -> dict[str, Any]:
        """Return the task, the size of the text and the evaluation streams."""
        return {
            "task": "sharded text, words",
            "num_steps": self.num_steps,
            "symbols": {split: self._symbols(split) for split in self.shards},
            "shards": {split: len(shards) for split, shards in self.shards.items()},
            "kinds": self.num_inputs,
            "min_count": self.vocabulary.min_count,
            "eval_streams": self.eval_streams,
            **self.identity(),
        }

    def identity(self) -> dict[str, Any]:
        """Return the digest of the vocabulary."""
        return {"vocabulary": self.vocabulary.digest}

    def train_dataloader(self) -> DataLoader[SequenceBatch]:
        """Return a loader of all train chunks of this rank's rows."""
        rank = self.trainer.global_rank if self.trainer else 0
        ranks = self.trainer.world_size if self.trainer else 1
        return self.train_loader(rank, ranks)

    def train_loader(self, rank: int, ranks: int) -> ResumableLoader[SequenceBatch]:
        """Return the loader of a rank.

        Args:
            rank: The rank, from 0.
            ranks: Number of ranks.
        """
        rows = range(rank * self.batch_size, (rank + 1) * self.batch_size)
        chunks = RowChunks(
            self.shuffled,
            self.vocabulary,
            self._symbols("train"),
            self.num_steps,
            ranks * self.batch_size,
            rows,
            keep_all=False,
        )
        return ResumableLoader(chunks, ChunkSampler(len(chunks)))

    def shuffled(self, epoch: int) -> list[Shard]:
        """Return the training shards in the order of an epoch."""
        shards = self.shards["train"]
        order = np.random.default_rng((self.seed, epoch)).permutation(len(shards))
        return [shards[number] for number in order]

    def evaluation_dataloader(self, split: str) -> DataLoader[SequenceBatch]:
        """Return a loader of all val or test chunks, in order."""
        shards = self.shards[split]
        chunks = RowChunks(
            lambda _: shards,
            self.vocabulary,
            self._symbols(split),
            self.eval_steps,
            self.eval_streams,
            range(self.eval_streams),
            keep_all=True,
        )
        return evaluation_loader(chunks, ChunkSampler(len(chunks)))

    def _symbols(self, split: str) -> int:
        return sum(shard.symbols for shard in self.shards[split])

    def _checked(self, file: Path) -> Shard:
        """Measure a held-out shard, whose words must be known."""
        return measure(file, lambda line: self.vocabulary.encode(line, file))

    def _check_length(self, split: str, rows: int, option: str) -> None:
        symbols = self._symbols(split)
        if symbols <= rows:
            raise InputError(
                f"the {split} text of {len(self.shards[split])} shards has {symbols} symbols, too "
                f"few for {rows} parallel rows; use a longer text or reduce --data.{option}"
            )
