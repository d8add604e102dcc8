"""``python -m benchmarks.speech NETWORK...``: compare recurrent layers on a speech corpus.

Every network has about 66,000 recurrent parameters. With the first seed it trains once at each
learning rate of the grid; with the other seeds at the rate that had the lowest frame error on val.
A finished run is a line of ``speech.csv`` and is not run again, so that an interrupted comparison
is continued by the same command. `docs/long_memory.md` reports the results; their corpus is that of
``synthesize-speech``.
"""

import argparse
import csv
import json
import time
from collections import defaultdict
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from action_rec.long_memory.cli import main as long_memory
from benchmarks.trials import append, read, spread

ENCODER = "--model.network.encoder.hidden_size"
SCALE = "--model.network.recurrence.scale"

# The config and the options of each network.
NETWORKS: dict[str, list[str]] = {
    "tanh": ["--config=speech_tanh", f"{ENCODER}=128"],
    "lstm": ["--config=speech_lstm", f"{ENCODER}=56"],
    "irnn-1": ["--config=speech_irnn", f"{ENCODER}=128", f"{SCALE}=1"],
    "irnn-0.01": ["--config=speech_irnn", f"{ENCODER}=128", f"{SCALE}=0.01"],
    "indrnn": ["--config=speech_indrnn", f"{ENCODER}=128"],
}
RATES = ("3e-4", "1e-3", "3e-3", "1e-2")
DIVERGED = "100.00"  # the error of a run whose loss became infinite or NaN
KEY = ("network", "rate", "seed", "epochs")
Row = dict[str, str]


def run(arguments: argparse.Namespace, network: str, rate: str, seed: int) -> Row:
    """Train and test once; return the line of the result."""
    folder = arguments.out / network / rate / str(seed)
    words = [
        *NETWORKS[network],
        *(f"--data.path={arguments.data}", "--data.test_speakers=complete", "--data.batch_size=8"),
        *("--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false"),
        *("--trainer.enable_model_summary=false", "--trainer.log_every_n_steps=5"),
        *(f"--trainer.max_epochs={arguments.epochs}", f"--model.optimizer.lr={rate}"),
        *(f"--seed_everything={seed}", f"--save_dir={folder}"),
    ]
    start = time.perf_counter()
    diverged = long_memory(["fit", *words]) != 0
    minutes = (time.perf_counter() - start) / 60
    row = dict(zip(KEY, (network, rate, str(seed), str(arguments.epochs)), strict=True))
    if diverged:
        return {**row, "val": DIVERGED, "test": DIVERGED, "minutes": f"{minutes:.1f}"}
    best = newest(folder, "best.ckpt")
    if long_memory(["test", *words, f"--ckpt_path={best}"]) != 0:
        raise SystemExit(f"the test of {best} failed")
    tested = json.loads(newest(folder, "test_results.json").read_text())["figures"]["error"]
    return {
        **row,
        "val": f"{error_of_best(best.parents[1] / 'metrics.csv'):.2f}",
        "test": f"{tested:.2f}",
        "minutes": f"{minutes:.1f}",
    }


def newest(folder: Path, name: str) -> Path:
    """Return the file of this name that was written last, in a folder of runs."""
    return max(folder.rglob(name), key=lambda path: path.stat().st_mtime)


def error_of_best(metrics: Path) -> float:
    """Return the error on val where the loss on val was lowest, as for best.ckpt."""
    with metrics.open(encoding="utf-8", newline="") as lines:
        validated = [row for row in csv.DictReader(lines) if row["val/loss"]]
    return float(min(validated, key=lambda row: float(row["val/loss"]))["val/error"])


def best_rate(rows: list[Row], network: str, seed: int, epochs: int) -> str:
    """Return the learning rate with the lowest error on val."""
    key = (network, str(seed), str(epochs))
    tried = [row for row in rows if (row["network"], row["seed"], row["epochs"]) == key]
    return min(tried, key=lambda row: float(row["val"]))["rate"]


def show(rows: list[Row]) -> None:
    """Print mean and deviation over the seeds of every network and learning rate."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["network"], row["epochs"], row["rate"]].append(row)
    table = Table(box=box.SIMPLE)
    for heading in ("network", "epochs", "rate", "seeds", "val, error %", "test, error %"):
        table.add_column(heading)
    for key, runs in groups.items():
        table.add_row(*key, str(len(runs)), *(spread(runs, split) for split in ("val", "test")))
    Console(width=100).print(table)


def main() -> None:
    """Run what is asked for and not done yet; print all results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", choices=[*NETWORKS, []], help="none: only print")
    parser.add_argument("--data", type=Path, default=Path("corpus"))
    parser.add_argument("--out", type=Path, default=Path("runs/speech"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--rates", nargs="+", default=list(RATES))
    parser.add_argument("--epochs", type=int, default=20)
    arguments = parser.parse_args()
    path = arguments.out / "speech.csv"
    first = arguments.seeds[0]
    for seed in arguments.seeds:
        for rate in arguments.rates:
            for network in arguments.networks:
                rows = read(path)
                if seed != first and rate != best_rate(rows, network, first, arguments.epochs):
                    continue
                key = (network, rate, str(seed), str(arguments.epochs))
                if key not in {tuple(row[name] for name in KEY) for row in rows}:
                    append(path, run(arguments, network, rate, seed))
    show(read(path))


if __name__ == "__main__":
    main()
