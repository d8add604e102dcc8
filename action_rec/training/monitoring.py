"""Callbacks that log the effective batch size and stop on a NaN loss."""

from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from action_rec.errors import InputError


class BatchSizeReport(Callback):
    """Logs at the start of a fit how many sequences an optimizer step uses."""

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the effective batch size if it differs from the batch size of the config."""
        each = getattr(trainer.datamodule, "batch_size", None)  # type: ignore[attr-defined]
        devices, batches = trainer.world_size, trainer.accumulate_grad_batches
        if each is not None and devices * batches > 1:
            rank_zero_info(
                f"effective batch size: {each * devices * batches} sequences a step "
                f"({each} per device x {devices} devices x {batches} accumulated batches)"
            )


class StopOnNaN(Callback):
    """Stops a fit whose loss is infinite or NaN.

    On a CPU it stops before the optimizer step. On a GPU, reading every loss would make the host
    wait; the first bad step is recorded on the device and read every `every_n_batches` batches and
    before each checkpoint.

    Args:
        every_n_batches: Batches between two reads on a GPU.
    """

    def __init__(self, every_n_batches: int = 50) -> None:
        self.every_n_batches = every_n_batches
        self._batches = 0
        self._weights: list[Tensor] = []
        self._first: Tensor | None = None  # its step, -1 if there is none, and the largest |u|

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Collect the recurrent weights, for the error message."""
        self._weights = [p for name, p in pl_module.named_parameters() if name.endswith(".u")]

    def on_before_backward(
        self, trainer: Trainer, pl_module: LightningModule, loss: Tensor
    ) -> None:
        """Check a loss."""
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
        """Check before a checkpoint is selected."""
        self._check(trainer)

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Check before a checkpoint is written."""
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
            f"the loss was infinite or NaN at step {step:.0f} (learning rate {rate:.3g}, largest "
            f"|u| {largest:.4g}); continue from a checkpoint with a lower learning rate, gradient "
            "clipping or 32-bit precision, and check the store for values out of range"
        )


def _largest(weights: list[Tensor], like: Tensor) -> Tensor:
    """Return the largest |u| of all recurrent layers as a scalar; 0 without such layers."""
    if not weights:
        return torch.zeros_like(like)
    return torch.cat([weight.detach().flatten() for weight in weights]).abs().max().to(like)
