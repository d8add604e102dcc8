"""The results of `predict`: a table on stdout, and a CSV or JSON file."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from action_rec import __version__
from action_rec.console.text import printable
from action_rec.console.writing import write_csv, write_json

SUFFIXES = (".csv", ".json")
_MAX_ROWS = 50


@dataclass(frozen=True)
class Prediction:
    """The prediction for one sequence.

    Attributes:
        name: Name of the sequence.
        source: The store or the file or folder that holds it.
        truth: Its action; None if unknown.
        probabilities: (K,) of the classes.
    """

    name: str
    source: str
    truth: str | None
    probabilities: NDArray[np.float32]

    def top(self, class_names: list[str], count: int) -> list[tuple[str, float]]:
        """The `count` most likely classes with their probabilities, the most likely first."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(class_names[k], float(self.probabilities[k])) for k in order]


def print_predictions(predictions: list[Prediction], class_names: list[str], count: int) -> None:
    """Print the most likely classes of each sequence, and how many match their label."""
    table = Table(title=f"action_rec {__version__}", show_lines=count > 1)
    table.add_column("sequence", overflow="fold")
    table.add_column("truth")
    table.add_column("prediction")
    table.add_column("%", justify="right", no_wrap=True)
    for one in predictions[:_MAX_ROWS]:
        top = one.top(class_names, count)
        names = [f"[bold]{_shown(n)}[/]" if n == one.truth else _shown(n) for n, _ in top]
        shares = [f"{100 * probability:.1f}" for _, probability in top]
        truth = "unknown" if one.truth is None else _shown(one.truth)
        table.add_row(_shown(one.name), truth, "\n".join(names), "\n".join(shares))
    console = Console(width=None if sys.stdout.isatty() else 120)
    with console.capture() as captured:  # a console itself ends the program at a broken pipe
        console.print(table)
    print(captured.get(), end="")
    if (more := len(predictions) - _MAX_ROWS) > 0:
        print(f"and {more:,} more; --out FILE.csv or FILE.json takes all of them")
    known = [one for one in predictions if one.truth is not None]
    right = sum(one.top(class_names, 1)[0][0] == one.truth for one in known)
    print(f"{len(predictions):,} predicted", end="")
    print(f", {right:,} of {len(known):,} as labelled" if known else "; no label is known")


def _shown(text: str) -> str:
    """Escape what a terminal or rich would interpret."""
    return escape(printable(text))


def write_predictions(
    path: Path,
    predictions: list[Prediction],
    class_names: list[str],
    count: int,
    facts: dict[str, Any],
) -> None:
    """Write all predictions.

    Args:
        path: A .csv file, with a line of the most likely classes per sequence; or a .json file,
            with the probabilities of all classes.
        predictions: What to write.
        class_names: K names.
        count: Classes per line of the .csv file.
        facts: What else the .json file contains.
    """
    if path.suffix == ".csv":
        _write_csv(path, predictions, class_names, count)
        return
    content = {
        **facts,
        "versions": {"action_rec": __version__, "torch": torch.__version__},
        "classes": class_names,
        "predictions": [
            {
                "sequence": one.name,
                "source": one.source,
                "truth": one.truth,
                "prediction": one.top(class_names, 1)[0][0],
                "probabilities": one.probabilities.tolist(),
            }
            for one in predictions
        ],
    }
    write_json(path, content, indent=1)


def _write_csv(
    path: Path, predictions: list[Prediction], class_names: list[str], count: int
) -> None:
    top = [f"{column}_{k + 1}" for k in range(count) for column in ("class", "probability")]
    rows = []
    for one in predictions:
        cells = [(name, f"{p:.4f}") for name, p in one.top(class_names, count)]
        texts = (text for cell in cells for text in cell)
        rows.append([one.name, one.truth or "", one.source, *texts])
    write_csv(path, ["sequence", "truth", "source", *top], rows)
