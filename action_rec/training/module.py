"""What every LightningModule here shares: hyper-parameters, optimizer, schedule, checkpoints."""

import inspect
import warnings
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Literal

from lightning import LightningModule
from lightning.pytorch.cli import OptimizerCallable
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from action_rec.errors import InputError

Schedule = Literal["constant", "one_cycle"]


class TrainingModule(LightningModule):
    """Trains a network, keeps u within its bounds and refuses checkpoints of another network.

    A subclass calls ``super().__init__`` first, then `keep_hyperparameters`.

    Args:
        network: The network.
        optimizer: Called with the parameter groups. Its weight decay applies to the weights of
            linear layers alone: not to the recurrent weights u, biases and batch norm.
        schedule: The learning rate over a run: ``constant``, or ``one_cycle``: up to that of
            the optimizer in the first 30 % of the steps and down to nearly 0 at the last, by
            cosines (Smith and Topin, arXiv 1708.07120).
        recurrent_lr_factor: The learning rate of u over that of all else. A step of size s changes
            what u keeps over T steps by up to e^(s T): long sequences want it below 1.

    Raises:
        InputError: The factor is not above 0.
    """

    free_arguments: ClassVar[set[str]] = {"dropout"}  # those of the network a run may change

    def __init__(
        self,
        network: nn.Module,
        optimizer: OptimizerCallable,
        schedule: Schedule,
        recurrent_lr_factor: float,
    ) -> None:
        super().__init__()
        if not recurrent_lr_factor > 0:
            raise InputError(f"recurrent_lr_factor must be above 0, got {recurrent_lr_factor}")
        self.network = network
        self.optimizer = optimizer
        self.schedule = schedule
        self.recurrent_lr_factor = recurrent_lr_factor
        self._cycle_steps: int | None = None

    def keep_hyperparameters(self) -> None:
        """Keep the arguments of the caller, a subclass's ``__init__``, in checkpoints."""
        here = inspect.currentframe()
        caller = here.f_back if here else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that a module is among them: see below
            self.save_hyperparameters(frame=caller)
        if isinstance(self.hparams["network"], nn.Module):
            # Built by Python and not from a config: there is no description to keep, and objects
            # would make the checkpoint unreadable as plain data.
            self.save_hyperparameters(ignore=["network", "optimizer"], frame=caller)

    def configure_optimizers(self) -> Optimizer | OptimizerLRSchedulerConfig:
        """Give the optimizer two parameter groups, with its weight decay and without.

        u has a third where its learning rate is another one.
        """
        matrices: list[nn.Parameter] = []
        vectors: list[nn.Parameter] = []
        recurrent: list[nn.Parameter] = []
        for name, parameter in self.network.named_parameters():
            apart = self.recurrent_lr_factor != 1 and name.endswith(".u")
            (matrices if parameter.ndim >= 2 else recurrent if apart else vectors).append(parameter)
        groups: list[dict[str, Any]] = [
            {"params": matrices},
            {"params": vectors, "weight_decay": 0.0},
        ]
        if recurrent:
            groups.append({"params": recurrent, "weight_decay": 0.0})
        optimizer = self.optimizer(groups)
        if recurrent:
            optimizer.param_groups[-1]["lr"] *= self.recurrent_lr_factor
        if self.schedule == "constant":
            return optimizer
        rates = [group["lr"] for group in optimizer.param_groups]
        steps = int(self.trainer.estimated_stepping_batches)
        # To count, Lightning set up the loader. It passes by that step later on, and with it the
        # place in the epoch that a checkpoint holds, unless the loader is unknown again.
        self.trainer.fit_loop._combined_loader = None
        self._cycle_steps = steps
        # Momentum stays as the optimizer has it: the schedule is one of the learning rate alone.
        cycle = OneCycleLR(optimizer, rates, total_steps=steps, cycle_momentum=False)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (Lightning's hook)
        """Step, then bring every recurrent weight back within its bound."""
        super().optimizer_step(*args, **kwargs)
        for clamp in self._clamps:
            clamp()

    @cached_property
    def _clamps(self) -> list[Callable[[], None]]:
        # Found once: walking over a deep network at every step would keep a GPU waiting.
        name = "clamp_recurrent_weight"
        return [getattr(m, name) for m in self.network.modules() if hasattr(m, name)]

    def on_train_start(self) -> None:
        """Refuse to go on with a cycle of the learning rate that has another length.

        Raises:
            InputError: The checkpoint's has.
        """
        if self._cycle_steps is None:
            return
        cycle = self.lr_schedulers()
        begun: int = cycle.total_steps  # type: ignore[union-attr]  # as the checkpoint has it
        if begun != self._cycle_steps:
            raise InputError(
                f"the checkpoint is of a run of {begun} steps on one cycle of the learning rate, "
                f"but this one would have {self._cycle_steps}; go on with the trainer.max_epochs "
                "or max_steps, data.batch_size, number of devices and accumulated batches that it "
                "was started with"
            )

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another network.

        Raises:
            InputError: Names or shapes of its weights differ, or its arguments in the config.
        """
        own = {name: tuple(value.shape) for name, value in self.state_dict().items()}
        theirs = {name: tuple(value.shape) for name, value in checkpoint["state_dict"].items()}
        settings = self._settings(checkpoint.get("hyper_parameters", {}))
        own |= self._settings(self.hparams) if settings else {}
        theirs |= settings if "network" in self.hparams else {}
        differing = sorted(n for n in own.keys() | theirs.keys() if own.get(n) != theirs.get(n))
        if differing:
            name = differing[0]
            raise InputError(
                f"the checkpoint is of another network or another shape of inputs: {name} is "
                f"{theirs.get(name, 'absent')} there and {own.get(name, 'absent')} in this config; "
                "use the config that it was trained with, config.yaml in the folder of its run"
            )

    def _settings(self, hparams: Mapping[str, Any]) -> dict[str, Any]:
        """What describes a network beside its shapes."""
        network = hparams.get("network")
        if not isinstance(network, dict):
            return {}
        arguments = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in network.get("init_args", {}).items()
            if key not in self.free_arguments
        }
        return {"class_path": network.get("class_path"), **arguments}
