"""Print the checkpoints at the end of `fit`, and write what it took."""

import sys
import time
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer

from action_rec.console.writing import write_json

FIT_FILE = "fit.json"


class FitReport(Callback):
    """Prints the checkpoints at the end of a fit, and how to continue after Ctrl-C.

    It also writes `FIT_FILE` into the folder of the run: the network and its parameters, the
    optimizer steps so far, and the time of this fit with its validations. A resumed fit counts its
    own part of the time.
    """

    def __init__(self) -> None:
        self._trained = False
        self._start = (0.0, 0.0)

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Note the time."""
        self._start = (time.perf_counter(), time.process_time())

    def on_train_batch_end(self, *_: object) -> None:
        """Note that a step was taken."""
        self._trained = True

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print the checkpoints, and write the file."""
        folder = trainer.log_dir  # asks all ranks
        if not trainer.is_global_zero:
            return
        if folder is not None and not getattr(trainer, "fast_dev_run", False):
            write_json(Path(folder) / FIT_FILE, self._describe(trainer, pl_module))
        if not self._trained:
            print(
                f"nothing left to train: the run had ended at step {trainer.global_step}; raise "
                "--trainer.max_epochs or --trainer.max_steps to continue",
                file=sys.stderr,
            )
        for callback in trainer.checkpoint_callbacks:
            path = getattr(callback, "best_model_path", "")
            monitor = getattr(callback, "monitor", None)
            score = getattr(callback, "best_model_score", None)
            if monitor and score is not None:
                print(f"best checkpoint by {monitor} ({float(score):#.4g}): {path}")
            elif monitor:
                print(f"no best checkpoint: {monitor} was not measured before the run ended")
            elif path:
                print(f"last checkpoint: {path}")

    def _describe(self, trainer: Trainer, module: LightningModule) -> dict[str, Any]:
        network = getattr(module, "network", module)
        return {
            "network": getattr(network, "title", type(network).__name__),
            "parameters": sum(parameter.numel() for parameter in network.parameters()),
            "steps": trainer.global_step,
            "seconds": round(time.perf_counter() - self._start[0], 1),
            "processor_seconds": round(time.process_time() - self._start[1], 1),
        }

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """After Ctrl-C, print how to continue."""
        if isinstance(exception, KeyboardInterrupt) and trainer.is_global_zero:
            paths = [getattr(c, "best_model_path", "") for c in trainer.checkpoint_callbacks]
            last = next((path for path in paths if Path(path).name == "last.ckpt"), None)
            where = f"continue with --ckpt_path {last}" if last else "no checkpoint was saved"
            print(f"interrupted at step {trainer.global_step}: {where}", file=sys.stderr)
