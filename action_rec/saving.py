"""When checkpoints are written: the best of val, and the last to go on from."""

import shutil
from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint


class BestCheckpoint(ModelCheckpoint):
    """Keeps the checkpoint of the best validation as ``best.ckpt``, also across an interruption.

    A resumed run has a folder of its own. The best checkpoint so far is copied into it, so that
    one which is worse does not take its name.

    Args:
        monitor: The metric watched.
        mode: Whether it is better when it is larger (``max``) or smaller (``min``).
    """

    def __init__(self, monitor: str = "val/accuracy", mode: str = "max") -> None:
        super().__init__(filename="best", monitor=monitor, mode=mode, enable_version_counter=False)
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
            shutil.copy2(before, here)
        moved = {
            "dirpath": self.dirpath,
            "best_model_path": str(here),
            "kth_best_model_path": str(here),
            "best_k_models": {str(here): state_dict["best_model_score"]},
        }
        super().load_state_dict({**state_dict, **moved})


class LastCheckpoint(ModelCheckpoint):
    """Keeps the state after the last validation, and at the end, as ``last.ckpt``."""

    def __init__(self) -> None:
        super().__init__(filename="last", enable_version_counter=False)

    def on_train_batch_end(self, trainer: Trainer, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Save at the last step: from here the epoch can be resumed in its middle."""
        super().on_train_batch_end(trainer, *args, **kwargs)
        if trainer.global_step == trainer.max_steps:
            self._save(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save what was trained since the last validation."""
        super().on_train_end(trainer, pl_module)
        self._save(trainer)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Start in the new run's folder, without the old one's."""

    def _save(self, trainer: Trainer) -> None:
        if self._last_global_step_saved != trainer.global_step and not trainer.fast_dev_run:  # type: ignore[attr-defined]
            self._save_none_monitor_checkpoint(trainer, self._monitor_candidates(trainer))
