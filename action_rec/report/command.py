"""Write one page of HTML on tested networks."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.analysis.curves import named_folders
from action_rec.analysis.results import GROUP
from action_rec.console.output_path import check_out
from action_rec.console.writing import write_text
from action_rec.drawing.charts import line_chart
from action_rec.drawing.page_text import render
from action_rec.drawing.players import Shown, encode, players
from action_rec.evaluation.metrics import confused_pairs, confusion
from action_rec.evaluation.report import describe
from action_rec.evaluation.tables import ACCURACY_HEADINGS, percentages, spread_cells, title
from action_rec.report.players import choose, over_time
from action_rec.report.runs import Run, open_store, read_runs
from action_rec.report.statistics import (
    Group,
    calibration,
    cluster_order,
    group,
    groups,
    groups_by_length,
    mcnemar,
)
from action_rec.store.reader import Store

_COLUMNS = ("setup", "camera", "subject")


def report(runs: list[str], *, out: Path, store: Path | None = None) -> None:
    """Write one page of HTML on tested networks: what they recognize, what not, and for whom.

    Args:
        runs: The folders that `test` wrote, such as runs/NAME/version_1; NAME=FOLDER names a run.
            Several runs, tested on the same sequences, stand side by side.
        out: The page to write, .html.
        store: The store of the sequences, whose skeletons are shown; by default the one that the
            network was tested on, if it is still there.

    Raises:
        InputError: A folder has no scores, the runs were tested on different sequences, or a file
            cannot be read or written.
    """
    check_out(out, (".html",))
    read = read_runs(named_folders(runs))
    opened = open_store(read[0], store)
    write_text(out, make_page(read, opened))
    print(f"page: {out}, {out.stat().st_size / 1e6:.1f} MB")
    if opened is None:
        print("without skeletons: the store was not found; name it with --store")


def make_page(runs: list[Run], store: Store | None) -> str:
    """Return the page on one or more runs.

    Args:
        runs: Runs with scores of the same sequences.
        store: The store of their sequences; None leaves out skeletons and what a store knows.
    """
    scores = runs[0].scores
    counts = [confusion(run.scores.logits, run.scores.labels) for run in runs]
    chosen = [] if store is None else choose(runs)
    about = f"{scores.metadata['dataset']} {scores.metadata['benchmark']}"
    return render(
        "action_rec.report",
        "report",
        _data(runs, store, chosen, cluster_order(counts[0])),
        title=f"{about}, {scores.metadata['split']}: "
        + "; ".join(dict.fromkeys(title(run.scores.metadata) for run in runs)),
        runs=[_about(run) for run in runs],
        headings=list(ACCURACY_HEADINGS.values()),
        spread=spread_cells([run.result for run in runs]) if _are_seeds(runs) else None,
        pairs=_paired(runs),
        confused=confused_pairs(counts[0], scores.class_names, 12),
        class_numbers={name: number for number, name in enumerate(scores.class_names)},
        classes=_classes(runs, scores.class_names),
        breakdowns=_breakdowns(runs[0], store),
        calibrations=[
            (run.name, calibration(run.probabilities.max(axis=1), run.right)) for run in runs
        ],
        charts=_charts(runs),
        sequences=len(scores),
    )


def _are_seeds(runs: list[Run]) -> bool:
    """Whether several runs are of one network, so that their mean says something."""
    alike = {tuple(str(run.result.get(key)) for key in GROUP) for run in runs}
    return len(runs) > 1 and len(alike) == 1


def _about(run: Run) -> dict[str, Any]:
    """The head of a run: its accuracies with their interval, and where they come from."""
    result = run.result
    variants = [(f"{result['clips']} clips", result)]
    variants += [("1 clip", result["one_clip"])] if "one_clip" in result else []
    if "without_copies" in result:
        variants.append(("without copies of train", result["without_copies"]))
    return {
        "name": run.name,
        "title": title(result),
        "rows": [(name, *percentages(values)) for name, values in variants],
        "interval": group("", run.right),
        "lines": describe(result),
        "checkpoint": result["checkpoint"],
    }


def _paired(runs: list[Run]) -> list[tuple[str, str, int, int, str]]:
    """McNemar's test of each pair of runs."""
    rows = []
    for index, first in enumerate(runs):
        for second in runs[index + 1 :]:
            test = mcnemar(first.right, second.right)
            value = "below 0.0001" if test.p_value < 1e-4 else f"{test.p_value:.4f}"
            rows.append((first.name, second.name, test.only_first, test.only_second, value))
    return rows


