"""Callbacks that set the length of a fit from the size of train and print how long it takes."""

import sys
from math import ceil, isfinite
from time import perf_counter

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm
from lightning.pytorch.utilities import rank_zero_info

from action_rec.errors import InputError

_FIRST_STEPS = 10  # not measured: caches, compilation
_MEASURED_STEPS, _MEASURED_SECONDS = 20, 5.0


class RunLength(Callback):
    """Sets the epochs of a fit from the steps that an epoch has, and how often it is validated.

    A fit has `epochs` epochs, but at least `min_steps` and at most `max_steps` optimizer steps,
    rounded to whole epochs. `trainer.max_epochs` or `trainer.max_steps` in the config take
    precedence; the config of a fit that this callback controls has ``max_epochs: -1``.

    Args:
        epochs: Epochs of a fit within the bounds.
        min_steps: Lower bound, for small data sets.
        max_steps: Upper bound, for large data sets.
        validations: Number of validations, evenly spaced, the last after the last step; fewer if
            there are fewer epochs.

    Raises:
        InputError: A number is below 1, or the bounds are exchanged.
    """

    def __init__(self, epochs: int, min_steps: int, max_steps: int, validations: int) -> None:
        if min(epochs, min_steps, validations) < 1 or max_steps < min_steps:
            raise InputError(
                "RunLength needs epochs, min_steps and validations of at least 1 and max_steps of "
                f"at least min_steps, got {epochs}, {min_steps}, {validations} and {max_steps}"
            )
        self.epochs = epochs
        self.min_steps = min_steps
        self.max_steps = max_steps
        self.validations = validations

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Set the length, before the learning rate schedule asks for it; print it and the val."""
        if stage != "fit":
            return
        data = trainer.datamodule  # type: ignore[attr-defined]
        if (selection := getattr(data, "selection", None)) is not None:
            rank_zero_info(selection)
        if trainer.max_epochs != -1 or trainer.max_steps != -1:
            return
        steps = ceil(len(data.train_dataloader()) / trainer.accumulate_grad_batches)
        epochs, every = self.schedule(steps)
        trainer.fit_loop.max_epochs = epochs
        trainer.check_val_every_n_epoch = every
        rank_zero_info(
            f"length: {epochs:,} epochs of {steps:,} steps, {epochs * steps:,} steps in all, with "
            f"a validation every {every:,} epochs"
        )

    def schedule(self, steps_per_epoch: int) -> tuple[int, int]:
        """Return the number of epochs and the epochs from one validation to the next.

        Args:
            steps_per_epoch: Optimizer steps of an epoch.
        """
        least = ceil(self.min_steps / steps_per_epoch)
        most = max(1, self.max_steps // steps_per_epoch)
        epochs = min(max(self.epochs, least), most)
        every = max(1, epochs // self.validations)
        return epochs - epochs % every, every


class TimeEstimate(Callback):
    """Prints once how long a fit will take, measured on its own first steps.

    A fit that ends within the first few seconds prints nothing.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._start: float | None = None
        self._printed = False

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Count from the first step of this process, also in a resumed fit."""
        self._steps = trainer.global_step + _FIRST_STEPS

    def on_train_batch_end(self, trainer: Trainer, *_: object) -> None:
        """Measure the steps after the first ones; print when there are enough."""
        if self._printed or trainer.global_step < self._steps:
            return
        if self._start is None:
            self._start = perf_counter()
            return
        measured, seconds = trainer.global_step - self._steps, perf_counter() - self._start
        if measured >= _MEASURED_STEPS and seconds >= _MEASURED_SECONDS:
            self._printed = True
            self._print(trainer, seconds / measured)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start again after a validation, which is not a part of the steps."""
        if not self._printed and trainer.state.fn == "fit":
            self._steps, self._start = trainer.global_step + 1, None

    def _print(self, trainer: Trainer, seconds_per_step: float) -> None:
        total = trainer.estimated_stepping_batches
        if not trainer.is_global_zero or not isfinite(total):
            return
        left = int(total) - trainer.global_step
        plus = ", without the validations" if trainer.enable_validation else ""
        Tqdm.write(
            f"about {duration(left * seconds_per_step)} for {left:,} steps at "
            f"{1000 * seconds_per_step:.0f} ms{plus}",
            file=sys.stderr,
        )


def duration(seconds: float) -> str:
    """Return a duration for a message: seconds, minutes or hours with two digits."""
    for unit, size in (("s", 1), ("min", 60)):
        if seconds < 90 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 3600:.1f} h"
