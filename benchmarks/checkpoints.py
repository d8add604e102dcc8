"""``python -m benchmarks.checkpoints``: what saving costs a validation of the papers' config.

``fit`` runs with the papers' residual network of 21 layers and a validation every other step, so
that little else is done: once with both checkpoints written after every validation, and once with
none written after the first. Steps are small, since only the callbacks that save are timed, in
processor time. Every validation counts as the best, the most expensive case: without a write, it is
copied in memory. The time in which a file of the same size is synced to the disk is added, the
shortest of five. A run on a GPU is extrapolated, at 600 steps per second and 280 steps between
validations.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from action_rec.cli import main as action_rec
from action_rec.console.writing import write_durably
from benchmarks.measurements import Measurement, report
from benchmarks.prep_runs import convert
from benchmarks.rehearsal_data import chosen_names, make_zips

_STEPS_PER_SECOND, _EVERY = 600, 280
_LARGEST_SHARE = 0.1  # the goal for validation, logging and checkpoints together
_SAVING = "action_rec.checkpoints.saving"
_PROFILER = "benchmarks.rehearsal_clock.ProcessorProfiler"
_PACE, _NEVER = 30.0, 3600.0  # seconds between writes, in the papers' configs and here


def make_store(folder: Path) -> Path:
    """Synthesize some recordings of the first setup and convert them."""
    names = [name for name in chosen_names(0.04) if name.setup == 1]
    make_zips(folder / "zips", names, workers=1)
    store = folder / "store.h5"
    convert(folder / "zips" / "S001.zip", store)
    return store


def time_saving(store: Path, folder: Path, min_seconds: float, validations: int) -> dict[str, Any]:
    """Run `fit`; return seconds and calls of the callbacks that save, and of writing."""
    clock = folder / f"{min_seconds:g}.json"
    often = {"min_seconds": min_seconds}
    always = {"monitor": "step", "mode": "max", **often}  # every validation is the best
    callbacks = [
        {"class_path": f"{_SAVING}.BestCheckpoint", "init_args": always},
        {"class_path": "action_rec.training.callbacks.PlateauRestart"},
        {"class_path": f"{_SAVING}.LastCheckpoint", "init_args": often},
        {"class_path": "benchmarks.rehearsal_clock.RunClock", "init_args": {"path": str(clock)}},
    ]
    words = [
        *("fit", "--config=ntu60_xsub_paper", f"--data.path={store}", "--trainer.accelerator=cpu"),
        *(f"--trainer.max_steps={2 * validations}", "--trainer.val_check_interval=2"),
        *("--trainer.limit_val_batches=1", "--data.num_val_clips=1", "--data.batch_size=2"),
        *("--data.num_workers=0", "--trainer.logger=false", f"--trainer.profiler={_PROFILER}"),
        f"--trainer.default_root_dir={folder / 'run'}",
        *("--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"),
        *("--trainer.callbacks", json.dumps(callbacks)),
    ]
    if action_rec(words) != 0:
        raise SystemExit("fit failed")
    actions = json.loads(clock.read_text(encoding="utf-8"))["actions"]
    saving = [
        action["each"]
        for name, action in actions.items()
        if name.startswith(("[Callback]BestCheckpoint", "[Callback]LastCheckpoint"))
        and name.endswith("on_validation_end")
    ]
    first, *later = (sum(both) for both in zip(*saving, strict=True))
    written = actions["save_checkpoint"]
    return {
        "min_seconds": min_seconds,
        "validations": validations,
        "first_validation_s": first,
        "later_validation_s": sum(later) / len(later),
        "writes": written["calls"],
        "megabytes": next((folder / "run").rglob("last.ckpt")).stat().st_size / 1e6,
    }


def time_disk(folder: Path, megabytes: float) -> float:
    """Return the shortest time in which a file is written and synced, in seconds."""
    content, times = bytes(int(1e6 * megabytes)), []
    for _ in range(5):
        start = time.perf_counter()
        write_durably(folder / "file", content)
        times.append(time.perf_counter() - start)
    return min(times)


def shares_of_gpu_run(both: float, copy: float) -> dict[str, float]:
    """Return the shares of a run on a GPU that saving takes.

    Args:
        both: Seconds in which both files are written.
        copy: Seconds in which a validation is copied.
    """
    steps = _EVERY / _STEPS_PER_SECOND
    paced = copy + both * (steps + copy) / _PACE  # after a validation, in the mean
    return {
        "every one": both / (steps + both),
        f"{_PACE:.0f} s apart": paced / (steps + paced),
    }


def measure(folder: Path, validations: int) -> tuple[list[Measurement], dict[str, Any]]:
    """Time both, and compare them."""
    store = make_store(folder)
    every, never = (time_saving(store, folder, pace, validations) for pace in (0.0, _NEVER))
    disk = time_disk(folder, every["megabytes"])
    files = f"{every['megabytes']:.0f} MB"
    written, copy = every["later_validation_s"], never["later_validation_s"]
    measured = (
        ("both files", written, f"{files} each, processor time"),
        ("a copy in memory", copy, "if the validation is the best, processor time"),
        ("the disk", disk, f"to write and sync {files}"),
    )
    rows = [Measurement(name, f"{value:.2f} s", "-", None, what) for name, value, what in measured]
    for name, share in shares_of_gpu_run(written + 2 * disk, copy).items():
        rows.append(
            Measurement(
                f"saving, {name}",
                f"{share:.0%}",
                f"< {_LARGEST_SHARE:.0%}",
                share < _LARGEST_SHARE,
                f"of a run at {_STEPS_PER_SECOND} steps/s, extrapolated",
            )
        )
    return rows, {"written": every, "copied": never, "disk_s": disk}


def main() -> None:
    """Measure, print the table and write `results/checkpoints.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--validations", type=int, default=20)
    parser.add_argument(
        "--folder", type=Path, help="folder of temporary files: the disk to measure"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        rows, runs = measure(Path(folder), options.validations)
    report("checkpoints", rows, **runs)


if __name__ == "__main__":
    main()
