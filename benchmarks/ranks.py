"""``python -m benchmarks.ranks``: clips per second and memory of one and two ranks on the CPU.

Every rank trains the network of the demo on coordinates, with one thread, on a store of 20,000
sequences, copies of 480 synthesized ones. Each rank processes the same number of batches. Memory is
the proportional set size (PSS), in which shared pages, such as those of the store, are divided
among the processes.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, Trainer

from action_rec.cli import main as command_line
from action_rec.store.reader import Store
from benchmarks.measurements import Measurement, report
from benchmarks.memory import proportional_memory
from benchmarks.prep_data import make_recordings, repeat_store
from benchmarks.prep_runs import convert
from tests.cluster.ranks import start, wait

_WARM_UP = 5
_CONFIG = Path(__file__).parents[1] / "configs" / "demo.yaml"


class Meter(Callback):
    """Write the clips per second and the memory of this rank at the end of the fit.

    Args:
        out: Prefix of the file of each rank; its suffix is the number of the rank.
    """

    def __init__(self, out: str) -> None:
        self.out = out
        self._begin = 0.0
        self._clips = 0

    def on_train_batch_end(self, trainer: Trainer, _: Any, __: Any, batch: Any, index: int) -> None:  # noqa: ANN401
        """Count the clips after the warm-up."""
        if trainer.global_step <= _WARM_UP:
            self._begin = time.perf_counter()
        else:
            self._clips += len(batch.clip)

    def on_train_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        """Write the file of this rank."""
        rate = self._clips / (time.perf_counter() - self._begin)
        Path(f"{self.out}.{trainer.global_rank}").write_text(f"{rate} {proportional_memory()}")


def measure_ranks(store: Path, folder: Path, ranks: int, batches: int) -> list[tuple[float, float]]:
    """Return (clips per second, memory in MB) of every rank."""
    words = [
        *("fit", "--config", str(_CONFIG), "--data.path", str(store), "--data.dataset", "null"),
        *("--model.network.features", "FlatFrames", "--data.batch_size", "64"),
        *("--trainer.max_epochs", "-1"),
        *("--trainer.max_steps", str(batches), "--trainer.enable_progress_bar", "false"),
        *("--trainer.limit_val_batches", "0", "--trainer.logger", "false"),
        *("--trainer.default_root_dir", str(folder)),
        *("--trainer.callbacks", "benchmarks.ranks.Meter"),
        *("--trainer.callbacks.out", str(folder / f"of_{ranks}")),
        *("--trainer.devices", str(ranks), "--trainer.strategy", "ddp" if ranks > 1 else "auto"),
        *("--trainer.enable_checkpointing", "false", "--trainer.enable_model_summary", "false"),
    ]
    run: Callable[[], int] = partial(command_line, words)
    log = folder / "log.txt"
    statuses = wait(start(run, ranks, log), 600)
    if set(statuses) != {0}:
        raise SystemExit(f"statuses {statuses}: {log.read_text(encoding='utf-8')[-3000:]}")
    written = [(folder / f"of_{ranks}.{rank}").read_text().split() for rank in range(ranks)]
    return [(float(rate), float(memory)) for rate, memory in written]


def measure(folder: Path, batches: int) -> list[Measurement]:
    """Generate the data in `folder` and return all measurements."""
    make_recordings(folder / "raw", 480)
    convert(folder / "raw", folder / "distinct.h5")
    store = repeat_store(Store(folder / "distinct.h5"), folder / "store.h5", 42).path
    size = store.stat().st_size / 1e6
    one, two = (measure_ranks(store, folder, ranks, batches) for ranks in (1, 2))
    speed = sum(rate for rate, _ in two) / one[0][0]
    memory = sum(share for _, share in two) - one[0][1]
    return [
        Measurement("clips per second", f"{speed:.2f} x", "-", None, "two ranks relative to one"),
        Measurement(
            "memory of the second rank",
            f"{memory / one[0][1]:.2f} x",
            "-",
            None,
            f"relative to one rank, PSS; both map the store of {size:.0f} MB",
        ),
    ]


def main() -> None:
    """Measure, print the table and write `results/ranks.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="folder of temporary files")
    options = parser.parse_args()
    os.environ["WANDB_MODE"] = "disabled"
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        report("ranks", measure(Path(folder), options.batches))


if __name__ == "__main__":
    main()