def _classes(runs: list[Run], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """A row of the table of classes for each class that has sequences."""
    labels = runs[0].scores.labels
    counts = confusion(runs[0].scores.logits, labels)
    rows = []
    for number, name in enumerate(names):
        of_class = labels == number
        if not of_class.any():
            continue
        wrong = counts[number].copy()
        wrong[number] = 0
        worst = int(wrong.argmax())
        rows.append(
            {
                "number": number,
                "name": name,
                "sequences": int(of_class.sum()),
                "accuracies": [float(run.right[of_class].mean()) for run in runs],
                "confused": names[worst] if wrong[worst] else "",
                "times": int(wrong[worst]),
            }
        )
    return rows


def _breakdowns(run: Run, store: Store | None) -> list[tuple[str, list[Group]]]:
    """The accuracy by length, bodies, setup, camera and subject, as far as a store knows them."""
    if store is None:
        return []
    of_run = _rows(store, run)
    parts = [("length", groups_by_length(store.length[of_run], run.right))]
    parts.append(("number of bodies", groups(store.bodies[of_run], run.right, "bodies:")))
    for column in _COLUMNS:
        if column in store.columns:
            parts.append((column, groups(store.columns[column][of_run], run.right, column)))
    return [(name, found) for name, found in parts if len(found) > 1]


def _rows(store: Store, run: Run) -> NDArray[np.int64]:
    """The index (N,) in a store of each sequence of a run."""
    rows = {name: row for row, name in enumerate(store.names.tolist())}
    return np.array([rows[name] for name in run.scores.names.tolist()])


def _shown(store: Store, run: Run, chosen: list[int]) -> list[Shown]:
    rows = _rows(store, run)
    return [Shown(number, store, int(rows[number])) for number in chosen]


def _charts(runs: list[Run]) -> list[Any]:
    metrics = dict.fromkeys(metric for run in runs for metric in run.curves)
    charts = [
        line_chart(
            {run.name: run.curves[metric] for run in runs if metric in run.curves},
            title=metric,
            across="optimizer step",
            up=metric.split("/")[-1],
        )
        for metric in metrics
    ]
    weights = {
        f"{run.name}, {share:.0%}": [
            (layer + 1, float(np.quantile(np.abs(u), share)))
            for layer, u in enumerate(run.weights.values())
        ]
        for run in runs
        for share in (0.5, 0.9)
        if run.weights
    }
    charts.append(
        line_chart(
            weights,
            title="size of the recurrent weights |u| by layer: median and 90 % quantile",
            across="layer",
            up="|u|",
            marks=True,
        )
    )
    reliability = {
        run.name: [
            (mean, share)
            for mean, share, _ in calibration(run.probabilities.max(axis=1), run.right).bins
        ]
        for run in runs
    }
    charts.append(
        line_chart(
            reliability,
            title="accuracy against the probability of the predicted class",
            across="probability",
            up="accuracy",
            unit_square=True,
            marks=True,
        )
    )
    return [chart for chart in charts if chart]


def _data(
    runs: list[Run], store: Store | None, chosen: list[int], clusters: list[int]
) -> dict[str, Any]:
    """What the script of the page reads."""
    scores = runs[0].scores
    shown = [] if store is None else _shown(store, runs[0], chosen)
    skeletons = None if store is None else players(store, shown)
    moving = [] if skeletons is None else shown[: len(skeletons["players"])]
    return {
        "classes": list(scores.class_names),
        "names": scores.names.tolist(),
        "labels": encode(scores.labels, np.uint16),
        "clusters": clusters,
        "runs": [
            {
                "name": run.name,
                "predicted": encode(run.scores.logits.argmax(axis=1), np.uint16),
                "confidence": encode((100 * run.probabilities.max(axis=1)).round(), np.uint8),
                "over_time": over_time(run, moving),
            }
            for run in runs
        ],
        "skeletons": skeletons,
    }
