"""Measurements and their goals: print them as a table, and write results as JSON."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.timing import machine_facts

_RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Measurement:
    """A measured value, its goal, and whether the goal is reached (None: there is no goal)."""

    name: str
    value: str
    goal: str
    reached: bool | None
    remark: str = ""


def report(name: str, measurements: list[Measurement], **content: Any) -> None:  # noqa: ANN401
    """Print the measurements and write them to `results/NAME.json`, with further `content`."""
    table = Table(name, "measured", "goal", "", "remark")
    for item in measurements:
        verdict = {True: "reached", False: "MISSED", None: "-"}[item.reached]
        table.add_row(item.name, item.value, item.goal, verdict, item.remark)
    Console().print(table)
    rows = [asdict(item) for item in measurements]
    machine = write_results(name, measurements=rows, **content)
    print(f"{machine['cpu']}, {machine['cores']} cores, load {machine['load']:.1f}")


def write_results(name: str, **content: Any) -> dict[str, Any]:  # noqa: ANN401
    """Write `content` and the facts of the machine to `results/NAME.json`; return the facts."""
    machine = machine_facts()
    _RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine, **content}, indent=2) + "\n"
    (_RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    return machine
