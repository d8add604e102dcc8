"""Read a large text as parallel rows of chunks, in constant memory and from any place on."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import accumulate

import numpy as np
import torch
from torch.utils.data import Dataset

from action_rec.data.resumable import EpochSampler
from action_rec.errors import InputError
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.objectives import PADDING
from action_rec.long_memory.shards import read_lines
from action_rec.long_memory.vocabulary import Mark, Shard, Vocabulary

_READ_AHEAD = 4096  # symbols of a row that are in memory

Place = tuple[int, int]  # epoch, and chunk of it


class WordReader:
    """Reads symbols from a position of consecutive shards on.

    No file stays open between calls, since a batch has a reader for each row.

    Args:
        shards: The shards, in order.
        vocabulary: Vocabulary of the symbols.
        position: Number of symbols before the first one to read.
    """

    def __init__(self, shards: Sequence[Shard], vocabulary: Vocabulary, position: int) -> None:
        self._shards, self._vocabulary = shards, vocabulary
        ends = [*accumulate(shard.symbols for shard in shards)]
        self._shard = next(i for i, end in enumerate(ends) if position < end)
        within = position - ends[self._shard] + shards[self._shard].symbols
        marks = shards[self._shard].marks
        self._place = max((m for m in marks if m.symbols <= within), key=lambda m: m.symbols)
        self._codes: list[int] = []
        self._start = 0
        self.read(within - self._place.symbols)

    def read(self, count: int) -> list[int]:
        """Return the next symbols, (count,).

        Raises:
            InputError: A shard has changed since it was counted.
        """
        while len(self._codes) - self._start < count:
            self._read_ahead()
        self._start += count
        return self._codes[self._start - count : self._start]

    def _read_ahead(self) -> None:
        shard = self._shards[self._shard]
        first = self._place
        self._codes, self._start = self._codes[self._start :], 0
        with closing(read_lines(shard.path, first.offset, first.lines)) as lines:
            for line in lines:
                codes = self._vocabulary.encode(line, shard.path)
                self._codes += codes
                self._place = Mark(line.end, self._place.symbols + len(codes), line.number)
                if len(self._codes) >= _READ_AHEAD:
                    break
        if self._place == first:
            self._next_shard(shard)

    def _next_shard(self, shard: Shard) -> None:
        if self._place.symbols != shard.symbols or self._shard + 1 == len(self._shards):
            raise InputError(
                f"{shard.path} has changed since its words were counted: {shard.symbols:,} "
                f"symbols then, {self._place.symbols:,} now; keep the corpus as it is during a "
                "run, and start a new run"
            )
        self._shard += 1
        self._place = Mark(0, 0, 0)


class RowChunks(Dataset[SequenceBatch]):
    """B rows of a text, divided into chunks of T steps, which are read when they are needed.

    The text of an epoch, its shards one after another, is divided into equal parts, the rows. Each
    chunk continues that before it. A chunk follows from its epoch and number alone; reading them in
    order is fast.

    Args:
        order: Maps an epoch to the shards in their order.
        vocabulary: Vocabulary of the symbols.
        symbols: Number of symbols of an epoch.
        num_steps: Number of steps T of a chunk; the last one may be shorter.
        num_rows: Number of rows of all ranks together.
        own_rows: The rows of this rank.
        keep_all: Whether to predict all symbols but the first, and to pad the last rows. Otherwise
            up to num_rows - 1 symbols at the end are dropped.
    """

    def __init__(
        self,
        order: Callable[[int], Sequence[Shard]],
        vocabulary: Vocabulary,
        symbols: int,
        num_steps: int,
        num_rows: int,
        own_rows: range,
        *,
        keep_all: bool,
    ) -> None:
        self._order, self._vocabulary = order, vocabulary
        self._predicted = symbols - 1
        self._length = -(-self._predicted // num_rows) if keep_all else self._predicted // num_rows
        self._num_steps, self._rows = num_steps, own_rows
        self._readers: list[WordReader | None] = []
        self._last: list[list[int]] = []
        self._next: Place | None = None

    def __len__(self) -> int:
        return -(-self._length // self._num_steps)

    def __getitem__(self, place: Place) -> SequenceBatch:
        """Return the inputs and targets (B, T) of a chunk."""
        epoch, chunk = place
        if not 0 <= chunk < len(self):
            raise IndexError(place)
        if place != self._next:
            self._start(epoch, chunk)
        done = chunk * self._num_steps
        steps = min(self._num_steps, self._length - done)
        inputs = np.zeros((len(self._rows), steps), np.int64)
        targets = np.full_like(inputs, PADDING)
        for i, (row, reader) in enumerate(zip(self._rows, self._readers, strict=True)):
            own = min(steps, self._left(row, done))
            if own and reader:
                codes = self._last[i] + reader.read(own)
                inputs[i, :own], targets[i, :own] = codes[:-1], codes[1:]
                self._last[i] = codes[-1:]
        self._next = epoch, chunk + 1
        return SequenceBatch(torch.from_numpy(inputs), torch.from_numpy(targets))

    def _left(self, row: int, done: int) -> int:
        """The steps of a row after the first `done` ones."""
        return max(0, min(self._length, self._predicted - row * self._length) - done)

    def _start(self, epoch: int, chunk: int) -> None:
        done = chunk * self._num_steps
        shards = self._order(epoch)
        self._readers = [
            WordReader(shards, self._vocabulary, row * self._length + done)
            if self._left(row, done)
            else None
            for row in self._rows
        ]
        self._last = [reader.read(1) if reader else [] for reader in self._readers]


class ChunkSampler(EpochSampler[Place]):
    """Sampler of all chunks of an epoch, in order.

    Args:
        count: Number of chunks.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Place]:
        return ((self.epoch, chunk) for chunk in range(self.skip, self.count))
