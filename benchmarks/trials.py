"""``python -m benchmarks.trials NAME...``: compare networks on views 1 and 2 of NW-UCLA.

Every trial trains `configs/nw_ucla.yaml` with a few options of its own on half of the training
data and validates on the other half: on the subjects or the view that it has not seen. View 3, the
test set, is never read. A finished run is a line of ``trials.csv`` and is not run again, so that
an interrupted list is continued by the same command. `docs/trials.md` reports the results.
"""

import argparse
import csv
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

from rich import box
from rich.console import Console
from rich.table import Table

from action_rec.cli import main as action_rec
from benchmarks.peers import PEERS

NETWORK = "--model.network.init_args"
FEATURES = f"{NETWORK}.features"
WIDTH = [f"{NETWORK}.hidden_size=128"]
GRAPH = [f"{FEATURES}=action_rec.models.JointGraph"]
MOVING = [f"{FEATURES}=action_rec.models.MovingJoints"]
BEFORE = [f"{NETWORK}.norm=before"]
JOINTS = ["--model.network=action_rec.models.GraphIndRNN", f"{NETWORK}.channels=16"]
AVERAGE = "lightning.pytorch.callbacks.EMAWeightAveraging"
GRU = [
    *("--model.network=action_rec.models.StackedIndRNN", f"{NETWORK}.num_layers=2"),
    f"{NETWORK}.recurrence=action_rec.models.GRU",
]

STACK = ["--model.network=action_rec.models.StackedIndRNN"]
MEMORY = [
    f"{NETWORK}.recurrence=action_rec.models.IndRNN",
    f"{NETWORK}.recurrence.longest_memory=32",
]
# Whole recordings frame by frame, in batches of different lengths.
WHOLE = [
    *("--data.sampling=frames", "--data.clip_len=100", "--data.train_frame_step=[1,3]"),
    *("--data.normalize=start", "--data.streams=[joint,relative]"),
]

# Options of a trial, after those of `BASE`.
TRIALS: dict[str, list[str]] = {
    "recipe": WIDTH,
    "before": [*WIDTH, *BEFORE],
    # 145 k parameters, where 7 layers of 128 IndRNN neurons have 148 k.
    "gru": [*GRU, f"{NETWORK}.hidden_size=92"],
    "moving": [*WIDTH, *BEFORE, *MOVING],
    "moving-evenly": [*WIDTH, *BEFORE, *MOVING, "--data.sampling=resample"],
    "graph": [*WIDTH, *BEFORE, *GRAPH],
    "graph-after": [*WIDTH, *GRAPH],
    "graph-0": [*WIDTH, *BEFORE, *GRAPH, f"{FEATURES}.num_layers=0"],
    "graph-learned": [*WIDTH, *BEFORE, *GRAPH, f"{FEATURES}.graph=learned"],
    "graph-wide": [*WIDTH, *BEFORE, *GRAPH, f"{FEATURES}.pool_size=16"],
    "graph-max": [*WIDTH, *BEFORE, *GRAPH, f"{FEATURES}.pool=max", f"{FEATURES}.pool_size=64"],
    "graph-slow": [*WIDTH, *BEFORE, *GRAPH, "--model.optimizer.lr=1.0e-3"],
    "graph-metres": [*WIDTH, *BEFORE, *GRAPH, "--data.normalize=none"],
    "graph-evenly": [*WIDTH, *BEFORE, *GRAPH, "--data.sampling=resample"],
    # Val sees the moving average of the weights.
    "before-ema": [*WIDTH, *BEFORE, f"--trainer.callbacks+={AVERAGE}"],
    "before-evenly": [*WIDTH, *BEFORE, "--data.sampling=resample"],
    "recipe-evenly": [*WIDTH, "--data.sampling=resample"],
    # As many parameters as the seven layers, in fewer and wider ones.
    "layers-2": [*STACK, *BEFORE, f"{NETWORK}.num_layers=2", f"{NETWORK}.hidden_size=246"],
    "layers-3": [*STACK, *BEFORE, f"{NETWORK}.num_layers=3", f"{NETWORK}.hidden_size=196"],
    "memory": [*WIDTH, *BEFORE, *MEMORY],
    "gamma-1": [*WIDTH, *BEFORE, f"{NETWORK}.gamma=1"],
    "gru-evenly": [*GRU, f"{NETWORK}.hidden_size=92", "--data.sampling=resample"],
    "attention-evenly": [
        *(*WIDTH, *BEFORE, "--data.sampling=resample"),
        f"{NETWORK}.readout=attention",
    ],
    "relative-evenly": [
        *(*WIDTH, *BEFORE, "--data.sampling=resample"),
        "--data.streams=[relative]",
    ],
    "both-evenly": [
        *(*WIDTH, *BEFORE, "--data.sampling=resample"),
        "--data.streams=[joint,relative]",
    ],
    "whole": [*WIDTH, *WHOLE],
    "whole-dropout": [*WIDTH, *WHOLE, f"{NETWORK}.dropout=0.2"],
    "whole-scaled": [*WIDTH, *WHOLE, "--data.normalize=clip", "--data.streams=[joint]"],
    "before-metres": [*WIDTH, *BEFORE, "--data.normalize=none"],
    "graph-indrnn": [*JOINTS, *BEFORE, f"{NETWORK}.num_layers=4"],
}
# The baselines with the parameters of `recipe`, e.g. `tcn` or `causalattention`; `gru` is above.
TRIALS |= {
    name.lower(): peer.words(peer.narrow) for name, peer in PEERS.items() if name.lower() != "gru"
}

