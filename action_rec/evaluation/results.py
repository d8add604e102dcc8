"""Results as a table on stdout and as a file in the run's folder."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from action_rec import __version__
from action_rec.errors import InputError

TOP_K = 5

_COLUMNS = {
    "network": "network",
    "parameters": "parameters",
    "benchmark": "benchmark",
    "split": "split",
    "sequences": "sequences",
    "clips": "clips",
    "accuracy": "top-1 %",
    "accuracy_top5": "top-5 %",
}


class ResultsWriter(Callback):
    """Prints and writes what fit, validate, test and predict end with."""

    def __init__(self) -> None:
        self._rows: list[list[object]] = []
        self._evaluated = 0
        self._trained = False

    def on_train_batch_end(self, *_: object) -> None:
        """Remember that something was trained."""
        self._trained = True

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say where the checkpoints are."""
        if not trainer.is_global_zero:
            return
        if not self._trained:
            print(
                f"nothing was left to train: the run had ended at step {trainer.global_step}; "
                "raise --trainer.max_epochs or --trainer.max_steps to go on"
            )
        for callback in trainer.checkpoint_callbacks:
            path = getattr(callback, "best_model_path", "")
            monitor = getattr(callback, "monitor", None)
            score = getattr(callback, "best_model_score", None)
            if monitor and score is not None:
                print(f"best checkpoint by {monitor} ({float(score):.4f}): {path}")
            elif monitor:
                print(f"no best checkpoint: {monitor} was not measured before the run ended")
            elif path:
                print(f"last checkpoint: {path}")

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """After Ctrl-C, say how to go on."""
        if isinstance(exception, KeyboardInterrupt) and trainer.is_global_zero:
            paths = [getattr(c, "best_model_path", "") for c in trainer.checkpoint_callbacks]
            last = next((path for path in paths if Path(path).name == "last.ckpt"), None)
            where = f"go on with --ckpt_path {last}" if last else "nothing was saved yet"
            print(f"interrupted at step {trainer.global_step}: {where}", file=sys.stderr)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count from zero."""
        self._evaluated = 0

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count from zero."""
        self._evaluated = 0

    def on_validation_batch_end(self, *arguments: Any, **_: Any) -> None:  # noqa: ANN401
        """Count the sequences of a batch."""
        self._evaluated += len(arguments[3].label)

    def on_test_batch_end(self, *arguments: Any, **_: Any) -> None:  # noqa: ANN401
        """Count the sequences of a batch."""
        self._evaluated += len(arguments[3].label)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report `validate`; the validations of `fit` go to the loggers."""
        if trainer.state.fn == "validate":
            self._report(trainer, pl_module, "val")

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report `test`."""
        self._report(trainer, pl_module, "test")

    def on_predict_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Forget the rows of an earlier prediction."""
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
        """Keep the likeliest classes of each sequence."""
        self._rows += _prediction_rows(trainer.datamodule.store, *outputs)  # type: ignore[attr-defined]

    def on_predict_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write one line per sequence."""
        # Every rank predicts its own sequences and writes its own file.
        part = f"_rank{trainer.global_rank}" if trainer.world_size > 1 else ""
        path = _folder(trainer) / f"predictions{part}.csv"
        top = [f"{column}_{k + 1}" for k in range(TOP_K) for column in ("class", "probability")]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["sequence", "truth", *top][: len(self._rows[0])])
            writer.writerows(self._rows)
        right = sum(row[1] == row[2] for row in self._rows)
        print(f"{len(self._rows)} sequences predicted, {right} as labelled: {path}")

    def _report(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        counted = torch.tensor(self._evaluated, device=pl_module.device)
        evaluated = int(trainer.strategy.reduce(counted, reduce_op="sum"))
        if not trainer.is_global_zero:
            return
        result = _result(trainer, pl_module, stage, evaluated)
        path = _folder(trainer) / f"{stage}_results.json"
        path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        print_results([result])
        print(f"{result['selection']}\nresults: {path}")


def print_results(results: list[dict[str, Any]]) -> None:
    """Print results as one table on stdout."""
    table = Table(title=f"action_rec {__version__}")
    for heading in _COLUMNS.values():
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for result in results:
        table.add_row(*(_cell(key, result[key]) for key in _COLUMNS))
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _cell(key: str, value: object) -> str:
    if isinstance(value, float):
        return f"{100 * value:.2f}"
    return f"{value:,}" if key == "parameters" else str(value)


def _result(
    trainer: Trainer, pl_module: LightningModule, stage: str, evaluated: int
) -> dict[str, Any]:
    data = trainer.datamodule  # type: ignore[attr-defined]
    split = data.test_split if stage == "test" else "val"
    metrics = {
        key.removeprefix(f"{stage}/"): float(value)
        for key, value in trainer.callback_metrics.items()
        if key.startswith(f"{stage}/")
    }
    network: nn.Module = pl_module.network  # type: ignore[assignment]
    return {
        "network": getattr(network, "title", type(network).__name__),
        "parameters": sum(p.numel() for p in network.parameters()),
        "dataset": data.store.dataset,
        "benchmark": data.benchmark,
        "split": split,
        "sequences": evaluated,
        "clips": data.num_test_clips if stage == "test" else data.num_val_clips,
        **metrics,
        "checkpoint": str(trainer.ckpt_path or ""),
        "selection": data.selection,
        "store": str(data.store.path),
        "versions": {"action_rec": __version__, "torch": torch.__version__},
    }


def _prediction_rows(store: Any, sequences: Tensor, probabilities: Tensor) -> list[list[object]]:  # noqa: ANN401
    top = probabilities.topk(min(TOP_K, probabilities.shape[1]))
    rows: list[list[object]] = []
    for index, values, classes in zip(
        sequences.tolist(), top.values.tolist(), top.indices.tolist(), strict=True
    ):
        row: list[object] = [store.names[index], store.class_names[store.label[index]]]
        for label, value in zip(classes, values, strict=True):
            row += [store.class_names[label], f"{value:.4f}"]
        rows.append(row)
    return rows


def _folder(trainer: Trainer) -> Path:
    folder = Path(trainer.log_dir or trainer.default_root_dir)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def results(paths: list[Path]) -> None:
    """Print several results as one table, and where each comes from.

    Raises:
        InputError: A file is no results file.
    """
    read = [_read(path) for path in paths]
    print_results(read)
    for path, result in zip(paths, read, strict=True):
        print(f"{result['network']}: {path}, from {result['checkpoint']}")


def _read(path: Path) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        [result[key] for key in (*_COLUMNS, "checkpoint")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} cannot be read as a results file ({error}); give the .json files that "
            "'python -m action_rec test' wrote"
        ) from error
    return result
