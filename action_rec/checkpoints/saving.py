"""Callbacks that save the best checkpoint of val and the last one, from which a run resumes."""

import os
import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from action_rec.checkpoints.pacing import Pace
from action_rec.checkpoints.signals import StopSignals, leave
from action_rec.errors import InputError

# Lightning would save at the end of an epoch. A signal may end the run before that, and a run
# with max_steps would skip an epoch when it is resumed from there.
_SAVING: dict[str, Any] = {"enable_version_counter": False, "save_on_train_epoch_end": False}


_TIE_METRIC = "val/loss"


class BestCheckpoint(ModelCheckpoint):
    """Keeps the checkpoint of the best validation as ``best.ckpt``, also when a run is resumed.

    Of validations with the same value, the one with the lower ``val/loss`` is better; where that is
    the same too, or not logged, the later one is better.

    A resumed run has its own folder. The best checkpoint so far is copied into it, so that a worse
    one does not replace it.

    Args:
        monitor: The metric that is compared.
        mode: Whether larger (``max``) or smaller (``min``) values are better.
        min_seconds: Seconds between two writes at least; 0 for no limit. A better validation before
            that is copied in memory, and written when it is due, before `LastCheckpoint` writes a
            later state, or at the end of the run. After a kill, the two files belong together.

    Raises:
        InputError: The seconds are negative, infinite or NaN.
    """

    def __init__(
        self, monitor: str = "val/accuracy", mode: str = "max", min_seconds: float = 0.0
    ) -> None:
        super().__init__(filename="best", monitor=monitor, mode=mode, **_SAVING)
        self._trainer: Trainer | None = None
        self._tie_score: float | None = None
        self._pace = Pace(min_seconds)
        self._put_off: tuple[str, dict[str, Any]] | None = None  # a path, and what belongs there
        self._on_disk: dict[str, Any] = {}  # the state of this callback for what the path holds

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Resolve the folder, and note whether this is a fit."""
        super().setup(trainer, pl_module, stage)
        self._trainer = trainer if stage == "fit" else None

    def check_monitor_top_k(self, trainer: Trainer, current: torch.Tensor | None = None) -> bool:
        """Return whether the last validation is the best so far."""
        if super().check_monitor_top_k(trainer, current):
            return True
        if current is None or self.best_model_score is None or current != self.best_model_score:
            return False
        loss = _tie_score(trainer)
        return loss is None or self._tie_score is None or loss <= self._tie_score

    def state_dict(self) -> dict[str, Any]:
        """Return the best score so far, its loss and the path of its checkpoint."""
        return {**super().state_dict(), "tie_score": self._tie_score}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the best score so far, and copy its checkpoint into this run's folder."""
        before = Path(state_dict["best_model_path"])
        if self._trainer is None or not before.is_file() or self.dirpath is None:
            return
        here = Path(self.dirpath) / before.name
        if here != before and self._trainer.is_global_zero:
            here.parent.mkdir(parents=True, exist_ok=True)
            _give_name(before, here)
        moved = {
            "dirpath": self.dirpath,
            "best_model_path": str(here),
            "kth_best_model_path": str(here),
            "best_k_models": {str(here): state_dict["best_model_score"]},
        }
        super().load_state_dict({**state_dict, **moved})
        self._tie_score = state_dict.get("tie_score")

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save if this was the best validation, or if an earlier one is due."""
        super().on_validation_end(trainer, pl_module)
        if self._put_off is not None and self._pace.due(trainer):
            self.write_put_off(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write what was put off."""
        super().on_train_end(trainer, pl_module)
        self.write_put_off(trainer)

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Write what was put off; other ranks may not get here, so nothing is asked of them."""
        super().on_exception(trainer, pl_module, exception)
        if self._put_off is not None:
            (path, checkpoint), self._put_off = self._put_off, None
            trainer.strategy.save_checkpoint(checkpoint, path)

    def write_put_off(self, trainer: Trainer) -> None:
        """Write the checkpoint that was put off, if there is one; all ranks must call this."""
        if self._put_off is not None:
            (path, checkpoint), self._put_off = self._put_off, None
            trainer.strategy.save_checkpoint(checkpoint, path)
            self._pace.wrote()
            self._check_written(trainer)

    def _update_best_and_save(
        self, current: torch.Tensor, trainer: Trainer, monitor_candidates: dict[str, torch.Tensor]
    ) -> None:
        if self._put_off is None:
            self._on_disk = {**self.state_dict(), "best_k_models": dict(self.best_k_models)}
        self._tie_score = _tie_score(trainer)
        super()._update_best_and_save(current, trainer, monitor_candidates)
        if self._put_off is None:
            self._check_written(trainer)

    def _save_checkpoint(self, trainer: Trainer, filepath: str) -> None:
        if self._pace.due(trainer):
            self._put_off = None
            super()._save_checkpoint(trainer, filepath)
            self._pace.wrote()
            return
        checkpoint = trainer._checkpoint_connector.dump_checkpoint(self.save_weights_only)
        self._put_off = filepath, deepcopy(checkpoint)  # training changes the tensors in place
        self._last_global_step_saved = trainer.global_step

    def _check_written(self, trainer: Trainer) -> None:
        """Return to the state before if the disk was full: the best checkpoint is the one on it."""
        failed = getattr(trainer.strategy.checkpoint_io, "failed", False)
        if trainer.strategy.broadcast(failed):  # only rank 0 writes
            super().load_state_dict(self._on_disk)
            self._tie_score = self._on_disk["tie_score"]


def _tie_score(trainer: Trainer) -> float | None:
    """The loss of the last validation, or None if it was not logged or is NaN."""
    loss = trainer.callback_metrics.get(_TIE_METRIC)
    return None if loss is None or loss.isnan() else float(loss)


class LastCheckpoint(ModelCheckpoint):
    """Keeps the last state of a run as ``last.ckpt``, and the one before as ``previous.ckpt``.

    It is saved after every validation, after every epoch without validation, at the end, and on
    SIGTERM or SIGUSR1.

    Args:
        every_n_train_steps: Optimizer steps between additional saves; 0 for none.
        min_seconds: Seconds after a save in which that of a validation or an epoch is left out; 0
            for none. A run that is killed loses that time more; one that is stopped by a signal or
            ends loses nothing.

    Raises:
        InputError: The number of steps is negative, or the seconds are, or they are not finite.
    """

    def __init__(self, every_n_train_steps: int = 0, min_seconds: float = 0.0) -> None:
        if every_n_train_steps < 0:
            raise InputError(f"every_n_train_steps must be at least 0, got {every_n_train_steps}")
        super().__init__(filename="last", **_SAVING)
        self._steps = every_n_train_steps
        self._pace = Pace(min_seconds)
        self._signals = StopSignals()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Handle signals from here on; do not save again the state that was loaded."""
        super().on_train_start(trainer, pl_module)
        self._last_global_step_saved = trainer.global_step
        self._signals.watch(trainer)

    def on_train_batch_end(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Save if that is due; the loader can resume from here within the epoch."""
        super().on_train_batch_end(trainer, *args, **kwargs)
        loop = trainer.fit_loop.epoch_loop
        if loop._should_accumulate():
            return  # gradients are not part of a checkpoint
        asked = self._signals.received()
        # A run resumed from here would skip a validation that is due, so save after it instead.
        if not loop._should_check_val_fx(trainer.fit_loop._data_fetcher):  # type: ignore[arg-type]
            step = trainer.global_step
            due = asked or step == trainer.max_steps or (self._steps and step % self._steps == 0)
            if due or (loop.batch_progress.is_last_batch and self._is_due(trainer)):
                self._save(trainer)
            if asked:
                leave(trainer, asked, self.best_model_path)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save if that is due; save and stop if a signal was received."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            if self._is_due(trainer):
                super().on_validation_end(trainer, pl_module)
            asked = self._signals.received()
            if asked:
                self._save(trainer)
                leave(trainer, asked, self.best_model_path)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the steps since the last validation."""
        super().on_train_end(trainer, pl_module)
        self._save(trainer)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Ignore the paths of the earlier run: a resumed run writes to its own folder."""

    def _is_due(self, trainer: Trainer) -> bool:
        """Whether to save after a validation or an epoch: always if the run ends with it.

        At the end of the run it would be too late: a longer run could not go on from there.
        """
        last_batch = trainer.fit_loop.epoch_loop.batch_progress.is_last_batch
        last_epoch = trainer.current_epoch + 1 == trainer.max_epochs
        ends = trainer.should_stop or trainer.global_step == trainer.max_steps
        return self._pace.due(trainer, ends or (last_batch and last_epoch))

    def _save(self, trainer: Trainer) -> None:
        if self._last_global_step_saved != trainer.global_step and not trainer.fast_dev_run:  # type: ignore[attr-defined]
            self._save_none_monitor_checkpoint(trainer, self._monitor_candidates(trainer))

    def _save_checkpoint(self, trainer: Trainer, filepath: str) -> None:
        for callback in trainer.checkpoint_callbacks:
            if isinstance(callback, BestCheckpoint):
                callback.write_put_off(trainer)  # this checkpoint says that it was written
        if trainer.is_global_zero and Path(filepath).is_file():
            _give_name(Path(filepath), Path(filepath).with_name("previous.ckpt"))
        super()._save_checkpoint(trainer, filepath)
        self._pace.wrote()


def _give_name(checkpoint: Path, name: Path) -> None:
    """Give a checkpoint a second name, under which it stays when the first is replaced."""
    partial = name.with_name(f"{name.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(checkpoint, partial)  # needs no space
    except OSError:  # no hard links here, or another file system
        shutil.copy2(checkpoint, partial)
    partial.replace(name)
    partial.unlink(missing_ok=True)  # remains if both names were links to one file
