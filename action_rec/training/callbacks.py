"""Callbacks for training: the plateau schedule of the papers, seeds, histograms of u."""

import os
from copy import deepcopy
from typing import Any, Literal

import numpy as np
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_info

from action_rec.errors import InputError


class SeedEachStep(Callback):
    """Seeds torch before every training step from the run's seed, the step and the rank.

    Dropout masks then depend on the step alone, so a resumed run repeats those of an uninterrupted
    run. Does nothing if no seed was set.
    """

    def on_train_batch_start(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        batch: Any,  # noqa: ANN401
        batch_idx: int,
    ) -> None:
        """Seed all devices."""
        seed = os.environ.get("PL_GLOBAL_SEED")
        if seed is None:
            return
        entropy = (int(seed), trainer.global_rank, trainer.global_step, batch_idx)
        torch.manual_seed(int(np.random.SeedSequence(entropy).generate_state(1, np.uint64)[0]))


class PlateauRestart(Callback):
    """The learning-rate schedule of the IndRNN papers (arXiv 1910.06251, the authors' code).

    After `patience` validations without improvement, the weights and the optimizer of the best
    validation are restored and the learning rate is multiplied by `factor`. Training stops after
    `stages` stages, with the best weights restored.

    Args:
        monitor: The metric to monitor.
        mode: ``max`` if larger values are better, ``min`` if smaller values are.
        patience: Validations without improvement that end a stage.
        factor: Factor of the learning rate at the end of a stage.
        stages: Number of stages, i.e. of learning rates.
    """

    def __init__(
        self,
        monitor: str = "val/accuracy",
        mode: Literal["min", "max"] = "max",
        patience: int = 100,
        factor: float = 0.1,
        stages: int = 3,
    ) -> None:
        self.monitor = monitor
        self.sign = 1 if mode == "max" else -1
        self.patience = patience
        self.factor = factor
        self.stages = stages
        self.stage = 0
        self.waited = 0
        self.best_score = -float("inf")
        self.best: dict[str, Any] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop at once if a resumed run has completed its stages."""
        if self.stage >= self.stages:
            trainer.should_stop = True

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save the best state, or return to it at the end of a stage."""
        if trainer.sanity_checking or trainer.state.fn != "fit":
            return
        score = self.sign * self._score(trainer)
        if score > self.best_score:
            self.best_score, self.waited = score, 0
            self.best = {
                "network": _to_cpu(pl_module.state_dict()),
                "optimizer": _to_cpu(trainer.optimizers[0].state_dict()),
            }
            return
        self.waited += 1
        if self.waited >= self.patience:
            self._end_stage(trainer, pl_module)

    def _score(self, trainer: Trainer) -> float:
        if self.monitor not in trainer.callback_metrics:
            known = ", ".join(sorted(trainer.callback_metrics))
            raise InputError(
                f"PlateauRestart monitors '{self.monitor}', which is not logged; use one of {known}"
            )
        return float(trainer.callback_metrics[self.monitor])

    def _end_stage(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.stage += 1
        self.waited = 0
        optimizer = trainer.optimizers[0]
        rates = [group["lr"] * self.factor for group in optimizer.param_groups]
        if self.best:
            pl_module.load_state_dict(self.best["network"])
            optimizer.load_state_dict(deepcopy(self.best["optimizer"]))
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        trainer.should_stop = self.stage >= self.stages
        rank_zero_info(
            f"stage {self.stage} of {self.stages} ended at step {trainer.global_step}: restored "
            f"the best weights ({self.monitor} {self.sign * self.best_score:#.4g}), "
            + ("training stops" if trainer.should_stop else f"learning rate {rates[0]:.3g}")
        )

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a checkpoint."""
        return {
            "stage": self.stage,
            "waited": self.waited,
            "best_score": self.best_score,
            "best": self.best,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the state of a checkpoint."""
        self.stage = state_dict["stage"]
        self.waited = state_dict["waited"]
        self.best_score = state_dict["best_score"]
        self.best = state_dict["best"]


class RecurrentWeightHistograms(Callback):
    """Logs a histogram of u per recurrent layer to W&B after every validation.

    Args:
        histogram: Class of the logged object, built from the u of a layer: ``wandb.Histogram``.
            It is named in the config because this package does not import wandb.
    """

    def __init__(self, histogram: type[Any]) -> None:
        self.histogram = histogram

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log every parameter named u."""
        if trainer.sanity_checking or trainer.state.fn != "fit":
            return
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                weights = {
                    f"u/{name.removeprefix('network.').removesuffix('.u')}": self.histogram(
                        parameter.tolist()
                    )
                    for name, parameter in pl_module.named_parameters()
                    if name.endswith(".u")
                }
                logger.log_metrics(weights, step=trainer.global_step)


def _to_cpu(state: Any) -> Any:  # noqa: ANN401 (a tree of dicts, lists and tensors)
    if isinstance(state, torch.Tensor):
        return state.detach().cpu().clone()
    if isinstance(state, dict):
        return {key: _to_cpu(value) for key, value in state.items()}
    if isinstance(state, list):
        return [_to_cpu(value) for value in state]
    return state
