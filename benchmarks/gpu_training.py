"""Part of ``benchmarks.gpu``: steps per second through ``fit``, and what a step waits for.

Each run trains on one synthetic store. `StepClock`, a callback, measures the time from the end of
step `FIRST` to the end of the run, so that compiling and the first launches do not count.
"""

import json
import time
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer

from action_rec.cli import main as action_rec
from action_rec.store.reader import Store
from benchmarks.gpu import Budget, Results
from benchmarks.prep_data import make_recordings, repeat_store
from benchmarks.prep_runs import convert
from benchmarks.timing import synchronize

FIRST = 50
STEPS = 600
GOAL = 600.0  # steps of residual-21 per second
LARGEST_OVERHEAD = 0.1  # of validation, logging and checkpoints in the papers' runs
NETWORKS = ("plain6", "residual11", "residual21")
VARIANTS: dict[str, tuple[str, ...]] = {
    "eager": (),
    "compiled": ("--model.compile=true",),
    "bf16": ("--trainer.precision=bf16-mixed",),
    "compiled, bf16": ("--model.compile=true", "--trainer.precision=bf16-mixed"),
}
# A run of steps alone: no validation, logger, callback or checkpoint.
BARE = (
    *("--trainer.logger=false", "--trainer.enable_checkpointing=false"),
    "--trainer.limit_val_batches=0",
)


class StepClock(Callback):
    """Write the seconds from the end of step `first` to the end of training into a file.

    Args:
        path: The file, JSON.
        first: The step after which the clock starts.
    """

    def __init__(self, path: str, first: int) -> None:
        self.path, self.first = Path(path), first
        self.start = 0.0

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        """Start the clock when the device has finished the first steps."""
        if trainer.global_step == self.first:
            synchronize()
            self.start = time.perf_counter()

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop it when the device has finished, and write what it says."""
        synchronize()
        steps = trainer.global_step - self.first
        result = {"seconds": time.perf_counter() - self.start, "steps": steps}
        self.path.write_text(json.dumps(result), encoding="utf-8")


def training(budget: Budget) -> Results:
    """Steps per second of every network and variant, the papers' overhead, and where time goes."""
    store = make_store(budget)
    rows: Results = {}
    networks = ("residual21", *(name for name in NETWORKS if name != "residual21"))
    for network in networks[:1] if budget.dry else networks:
        for variant, options in VARIANTS.items():
            if budget.seconds < 60 or (budget.dry and options):
                continue
            rows[f"{network}, {variant}"] = rate = _rate(budget, store, network, *options, *BARE)
            print(f"{network}, {variant}: {rate:.1f} steps/s", flush=True)
    best = max(rows.values(), default=0.0)
    overhead = _overhead(budget, store)
    return {
        "steps_per_s": rows,
        "goal": GOAL,
        "reached": best >= GOAL,
        "overhead": overhead,
        "loader_ms": _loader_ms(store),
        "profile": {} if budget.dry else _profile(),
    }


def make_store(budget: Budget) -> Path:
    """A store of 20,000 sequences, 480 distinct ones; in a dry run of 480."""
    path = budget.out / "training.h5"
    if not path.exists():
        make_recordings(budget.out / "raw", 480)
        convert(budget.out / "raw", budget.out / "distinct.h5")
        repeat_store(Store(budget.out / "distinct.h5"), path, 1 if budget.dry else 42)
    return path


def _rate(budget: Budget, store: Path, network: str, *options: str) -> float:
    """Steps per second of a run of `fit`; `BARE` takes the callbacks of the config away."""
    clock = budget.out / "clock.json"
    steps, first = (6, 2) if budget.dry else (STEPS, FIRST)
    words = [
        *("fit", "--config=ntu60_xsub_paper", f"--model.network=network/{network}.yaml"),
        *(f"--data.path={store}", "--data.dataset=ntu120", f"--trainer.max_steps={steps}"),
        f"--trainer.accelerator={'cpu' if budget.dry else 'gpu'}",
        *("--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"),
        f"--save_dir={budget.out / 'fits'}",
        f"--trainer.default_root_dir={budget.out / 'fits'}",  # config.yaml without a logger
        *options,
        f"--trainer.callbacks{'' if BARE[0] in options else '+'}={StepClock.__module__}.StepClock",
        f"--trainer.callbacks.path={clock}",
        f"--trainer.callbacks.first={first}",
    ]
    if budget.dry:
        words += ["--data.batch_size=4", "--data.num_workers=0"]
        words += ["--model.network.init_args.hidden_size=16"]
    if action_rec(words) != 0:
        raise RuntimeError(f"fit failed: {' '.join(words)}")
    result: dict[str, Any] = json.loads(clock.read_text(encoding="utf-8"))
    return float(result["steps"] / result["seconds"])


def _overhead(budget: Budget, store: Path) -> Results:
    """The share of validation, metrics, logging and checkpoints in the papers' residual-21 run."""
    if budget.seconds < 60:
        return {}
    every = 2 if budget.dry else 280
    bare = _rate(budget, store, "residual21", *BARE)
    whole = _rate(budget, store, "residual21", f"--trainer.val_check_interval={every}")
    no_val = _rate(budget, store, "residual21", "--trainer.limit_val_batches=0")
    share = 1 - whole / bare
    print(f"validation, logging and checkpoints: {share:.0%} of a paper's run", flush=True)
    return {
        "bare_steps_per_s": bare,
        "without_validation_steps_per_s": no_val,
        "whole_steps_per_s": whole,
        "share": share,
        "goal": LARGEST_OVERHEAD,
        "reached": share <= LARGEST_OVERHEAD,
    }


def _loader_ms(store: Path) -> float:
    """Milliseconds that one process takes for a batch of 128 clips."""
    from action_rec.data.datamodule import SkeletonDataModule

    data = SkeletonDataModule(store, "ntu120", val_share=0.05)
    times = []
    start = time.perf_counter()
    for index, _ in enumerate(data.train_dataloader()):
        times.append(time.perf_counter() - start)
        if index == 20:
            break
        start = time.perf_counter()
    return 1e3 * sorted(times)[len(times) // 2]


def _profile() -> Results:
    """The share of a step of residual-21 in which the GPU is busy, and its longest kernels."""
    from torch.profiler import ProfilerActivity, profile

    from action_rec.models import ResidualIndRNN
    from benchmarks.step import training_step

    step = training_step(ResidualIndRNN(60, num_blocks=10), torch.device("cuda"))
    for _ in range(20):
        step()
    synchronize()
    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        start = time.perf_counter()
        for _ in range(20):
            step()
        synchronize()
        wall = 1e6 * (time.perf_counter() - start)
    kernels = sorted(profiler.key_averages(), key=lambda event: -event.self_device_time_total)
    busy = sum(event.self_device_time_total for event in kernels)
    return {
        "busy": busy / wall,
        "kernels": {event.key[:60]: event.self_device_time_total / busy for event in kernels[:12]},
    }
