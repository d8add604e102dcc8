"""The results of `predict --config`: the most likely classes of every test sequence."""

import csv
from typing import Any

from lightning import Callback, LightningModule, Trainer
from torch import Tensor

from action_rec.evaluation.gathering import gather
from action_rec.evaluation.metrics import TOP_K
from action_rec.store.reader import Store
from action_rec.training.run_folder import run_folder


class PredictionWriter(Callback):
    """Writes the most likely classes of each predicted sequence."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remove the rows of an earlier prediction."""
        self._rows = []

    def on_predict_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ANN401 (what predict_step returns)
        batch: Any,  # noqa: ANN401
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the most likely classes of each sequence."""
        self._rows += _rows(trainer.datamodule.store, *outputs)  # type: ignore[attr-defined]

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write one line per sequence."""
        rows = sorted(gather(self._rows))  # by name, as stores are
        path = run_folder(trainer) / "predictions.csv"  # asks rank 0: all ranks must take part
        if not trainer.is_global_zero:
            return
        top = [f"{column}_{k + 1}" for k in range(TOP_K) for column in ("class", "probability")]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["sequence", "truth", *top][: len(rows[0])])
            writer.writerows(rows)
        right = sum(row[1] == row[2] for row in rows)
        print(f"{len(rows)} sequences predicted, {right} as labelled: {path}")


def _rows(store: Store, sequences: Tensor, probabilities: Tensor) -> list[list[str]]:
    top = probabilities.topk(min(TOP_K, probabilities.shape[1]))
    rows: list[list[str]] = []
    for index, values, classes in zip(
        sequences.tolist(), top.values.tolist(), top.indices.tolist(), strict=True
    ):
        row = [str(store.names[index]), store.class_names[store.label[index]]]
        for label, value in zip(classes, values, strict=True):
            row += [store.class_names[label], f"{value:.4f}"]
        rows.append(row)
    return rows
