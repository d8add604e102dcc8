"""``python -m benchmarks.vocabulary``: memory and speed with a vocabulary of 100,000 words.

200 MB of synthetic text are written in the layout of the 1-billion-word benchmark. A process of its
own counts the words of a tenth of the training shards and of all and reads every batch of an epoch.
Two others train an LSTM for a few steps, with the full and with the adaptive softmax. Speeds are
words per second of CPU time on one thread, which other processes hardly change.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table

from action_rec.long_memory import (
    AdaptiveSoftmax,
    SequenceNetwork,
    ShardedTextData,
    SymbolEmbedding,
)
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.objectives import OBJECTIVES
from action_rec.long_memory.synthesize_text import synthesize_text
from action_rec.long_memory.vocabulary_file import FILE_NAME, write_vocabulary
from action_rec.models import LSTM
from action_rec.models.encoders import StackedEncoder
from benchmarks.measurements import write_results

SHARDS, WIDTH, CUTOFFS = 100, 128, [4000, 20_000]
ROWS, STEPS = 20, 20  # of a batch
Facts = dict[str, Any]


def read(corpus: str, last: int) -> Facts:
    """Count the words of shards 1 to `last`, and read an epoch of them."""
    start = time.process_time()
    data = ShardedTextData(
        corpus, 2, train_shards=[*range(1, last + 1)], batch_size=ROWS, num_steps=STEPS
    )
    counted = time.process_time()
    if last == SHARDS - 1:
        write_vocabulary(Path(corpus) / FILE_NAME, data.vocabulary)
    words = sum(batch.inputs.numel() for batch in data.train_loader(0, 1))
    shards = data.shards["train"]
    return {
        "text_mb": sum(shard.size for shard in shards) / 1e6,
        "vocabulary": data.num_outputs,
        "words": words,
        "counted_words_per_s": words / (counted - start),
        "read_words_per_s": words / (time.process_time() - counted),
    }


def train(corpus: str, softmax: str, batches: int) -> Facts:
    """Train for some batches after the first, and evaluate on as many."""
    data = ShardedTextData(
        corpus, 2, Path(corpus) / FILE_NAME, batch_size=ROWS, num_steps=STEPS, eval_streams=ROWS
    )
    torch.manual_seed(0)
    network = SequenceNetwork(
        *(data.num_inputs, data.num_outputs, STEPS),
        encoder=partial(StackedEncoder, hidden_size=WIDTH, num_layers=1),
        embedding=partial(SymbolEmbedding, size=WIDTH),
        readout="every",
        recurrence=LSTM,
        norm="none",
        softmax=partial(AdaptiveSoftmax, cutoffs=CUTOFFS) if softmax == "adaptive" else None,
    )
    optimizer = torch.optim.Adam(network.parameters())
    loader = iter(data.train_loader(0, 1))
    test = iter(data.test_dataloader())
    return {
        "softmax": softmax,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "trained_words_per_s": _speed(partial(_step, network, optimizer), loader, batches),
        "tested_words_per_s": _speed(partial(_evaluate, network), test, batches),
    }


def _step(network: SequenceNetwork, optimizer: torch.optim.Optimizer, batch: SequenceBatch) -> None:
    outputs, _ = network(batch.inputs, None, batch.targets)
    loss = OBJECTIVES["next_symbol"].loss(outputs, batch.targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


@torch.no_grad()
def _evaluate(network: SequenceNetwork, batch: SequenceBatch) -> None:
    outputs, _ = network(batch.inputs, None, batch.targets)
    OBJECTIVES["next_symbol"].per_item(outputs, batch.targets)


def _speed(
    use: Callable[[SequenceBatch], None], loader: Iterator[SequenceBatch], batches: int
) -> float:
    """Return the words per second of CPU time, without the first batch."""
    use(next(loader))
    words, start = 0, time.process_time()
    for batch, _ in zip(loader, range(batches), strict=False):
        use(batch)
        words += batch.inputs.numel()
    return words / (time.process_time() - start)


WORKERS: dict[str, Callable[..., Facts]] = {"read": read, "train": train}


def in_a_process(worker: str, *arguments: object) -> Facts:
    """Run a worker in a process of its own; return its facts and its peak memory."""
    words = [sys.executable, "-m", "benchmarks.vocabulary", "--worker"]
    done = subprocess.run(
        [*words, json.dumps([worker, *arguments])], check=True, stdout=subprocess.PIPE
    )
    facts: Facts = json.loads(done.stdout)
    return facts


def measure(folder: Path, megabytes: float, vocabulary: int, batches: int) -> dict[str, Any]:
    """Write the text into `folder`, print the tables and return all facts."""
    corpus = folder / "corpus"
    synthesize_text(corpus, megabytes=megabytes, vocabulary=vocabulary, shards=SHARDS)
    reads = [in_a_process("read", str(corpus), last) for last in (SHARDS // 10, SHARDS - 1)]
    _print(
        "reading, one epoch",
        {
            "text, MB": [f"{one['text_mb']:.0f}" for one in reads],
            "symbols": [f"{one['words']:,}" for one in reads],
            "vocabulary": [f"{one['vocabulary']:,}" for one in reads],
            "peak memory, MB": [f"{one['peak_mb']:.0f}" for one in reads],
            "counted words/s": [f"{one['counted_words_per_s']:,.0f}" for one in reads],
            "read words/s": [f"{one['read_words_per_s']:,.0f}" for one in reads],
        },
    )
    trained = [in_a_process("train", str(corpus), name, batches) for name in ("full", "adaptive")]
    _print(
        f"LSTM {WIDTH}, batches of {ROWS} x {STEPS}, cutoffs {CUTOFFS}",
        {
            "softmax": [one["softmax"] for one in trained],
            "parameters": [f"{one['parameters']:,}" for one in trained],
            "peak memory, MB": [f"{one['peak_mb']:.0f}" for one in trained],
            "trained words/s": [f"{one['trained_words_per_s']:,.0f}" for one in trained],
            "tested words/s": [f"{one['tested_words_per_s']:,.0f}" for one in trained],
        },
    )
    return {"megabytes": megabytes, "reading": reads, "softmax": trained, "batches": batches}


def _print(title: str, columns: dict[str, list[str]]) -> None:
    table = Table(title=title, box=box.SIMPLE)
    for heading in columns:
        table.add_column(heading, justify="right")
    for row in zip(*columns.values(), strict=True):
        table.add_row(*row)
    Console(width=100).print(table)


def main() -> None:
    """Measure, print the tables and write `results/vocabulary.json`; the text is deleted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=200)
    parser.add_argument("--vocabulary", type=int, default=100_000)
    parser.add_argument("--batches", type=int, default=10, help="of a measured training")
    parser.add_argument("--folder", type=Path, help="folder of temporary files")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.worker:
        name, *arguments = json.loads(options.worker)
        facts = WORKERS[name](*arguments)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        print(json.dumps({**facts, "peak_mb": peak}))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        facts = measure(Path(folder), options.megabytes, options.vocabulary, options.batches)
    write_results("vocabulary", **facts)


if __name__ == "__main__":
    main()
