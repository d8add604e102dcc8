"""Report of an evaluation: files in the run folder, tables on stdout, and tables for W&B."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch.loggers import Logger, WandbLogger

from action_rec.console.text import printable
from action_rec.console.writing import write_csv, write_figure, write_json
from action_rec.evaluation.frame_by_frame import print_frames
from action_rec.evaluation.metrics import class_accuracy, confused_pairs, confusion
from action_rec.evaluation.over_time import OverTime
from action_rec.evaluation.pictures import draw_confusion
from action_rec.evaluation.scores import Scores
from action_rec.evaluation.tables import ACCURACY_HEADINGS, print_results, print_table
from action_rec.training.frame_by_frame import SHARES

_SHOWN = 5  # number of classes and pairs on stdout; the files contain all
_ROW = ("network", "benchmark", "split", "sequences", "clips", *ACCURACY_HEADINGS)

Rows = list[list[Any]]


class Report:
    """Report on the scores of an evaluation.

    Args:
        folder: Folder of the files.
        stage: Prefix of the file names, ``test`` or ``val``.
        scores: The scores.
        result: Their metrics, from `summarize`, and the cost of the network if it is known.
        over_time: Their probabilities over time, if the network gives them.
    """

    def __init__(
        self,
        folder: Path,
        stage: str,
        scores: Scores,
        result: dict[str, Any],
        over_time: OverTime | None = None,
    ) -> None:
        self.folder = folder
        self.stage = stage
        self.scores = scores
        self.result = result
        self.over_time = over_time
        self._counts = confusion(scores.logits, scores.labels)
        self._pairs = confused_pairs(self._counts, scores.class_names)

    def publish(self, loggers: Sequence[Logger] = ()) -> None:
        """Write the files, print the tables, and log the tables to W&B if it is enabled."""
        self._write()
        self._print()
        for logger in loggers:
            if isinstance(logger, WandbLogger):
                self._log(logger)

    def _write(self) -> None:
        self.scores.write(self._path("scores.npz"))
        if self.over_time is not None:
            self.over_time.write(self._path("over_time.npz"))
        write_json(self._path("results.json"), self.result)
        names = self.scores.class_names
        write_csv(self._path("results.csv"), *self._metrics())
        write_csv(self._path("classes.csv"), *self._classes())
        counts = [[name, *row] for name, row in zip(names, self._counts.tolist(), strict=True)]
        write_csv(self._path("confusion.csv"), ["true class", *names], counts)
        pairs = [[pair.truth, pair.predicted, pair.sequences, pair.share] for pair in self._pairs]
        write_csv(self._path("confused.csv"), ["true", "predicted", "sequences", "share"], pairs)
        accuracy = f"top-1 {100 * self.result['accuracy']:.2f} %"
        data = self.scores.metadata
        title = f"{data['dataset']} {data['benchmark']}, {data['split']}: {accuracy}"
        picture = draw_confusion(self._counts, names, title)
        write_figure(self._path("confusion.png"), picture, dpi=110)

    def _print(self) -> None:
        result = self.result
        print_results([result])
        ranked = [row for row in self._classes()[1] if row[4] != ""]
        ranked.sort(key=lambda row: -row[4])
        title, shown = "classes", ranked
        if len(ranked) > 2 * _SHOWN:
            title = f"best and worst {_SHOWN} of {len(ranked)} classes"
            shown = [*ranked[:_SHOWN], *ranked[-_SHOWN:]]
        rows = [[row[1], str(row[2]), f"{100 * row[4]:.1f}"] for row in shown]
        print_table(title, ["class", "sequences", "top-1 %"], rows)
        if self._pairs:
            rows = [
                [f"{pair.truth} → {pair.predicted}", str(pair.sequences), f"{100 * pair.share:.1f}"]
                for pair in self._pairs[:_SHOWN]
            ]
            headings = ["true → predicted", "sequences", "% of the true class"]
            print_table("confused most", headings, rows)
        if "frame_by_frame" in result:
            print_frames(result["frame_by_frame"])
        print("\n".join(map(printable, describe(result))))
        print(f"results: {self._path('results.json')}\nscores: {self._path('scores.npz')}")

    def _log(self, logger: WandbLogger) -> None:
        metrics, classes = self._metrics(), self._classes()
        logger.log_table(f"{self.stage}/results", columns=metrics[0], data=metrics[1])
        # W&B wants one type per column: None and no empty text among numbers.
        rows = [[None if cell == "" else cell for cell in row] for row in classes[1]]
        logger.log_table(f"{self.stage}/classes", columns=classes[0], data=rows)
        pairs = [list(pair) for pair in self._pairs]
        columns = ["true", "predicted", "sequences", "share"]
        logger.log_table(f"{self.stage}/confused", columns=columns, data=pairs)
        if (frames := self.result.get("frame_by_frame")) is not None:
            rows = [list(pair) for pair in zip(SHARES, frames["accuracy_at"], strict=True)]
            logger.log_table(f"{self.stage}/frames", columns=["seen", "top-1"], data=rows)
        logger.log_image(f"{self.stage}/confusion", images=[str(self._path("confusion.png"))])

    def _metrics(self) -> tuple[list[str], Rows]:
        result = self.result
        variants = [result, {**result, "clips": 1, **result["one_clip"]}]
        if "without_copies" in result:
            copies = {"split": f"{result['split']} without copies of train"}
            variants.append({**result, **result["without_copies"], **copies})
        return list(_ROW), [[variant[key] for key in _ROW] for variant in variants]

    def _classes(self) -> tuple[list[str], Rows]:
        """Return headings and one row per class: label from 1, name, sequences, correct, top-1."""
        total, correct = self._counts.sum(axis=1), self._counts.diagonal()
        shares = class_accuracy(self._counts)
        rows: Rows = [
            [label + 1, name, int(total[label]), int(correct[label]), share]
            for label, (name, share) in enumerate(
                zip(self.scores.class_names, shares.tolist(), strict=True)
            )
        ]
        for row in rows:
            row[4] = "" if np.isnan(row[4]) else row[4]
        return ["number", "class", "sequences", "right", "top-1"], rows

    def _path(self, name: str) -> Path:
        return self.folder / f"{self.stage}_{name}"


def describe(result: dict[str, Any]) -> list[str]:
    """Return lines on the cost, batch norm, seeds, versions and checkpoint of a result."""
    lines = []
    if result.get("macs_per_clip") is not None:
        lines.append(
            f"cost: {result['parameters']:,} parameters, {result['macs_per_clip'] / 1e9:.3f} GMAC "
            f"a clip, {result['clips_per_second']:,.0f} clips/s ({result['device']})"
        )
    if "batch_norm" in result:
        lines.append(f"batch norm: {result['batch_norm']}")
    seed = "unknown" if result.get("seed") is None else result["seed"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    lines.append(f"seed: {seed}, of the split {result.get('split_seed', 'unknown')}; {versions}")
    if "chosen" in result:
        lines.append(f"checkpoint: {result['chosen']}")
    lines.append(str(result["selection"]))
    return lines
