"""``python -m benchmarks.live_trials NAME...``: compare networks that are read at every frame.

Every trial trains `configs/nw_ucla_live.yaml` with a few options of its own on half of views 1 and
2 of NW-UCLA and validates on the subjects that it has not seen. View 3, the test set, is never
read. A finished run is a line of ``live_trials.csv`` and is not run again.
"""

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import mean

from rich import box
from rich.console import Console
from rich.table import Table

from action_rec.cli import main as action_rec
from benchmarks.trials import HALVES, NETWORK, WIDTH, Row, append, last_values, read

BOTH = ["--data.streams=[joint,relative]"]
EVERY = ["--data.train_frame_step=[1,2]", "--data.clip_len=64"]
LAST = [f"{NETWORK}.readout=last"]
LEAKY = [f"{NETWORK}.gamma=0.25"]  # |u| <= 0.25^(1/100) = 0.986: a memory of 72 frames at most
TURNED = ["--data.augment_test=true", "--data.num_val_clips=8"]  # averages turned copies
JOINED = ["--data.join_recordings=2", "--data.clip_len=150"]

# Options of a trial, after those of `BASE`, which has the stream `relative` and |u| <= 1.
TRIALS: dict[str, list[str]] = {
    "relative": WIDTH,
    "short-steps": [*WIDTH, *EVERY],
    "every-2nd": [*WIDTH, "--data.frame_step=2"],
    "joint": [*WIDTH, "--data.streams=[joint]"],
    "joint-relative": [*WIDTH, *BOTH],
    "last": [*WIDTH, *LAST],
    "leaky": [*WIDTH, *LEAKY],
    "last-leaky": [*WIDTH, *LAST, *LEAKY],
    "both-last": [*WIDTH, *BOTH, *LAST],
    "both-leaky": [*WIDTH, *BOTH, *LEAKY],
    "both-leaky-dropout": [*WIDTH, *BOTH, *LEAKY, f"{NETWORK}.dropout=0.3"],
    "both-leaky-turned": [*WIDTH, *BOTH, *LEAKY, *TURNED],
    "both-last-leaky": [*WIDTH, *BOTH, *LAST, *LEAKY],
    "after": [*WIDTH, f"{NETWORK}.norm=after"],
    "clip-loss": [*WIDTH, "--model.loss=clip"],
    "joined": [*WIDTH, *JOINED],
    "joined-last-leaky": [*WIDTH, *JOINED, *LAST, *LEAKY],
    "wide": [],
}
BASE = [
    *("fit", "--config=configs/nw_ucla_live.yaml", "--data.val_share=0.5"),
    *("--trainer.limit_val_batches=1.0", "--trainer.enable_progress_bar=false"),
    *("--trainer.enable_checkpointing=false", "--trainer.callbacks=[]"),
    *("--trainer.accelerator=cpu", "--trainer.logger=CSVLogger"),
    *("--data.streams=[relative]", f"{NETWORK}.gamma=1"),
]
METRICS = ("val/accuracy", "val/auc", "val/frame_accuracy", "val/loss", "train/accuracy")
COLUMNS = ("trial", "half", "seed", "epochs", *METRICS)


def run(arguments: argparse.Namespace, trial: str, half: str, seed: int) -> Row:
    """Train once and return the line of the result."""
    folder = arguments.out / trial / half / str(seed)
    names = ("max_epochs", "check_val_every_n_epoch")
    epochs = [f"--trainer.{name}={arguments.epochs}" for name in names]
    own = [f"--trainer.logger.save_dir={folder}", f"--seed_everything={seed}"]
    data = [f"--data.path={arguments.data}", *HALVES[half]]
    if (status := action_rec([*BASE, *own, *data, *epochs, *TRIALS[trial]])) != 0:
        raise SystemExit(status)
    last = last_values(max(folder.rglob("metrics.csv"), key=lambda path: path.stat().st_mtime))
    keys = {"trial": trial, "half": half, "seed": str(seed), "epochs": str(arguments.epochs)}
    return {**keys, **{name: f"{last[name]:.4f}" for name in METRICS}}


def show(rows: list[Row]) -> None:
    """Print the mean over halves and seeds of every trial."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["trial"], row["epochs"]].append(row)
    table = Table(box=box.SIMPLE)
    for heading in ("trial", "epochs", "runs", *METRICS):
        table.add_column(heading)
    for key, runs in sorted(groups.items()):
        values = (f"{mean(float(row[name]) for row in runs):.4f}" for name in METRICS)
        table.add_row(*key, str(len(runs)), *values)
    Console(width=120).print(table)


def main() -> None:
    """Run what is asked for and not done yet; print all results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trials", nargs="*", choices=[*TRIALS, []], help="names; none: only print")
    parser.add_argument("--data", type=Path, default=Path("nw_ucla.h5"))
    parser.add_argument("--out", type=Path, default=Path("runs/live_trials"))
    halves = ["subjects-first", "subjects-second"]
    parser.add_argument("--halves", nargs="+", choices=HALVES, default=halves)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    path = arguments.out / "live_trials.csv"
    for seed in arguments.seeds:
        for trial in arguments.trials:
            for half in arguments.halves:
                key = (trial, half, str(seed), str(arguments.epochs))
                if key not in {tuple(row[name] for name in COLUMNS[:4]) for row in read(path)}:
                    append(path, run(arguments, trial, half, seed))
    show(read(path))


if __name__ == "__main__":
    main()
