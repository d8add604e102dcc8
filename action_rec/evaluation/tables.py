"""Print results as tables on stdout."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from action_rec import __version__
from action_rec.console.text import printable

_COLUMNS = ("network", "parameters", "benchmark", "split", "sequences", "clips")
ACCURACY_HEADINGS = {
    "accuracy": "top-1 %",
    "accuracy_top5": "top-5 %",
    "mean_class_accuracy": "mean class %",
}


def print_results(results: Iterable[Mapping[str, Any]]) -> None:
    """Print a table of results, each with all clips, with one, and without copied sequences."""
    print_table(
        f"action_rec {__version__}",
        [*_COLUMNS, *ACCURACY_HEADINGS.values()],
        [row for result in results for row in _rows(result)],
    )


def title(metadata: Mapping[str, Any]) -> str:
    """Return the network of results or scores, and its streams unless only the joint stream."""
    streams = metadata.get("format", {}).get("streams", ["joint"])
    return str(metadata["network"]) + ("" if streams == ["joint"] else f", {'+'.join(streams)}")


def _rows(result: Mapping[str, Any]) -> list[list[str]]:
    parameters = result.get("parameters")
    cells = {
        **result,
        "network": title(result),
        "parameters": "" if parameters is None else f"{parameters:,}",
    }
    rows = [[*(str(cells[key]) for key in _COLUMNS), *percentages(result)]]
    if "one_clip" in result:
        rows.append(["  with 1 clip", "", "", "", "", "1", *percentages(result["one_clip"])])
    if "without_copies" in result:
        without = result["without_copies"]
        counts = (str(without["sequences"]), str(result["clips"]))
        rows.append(["  without copies of train", "", "", "", *counts, *percentages(without)])
    return rows


def percentages(accuracies: Mapping[str, Any]) -> list[str]:
    """Return the `Accuracies` of a result as text, in percent."""
    return [f"{100 * accuracies[key]:.2f}" for key in ACCURACY_HEADINGS]


def spread(results: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """Return the mean and sample standard deviation of the `Accuracies` of two or more results."""
    values = {key: [result[key] for result in results] for key in ACCURACY_HEADINGS}
    return {
        key: (float(np.mean(column)), float(np.std(column, ddof=1)))
        for key, column in values.items()
    }


def spread_cells(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return `spread` as text, in percent."""
    return [f"{100 * mean:.2f} ± {100 * std:.2f}" for mean, std in spread(results).values()]


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table with a left-aligned first column and right-aligned other columns."""
    table = Table()
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index else "left")
    for row in rows:
        table.add_row(*map(printable, row))
    width = None if sys.stdout.isatty() else 130
    # Names of classes and files must not be interpreted as markup.
    console = Console(width=width, markup=False, emoji=False, highlight=False)
    console.print(printable(title))
    console.print(table)