# Val of each half. The split seeds choose complementary halves: subjects 1, 2, 3, 5, 6 against
# 4, 7, 8, 9, 10; view 2 against view 1.
HALVES: dict[str, list[str]] = {
    "subjects-first": ["--data.val_from=subjects", "--data.split_seed=2"],
    "subjects-second": ["--data.val_from=subjects", "--data.split_seed=16"],
    "views-first": ["--data.val_from=cameras", "--data.split_seed=0"],
    "views-second": ["--data.val_from=cameras", "--data.split_seed=1"],
}
BASE = [
    *("fit", "--config=configs/nw_ucla.yaml", "--data.val_share=0.5", "--data.num_val_clips=10"),
    *("--trainer.limit_val_batches=1.0", "--trainer.enable_progress_bar=false"),
    *("--trainer.enable_checkpointing=false", "--trainer.callbacks=[]"),
    *("--trainer.accelerator=cpu", "--trainer.logger=CSVLogger"),
]
COLUMNS = ("trial", "half", "seed", "epochs", "top1", "loss", "train_top1", "minutes")
Row = dict[str, str]


def run(arguments: argparse.Namespace, trial: str, half: str, seed: int) -> Row:
    """Train once and return the line of the result."""
    folder = arguments.out / trial / half / str(seed)
    names = ("max_epochs", "check_val_every_n_epoch")
    epochs = [f"--trainer.{name}={arguments.epochs}" for name in names]
    own = [f"--trainer.logger.save_dir={folder}", f"--seed_everything={seed}"]
    data = [f"--data.path={arguments.data}", *HALVES[half]]
    start = time.perf_counter()
    status = action_rec([*BASE, *own, *data, *epochs, *TRIALS[trial]])
    minutes = (time.perf_counter() - start) / 60
    if status != 0:
        raise SystemExit(status)
    last = last_values(max(folder.rglob("metrics.csv"), key=lambda path: path.stat().st_mtime))
    return {
        **{"trial": trial, "half": half, "seed": str(seed), "epochs": str(arguments.epochs)},
        "top1": f"{100 * last['val/accuracy']:.2f}",
        "loss": f"{last['val/loss']:.4f}",
        "train_top1": f"{100 * last['train/accuracy']:.2f}",
        "minutes": f"{minutes:.1f}",
    }


def last_values(metrics: Path) -> dict[str, float]:
    """Return the last value of every column of a ``metrics.csv``."""
    last: dict[str, float] = {}
    with metrics.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            last |= {name: float(value) for name, value in row.items() if value}
    return last


def read(path: Path) -> list[Row]:
    """Read the results so far."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def append(path: Path, row: Row) -> None:
    """Add one result."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)


def show(rows: list[Row]) -> None:
    """Print mean and deviation over the seeds of every trial and half."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["trial"], row["epochs"], row["half"]].append(row)
    table = Table(box=box.SIMPLE)
    for heading in ("trial", "epochs", "half", "seeds", "top-1 %", "loss", "train", "minutes"):
        table.add_column(heading)
    for key, runs in sorted(groups.items()):
        values = (spread(runs, name) for name in ("top1", "loss", "train_top1", "minutes"))
        table.add_row(*key, str(len(runs)), *values)
    Console(width=120).print(table)


def spread(runs: list[Row], name: str) -> str:
    """Mean, and with two runs or more the standard deviation (n - 1)."""
    values = [float(row[name]) for row in runs]
    digits = 3 if name == "loss" else 1
    text = f"{mean(values):.{digits}f}"
    return text if len(values) == 1 else f"{text} ± {stdev(values):.{digits}f}"


def main() -> None:
    """Run what is asked for and not done yet; print all results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trials", nargs="*", choices=[*TRIALS, []], help="names; none: only print")
    parser.add_argument("--data", type=Path, default=Path("nw_ucla.h5"))
    parser.add_argument("--out", type=Path, default=Path("runs/trials"))
    parser.add_argument("--halves", nargs="+", choices=HALVES, default=list(HALVES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=300)
    arguments = parser.parse_args()
    path = arguments.out / "trials.csv"
    for seed in arguments.seeds:
        for trial in arguments.trials:
            for half in arguments.halves:
                key = (trial, half, str(seed), str(arguments.epochs))
                if key not in {tuple(row[name] for name in COLUMNS[:4]) for row in read(path)}:
                    append(path, run(arguments, trial, half, seed))
    show(read(path))


if __name__ == "__main__":
    main()
