"""Print the checkpoints at the end of `fit`."""

import sys
from pathlib import Path

from lightning import Callback, LightningModule, Trainer


class FitReport(Callback):
    """Prints the checkpoints at the end of a fit, and how to continue after Ctrl-C."""

    def __init__(self) -> None:
        self._trained = False

    def on_train_batch_end(self, *_: object) -> None:
        """Note that a step was taken."""
        self._trained = True

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Print the checkpoints."""
        if not trainer.is_global_zero:
            return
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

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """After Ctrl-C, print how to continue."""
        if isinstance(exception, KeyboardInterrupt) and trainer.is_global_zero:
            paths = [getattr(c, "best_model_path", "") for c in trainer.checkpoint_callbacks]
            last = next((path for path in paths if Path(path).name == "last.ckpt"), None)
            where = f"continue with --ckpt_path {last}" if last else "no checkpoint was saved"
            print(f"interrupted at step {trainer.global_step}: {where}", file=sys.stderr)
