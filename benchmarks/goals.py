"""Figures beside their goals: a table to read, and JSON beside the benchmarks."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.timing import machine_facts

_RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """One line: what was measured, the goal, and whether it is reached (None: not measured)."""

    what: str
    measured: str
    goal: str
    reached: bool | None
    remark: str = ""


def show(name: str, figures: list[Figure]) -> None:
    """Print the figures, and write them with the facts of the machine to `results/NAME.json`."""
    table = Table(name, "measured", "goal", "", "remark")
    for figure in figures:
        verdict = {True: "reached", False: "MISSED", None: "-"}[figure.reached]
        table.add_row(figure.what, figure.measured, figure.goal, verdict, figure.remark)
    machine = machine_facts()
    Console().print(table)
    print(f"{machine['cpu']}, {machine['cores']} cores, load {machine['load']:.1f}")
    content = {"machine": machine, "figures": [asdict(figure) for figure in figures]}
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
