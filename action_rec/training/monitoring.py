"""What a run says of itself: how large its batches are, and that its loss is no number any more."""

from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from action_rec.errors import InputError


class BatchSizeReport(Callback):
    """Says at the start of a fit how many sequences an optimizer step takes."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Say it, where it is not what the config says."""
        each = getattr(trainer.datamodule, "batch_size", None)  # type: ignore[attr-defined]
        devices, batches = trainer.world_size, trainer.accumulate_grad_batches
        if each is not None and devices * batches > 1:
            rank_zero_info(
                f"effective batch size: {each * devices * batches} sequences a step "
                f"({each} per device x {devices} devices x {batches} accumulated batches)"
            )


class StopOnNaN(Callback):
    """Ends a fit whose loss has become infinite or no number.

    On the CPU it ends before the step. On a GPU the host must not wait for every loss: what went
    wrong is noted there and read every so many batches, and before anything is saved.

    Args:
        every_n_batches: Batches after which a GPU's note is read.
    """

    def __init__(self, every_n_batches: int = 50) -> None:
        self.every_n_batches = every_n_batches
        self._batches = 0
        self._weights: list[Tensor] = []
        self._first: Tensor | None = None  # its step, -1 if there is none, and the largest |u|

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Find the recurrent weights, whose size is told."""
        self._weights = [p for name, p in pl_module.named_parameters() if name.endswith(".u")]

    def on_before_backward(
        self, trainer: Trainer, pl_module: LightningModule, loss: Tensor
    ) -> None:
        """Look at a loss."""
        loss = loss.detach().float()
        here = torch.stack(
            (torch.full_like(loss, trainer.global_step), _largest(self._weights, loss))
        )
        nothing = torch.full_like(here, -1) if self._first is None else self._first
        is_first = ~loss.isfinite() & (nothing[0] < 0)
        self._first = here.where(is_first, nothing)
        self._batches += 1
        if loss.device.type == "cpu" or self._batches % self.every_n_batches == 0:
            self._check(trainer)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look before a checkpoint is chosen."""
        self._check(trainer)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Look before one is written."""
        self._check(trainer)

    def _check(self, trainer: Trainer) -> None:
        if self._first is None:
            return
        step, largest = self._first.tolist()
        if step < 0:
            return
        self._first = None
        rate = max(group["lr"] for one in trainer.optimizers for group in one.param_groups)
        raise InputError(
            f"the loss was infinite or no number (NaN) at step {step:.0f}, where the learning rate "
            f"was {rate:.3g} and the largest |u| was {largest:.4g}; go on from a checkpoint with a "
            "lower learning rate, with gradient clipping or in 32-bit precision, and look for "
            "numbers out of range in the store"
        )


def _largest(weights: list[Tensor], like: Tensor) -> Tensor:
    """The largest |u| of all recurrent layers, 0 without any, as a scalar."""
    if not weights:
        return torch.zeros_like(like)
    return torch.cat([weight.detach().flatten() for weight in weights]).abs().max().to(like)
