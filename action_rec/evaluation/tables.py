"""Results as tables on stdout."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from action_rec import __version__

_COLUMNS = {
    "network": "network",
    "parameters": "parameters",
    "benchmark": "benchmark",
    "split": "split",
    "sequences": "sequences",
    "clips": "clips",
}
MEASURED = {
    "accuracy": "top-1 %",
    "accuracy_top5": "top-5 %",
    "mean_class_accuracy": "mean class %",
}


def print_results(results: Iterable[Mapping[str, Any]]) -> None:
    """Print results as one table: each with all clips, with one, and without copied sequences."""
    print_table(
        f"action_rec {__version__}",
        [*_COLUMNS.values(), *MEASURED.values()],
        [row for result in results for row in _rows(result)],
    )


def title(about: Mapping[str, Any]) -> str:
    """The network of results or scores, with its streams where they are not the joints alone."""
    streams = about.get("format", {}).get("streams", ["joint"])
    return str(about["network"]) + ("" if streams == ["joint"] else f", {'+'.join(streams)}")


def _rows(result: Mapping[str, Any]) -> list[list[str]]:
    parameters = result.get("parameters")
    facts = {
        **result,
        "network": title(result),
        "parameters": "" if parameters is None else f"{parameters:,}",
    }
    rows = [[*(str(facts[key]) for key in _COLUMNS), *percentages(result)]]
    if "one_clip" in result:
        one = dict.fromkeys(_COLUMNS, "") | {"network": "  with 1 clip", "clips": "1"}
        rows.append([*one.values(), *percentages(result["one_clip"])])
    if "without_copies" in result:
        left = result["without_copies"]
        own = dict.fromkeys(_COLUMNS, "") | {
            "network": "  without copies of train",
            "sequences": str(left["sequences"]),
            "clips": str(result["clips"]),
        }
        rows.append([*own.values(), *percentages(left)])
    return rows


def percentages(measured: Mapping[str, Any]) -> list[str]:
    """The `Accuracies` of a result in per cent."""
    return [f"{100 * measured[key]:.2f}" for key in MEASURED]


def spread(results: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """Mean and sample standard deviation of the `Accuracies` of two or more results, by key."""
    values = {key: [result[key] for result in results] for key in MEASURED}
    return {
        key: (float(np.mean(column)), float(np.std(column, ddof=1)))
        for key, column in values.items()
    }


def spread_cells(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """`spread` as text, in per cent."""
    return [f"{100 * mean:.2f} ± {100 * std:.2f}" for mean, std in spread(results).values()]


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table whose first column is text and whose others are numbers."""
    table = Table()
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left")
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else 130
    # The names of classes and files are not to be read as rich's markup.
    console = Console(width=width, markup=False, emoji=False, highlight=False)
    console.print(title)
    console.print(table)
