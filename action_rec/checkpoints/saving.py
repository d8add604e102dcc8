"""When checkpoints are written: the best of val, and the last to go on from."""

import os
import shutil
from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from action_rec.checkpoints.signals import StopSignals, leave
from action_rec.errors import InputError

# Not at the end of the epoch, as Lightning would: a signal may end the run before it, and a run
# that is counted in steps leaves out an epoch when it is resumed from there.
_SAVING: dict[str, Any] = {"enable_version_counter": False, "save_on_train_epoch_end": False}


class BestCheckpoint(ModelCheckpoint):
    """Keeps the checkpoint of the best validation as ``best.ckpt``, also across an interruption.

    A resumed run has a folder of its own. The best checkpoint so far is copied into it, so that
    one which is worse does not take its name.

    Args:
        monitor: The metric watched.
        mode: Whether it is better when it is larger (``max``) or smaller (``min``).
    """

    def __init__(self, monitor: str = "val/accuracy", mode: str = "max") -> None:
        super().__init__(filename="best", monitor=monitor, mode=mode, **_SAVING)
        self._trainer: Trainer | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Resolve the folder, and remember whether this is for training."""
        super().setup(trainer, pl_module, stage)
        self._trainer = trainer if stage == "fit" else None

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the best score so far, and its checkpoint."""
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

    def _update_best_and_save(
        self, current: torch.Tensor, trainer: Trainer, monitor_candidates: dict[str, torch.Tensor]
    ) -> None:
        before = {**self.state_dict(), "best_k_models": dict(self.best_k_models)}
        super()._update_best_and_save(current, trainer, monitor_candidates)
        failed = getattr(trainer.strategy.checkpoint_io, "failed", False)
        if trainer.strategy.broadcast(failed):  # only rank 0 writes
            super().load_state_dict(before)  # what is best is what lies on the disk


class LastCheckpoint(ModelCheckpoint):
    """Keeps the state to go on from as ``last.ckpt``, and the one before it as ``previous.ckpt``.

    It is saved after every validation, or every epoch without one, at the end, and when SIGTERM or
    SIGUSR1 ask the run to stop.

    Args:
        every_n_train_steps: Optimizer steps after which it is saved between validations, too; 0
            for not at all.
    """

    def __init__(self, every_n_train_steps: int = 0) -> None:
        if every_n_train_steps < 0:
            raise InputError(f"every_n_train_steps must be at least 0, got {every_n_train_steps}")
        super().__init__(filename="last", **_SAVING)
        self._steps = every_n_train_steps
        self._signals = StopSignals()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Watch for signals; do not save again what was resumed from."""
        super().on_train_start(trainer, pl_module)
        self._last_global_step_saved = trainer.global_step
        self._signals.watch(trainer)

    def on_train_batch_end(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Save where that is due: from here the epoch can be resumed in its middle."""
        super().on_train_batch_end(trainer, *args, **kwargs)
        loop = trainer.fit_loop.epoch_loop
        if loop._should_accumulate():
            return  # gradients are not part of a checkpoint
        asked = self._signals.received()
        # A run resumed from here would leave out a validation that is due: it is saved after that.
        if not loop._should_check_val_fx(trainer.fit_loop._data_fetcher):  # type: ignore[arg-type]
            step = trainer.global_step
            due = self._steps and step % self._steps == 0
            if due or asked or step == trainer.max_steps or loop.batch_progress.is_last_batch:
                self._save(trainer)
            if asked:
                leave(trainer, asked, self.best_model_path)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save, then stop if that was asked for."""
        super().on_validation_end(trainer, pl_module)
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            asked = self._signals.received()
            if asked:
                self._save(trainer)
                leave(trainer, asked, self.best_model_path)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save what was trained since the last validation."""
        super().on_train_end(trainer, pl_module)
        self._save(trainer)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Start in the new run's folder, without the old one's."""

    def _save(self, trainer: Trainer) -> None:
        if self._last_global_step_saved != trainer.global_step and not trainer.fast_dev_run:  # type: ignore[attr-defined]
            self._save_none_monitor_checkpoint(trainer, self._monitor_candidates(trainer))

    def _save_checkpoint(self, trainer: Trainer, filepath: str) -> None:
        if trainer.is_global_zero and Path(filepath).is_file():
            _give_name(Path(filepath), Path(filepath).with_name("previous.ckpt"))
        super()._save_checkpoint(trainer, filepath)


def _give_name(checkpoint: Path, name: Path) -> None:
    """Keep a checkpoint under a second name, also when another one takes the first."""
    partial = name.with_name(f"{name.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.link(checkpoint, partial)  # takes no room
    except OSError:  # a file system without links, or another one
        shutil.copy2(checkpoint, partial)
    partial.replace(name)
    partial.unlink(missing_ok=True)  # is still there where both names were of one file
