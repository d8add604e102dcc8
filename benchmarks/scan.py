"""``python -m benchmarks.scan``: the recurrence in parallel over time beside the loop over time.

One sequence that is long or narrow, where a device has little to do in a single step. Forward and
backward, called in turns; ratios are those of the shortest times.
"""

import argparse
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table

from action_rec.ops import Backend
from benchmarks.measurements import write_results
from benchmarks.recurrence import forward_and_backward
from benchmarks.timing import shortest_times

SHAPES = ((1, 100_000, 128), (1, 5000, 8))
BACKENDS: tuple[Backend, ...] = ("cpu", "scan")


def measure(shape: tuple[int, int, int], seconds: float) -> dict[str, Any]:
    """Time both backends on `shape`, (B, T, D), in milliseconds."""
    calls = {str(backend): forward_and_backward(shape, backend) for backend in BACKENDS}
    times = shortest_times(calls, seconds)
    return {"shape": shape, **times, "scan/cpu": times["scan"] / times["cpu"]}


def main() -> None:
    """Measure, print the table and write `results/scan.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each shape")
    options = parser.parse_args()
    rows = [measure(shape, options.seconds) for shape in SHAPES]
    table = Table("(B, T, D)", "cpu, ms", "scan, ms", "scan / cpu", box=box.SIMPLE)
    for row in rows:
        numbers = (f"{row[name]:.3g}" for name in ("cpu", "scan", "scan/cpu"))
        table.add_row(str(row["shape"]), *numbers)
    Console().print(table)
    machine = write_results("scan", rows=rows)
    print(f"{machine['cpu']}, {torch.get_num_threads()} threads, load {machine['load']:.1f}")


if __name__ == "__main__":
    main()
