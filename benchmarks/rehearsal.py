"""``python -m benchmarks.rehearsal``: a dress rehearsal of NTU RGB+D 60, and what grows with it.

56,880 different recordings are synthesized, with the names and about the lengths of the data set,
and everything a user does with them is run: conversion, ``fit`` of the papers' 21-layer config
with two validations, ``test`` with 20 clips, ``predict`` with one, ``report``, and two ranks. The
same runs on a tenth of the recordings show what grows faster than the data. Whole, it writes about
8 GB; ``--share 0.1 --steps 60`` takes a tenth. Below a share of 0.04, the tenth of it would have
less than a batch.

On a busy machine, durations say little. Compare shares, memory, and the time of the processors.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measurements import Measurement, report
from benchmarks.rehearsal_results import seconds_of_results
from benchmarks.rehearsal_runs import Rehearsal

_PAPER_STEPS, _VALIDATE_EVERY, _STEPS_PER_EPOCH = 333_000, 280, 298
_SMALLER = 0.1
_STEADY, _IN_STEP = 1.1, 1.2  # factors within which memory is the same, and time follows the data

Size = dict[str, Any]


def growth(small: Size, large: Size) -> dict[str, dict[str, float]]:
    """By how much every part grew, next to the data: factors of time and memory."""
    factors = {}
    for name, part in large["parts"].items():
        before = small["parts"][name]
        factors[name] = {
            "cpu": part["cpu_seconds"] / before["cpu_seconds"],
            "memory": part["memory_mb"] / before["memory_mb"],
        }
    return factors


def whole_run(size: Size) -> dict[str, float]:
    """Extrapolate the papers' run from a fit, in hours; checkpoints at their most."""
    fit = size["fit"]
    validations = _PAPER_STEPS / _VALIDATE_EVERY
    saves = 2 * validations + _PAPER_STEPS / _STEPS_PER_EPOCH
    hours = {
        "steps": _PAPER_STEPS * (fit["loader_s"] + fit["steps_s"]) / fit["steps"],
        # Val is a share of train, and grows with the set.
        "validation": validations * fit["validation_s"] / fit["validations"] / size["share"],
        "checkpoints": saves * fit["checkpoints_s"] / fit["checkpoints"],
    }
    return {name: seconds / 3600 for name, seconds in hours.items()}


def goals(small: Size, large: Size, results: float) -> list[Measurement]:
    """Compare with the goals; `results` are the seconds that those of a whole test take."""
    fit, test = large["fit"], large["test"]
    data = large["recordings"] / small["recordings"]
    factors = growth(small, large)
    loader = fit["loader_s"] / (fit["loader_s"] + fit["steps_s"])
    over = test["loop_s"] / test["forward_s"]
    fastest = max(factors, key=lambda name: factors[name]["cpu"])
    memory = factors["fit"]["memory"]
    sequences = sum(large["counts"]["xsub"])
    hours = whole_run(large)
    return [
        Measurement(
            "benchmark counts",
            f"{sequences:,} sequences",
            "those of the names",
            True,  # the rehearsal ends where they differ
            ", ".join(f"{name} {a:,} / {b:,}" for name, (a, b) in large["counts"].items()),
        ),
        Measurement(
            "memory of fit",
            f"{memory:.2f} x",
            f"<= {_STEADY} x",
            memory <= _STEADY,
            f"of {data:.0f} x the recordings",
        ),
        Measurement("loader", f"{loader:.1%} of a step", "< 5 %", loader < 0.05, "waiting for it"),
        Measurement("test", f"{over:.2f} x", "<= 1.2 x", over <= 1.2, "of its forward passes"),
        Measurement(
            "results of test",
            f"{results:.1f} s",
            "< 5 s",
            results < 5,
            "random logits, 16,487 x 60",
        ),
        Measurement(
            "fastest growth",
            f"{factors[fastest]['cpu']:.1f} x",
            f"<= {_IN_STEP} x the data",
            factors[fastest]["cpu"] <= _IN_STEP * data,
            f"processor time of {fastest}, of {data:.0f} x the recordings",
        ),
        Measurement(
            f"{_PAPER_STEPS:,} steps",
            f"{sum(hours.values()):.0f} h",
            "-",
            None,
            ", ".join(f"{name} {value:.1f} h" for name, value in hours.items()),
        ),
    ]


def print_parts(small: Size, large: Size) -> None:
    """Print what every part took at both sizes."""
    total = sum(part["seconds"] for part in large["parts"].values())
    headings = ("seconds", "share", "CPU s", "of a tenth", "memory MB", "of a tenth", "disk MB")
    table = Table("part", *headings)
    for name, part in large["parts"].items():
        before = small["parts"][name]
        table.add_row(
            name,
            f"{part['seconds']:.0f}",
            f"{part['seconds'] / total:.0%}",
            *(f"{one['cpu_seconds']:,.0f}" for one in (part, before)),
            *(f"{one['memory_mb']:,.0f}" for one in (part, before)),
            f"{part['disk_mb']:,.0f}",
        )
    Console(width=100).print(table)


def main() -> None:
    """Rehearse at both sizes, print the tables and write `results/rehearsal.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the 56,880 recordings")
    parser.add_argument("--steps", type=int, default=600, help="optimizer steps of each fit")
    parser.add_argument("--clips", type=int, default=20, help="per sequence in test")
    parser.add_argument("--folder", type=Path, help="kept, with its zips; else a temporary one")
    options = parser.parse_args()
    if not 0.04 <= options.share <= 1 or options.steps < 2:
        parser.error("--share must be from 0.04 to 1, and --steps at least 2")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        sizes = []
        for share in (_SMALLER * options.share, options.share):
            print(f"== {share:.2%} of the recordings", flush=True)
            place = folder / f"share_{share:.6f}"
            sizes.append(Rehearsal(place, share, options.steps, options.clips).run())
        results = seconds_of_results(folder / "results")
    small, large = sizes
    print_parts(small, large)
    facts = {"steps": options.steps, "clips": options.clips, "results_s": results}
    hours = whole_run(large)
    report(
        "rehearsal",
        goals(small, large, results),
        **facts,
        sizes=sizes,
        growth=growth(small, large),
        paper_hours=hours,
    )


if __name__ == "__main__":
    main()
