"""What `fit` ends with: where the checkpoints are, and how to go on."""

import sys
from pathlib import Path

from lightning import Callback, LightningModule, Trainer


class FitReport(Callback):
    """Says at the end of a fit where its checkpoints are, and after Ctrl-C how to go on."""

    def __init__(self) -> None:
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
                print(f"best checkpoint by {monitor} ({float(score):#.4g}): {path}")
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
