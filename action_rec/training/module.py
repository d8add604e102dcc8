"""Base LightningModule: hyper-parameters, optimizer, learning rate schedule, checkpoint checks."""

import inspect
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, ClassVar, Literal

from lightning import LightningModule
from lightning.pytorch.cli import OptimizerCallable
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from action_rec.errors import InputError

Schedule = Literal["constant", "one_cycle"]

LARGEST_SETTING = 1e15  # of an optimizer: the product of two of them fits into float32


class TrainingModule(LightningModule):
    """Base class that optimizes a network, clamps its recurrent weights and checks checkpoints.

    A subclass calls ``super().__init__`` first, then `keep_hyperparameters`.

    Args:
        network: The network.
        optimizer: Called with the parameter groups. Weight decay applies to the weights of linear
            layers only, not to recurrent weights u, biases and batch norm.
        schedule: Learning rate schedule: ``constant``, or ``one_cycle``: cosine warm-up to the
            learning rate of the optimizer in the first 30 % of the steps, then cosine decay to
            nearly 0 (Smith and Topin, arXiv 1708.07120).
        recurrent_lr_factor: Learning rate of u relative to that of the other parameters. A change
            of u by s changes its contribution over T steps by up to a factor of e^(s T), so that
            long sequences need a factor below 1.

    Raises:
        InputError: The factor is not a finite number above 0.
    """

    free_arguments: ClassVar[set[str]] = {"dropout"}  # network arguments that a resume may change

    def __init__(
        self,
        network: nn.Module,
        optimizer: OptimizerCallable,
        schedule: Schedule,
        recurrent_lr_factor: float,
    ) -> None:
        super().__init__()
        if not 0 < recurrent_lr_factor < math.inf:
            raise InputError(
                f"recurrent_lr_factor must be finite and above 0, got {recurrent_lr_factor}"
            )
        self.network = network
        self.optimizer = optimizer
        self.schedule = schedule
        self.recurrent_lr_factor = recurrent_lr_factor
        self._cycle_steps: int | None = None

    def keep_hyperparameters(self) -> None:
        """Save the arguments of the calling ``__init__`` of a subclass in checkpoints."""
        frame = inspect.currentframe()
        caller = frame.f_back if frame else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about a module among them, see below
            self.save_hyperparameters(frame=caller)
        if isinstance(self.hparams["network"], nn.Module):
            # The network was passed as an object and not described by a config. A checkpoint with
            # objects could not be loaded with weights_only.
            self.save_hyperparameters(ignore=["network", "optimizer"], frame=caller)

    def build_optimizer(self) -> Optimizer:
        """Return the optimizer, with parameter groups with and without weight decay.

        If `recurrent_lr_factor` is not 1, the recurrent weights u are a third group.

        Raises:
            InputError: A setting of the optimizer is beyond what float32 can be multiplied by.
        """
        matrices: list[nn.Parameter] = []
        vectors: list[nn.Parameter] = []
        recurrent: list[nn.Parameter] = []
        for name, parameter in self.network.named_parameters():
            own_rate = self.recurrent_lr_factor != 1 and name.endswith(".u")
            group = matrices if parameter.ndim >= 2 else recurrent if own_rate else vectors
            group.append(parameter)
        groups: list[dict[str, Any]] = [
            {"params": matrices},
            {"params": vectors, "weight_decay": 0.0},
        ]
        if recurrent:
            groups.append({"params": recurrent, "weight_decay": 0.0})
        optimizer = self.optimizer(groups)
        if recurrent:
            optimizer.param_groups[-1]["lr"] *= self.recurrent_lr_factor
        for name, value in (item for group in optimizer.param_groups for item in group.items()):
            if isinstance(value, int | float) and not abs(value) <= LARGEST_SETTING:
                raise InputError(
                    f"--model.optimizer.{name} must be at most {LARGEST_SETTING:g}, times "
                    f"recurrent_lr_factor if there is one, got {value:g}; use a smaller number"
                )
        return optimizer

    def configure_optimizers(self) -> Optimizer | OptimizerLRSchedulerConfig:
        """Build the optimizer and the schedule of its learning rate."""
        optimizer = self.build_optimizer()
        if self.schedule == "constant":
            return optimizer
        rates = [group["lr"] for group in optimizer.param_groups]
        steps = self._count_steps()
        # Counting the steps has set up the loader. Lightning skips a second setup, in which it
        # restores the position in the epoch from the checkpoint, unless the loader is reset.
        self.trainer.fit_loop._combined_loader = None
        self._cycle_steps = steps
        # The schedule changes the learning rate only; momentum keeps the optimizer's value.
        cycle = OneCycleLR(optimizer, rates, total_steps=steps, cycle_momentum=False)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}

    def _count_steps(self) -> int:
        """Return the number of steps of the whole fit, which must be known in advance."""
        steps = self.trainer.estimated_stepping_batches
        if not 1 <= steps < math.inf:
            raise InputError(
                f"the schedule one_cycle needs the length of the fit, but it has {steps} steps; "
                "set --trainer.max_epochs or --trainer.max_steps, or use --model.schedule constant"
            )
        return int(steps)

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (Lightning's hook)
        """Perform the optimizer step, then clamp the recurrent weights to their bounds."""
        super().optimizer_step(*args, **kwargs)
        for clamp in self._clamps:
            clamp()

    @cached_property
    def _clamps(self) -> list[Callable[[], None]]:
        # Cached: traversing the modules of a deep network at every step delays the GPU.
        name = "clamp_recurrent_weight"
        return [getattr(m, name) for m in self.network.modules() if hasattr(m, name)]

    def on_train_start(self) -> None:
        """Check that a resumed one-cycle schedule has the length of the checkpoint.

        Raises:
            InputError: The number of steps differs.
        """
        if self._cycle_steps is None:
            return
        schedule = self.lr_schedulers()
        steps: int = schedule.total_steps  # type: ignore[union-attr]  # from the checkpoint
        if steps != self._cycle_steps:
            raise InputError(
                f"the checkpoint has a one-cycle schedule of {steps} steps, but this run has "
                f"{self._cycle_steps} steps; resume with the trainer.max_epochs or max_steps, "
                "data.batch_size, number of devices and accumulated batches of the first run"
            )

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Check that a checkpoint is of the same network.

        Raises:
            InputError: Names or shapes of the weights, or arguments of the network differ.
        """
        arguments = self._network_arguments(checkpoint.get("hyper_parameters", {}))
        own = self._network_arguments(self.hparams)
        _compare(own if arguments else {}, arguments if own else {})
        self.check_weights(checkpoint["state_dict"])

    def check_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Check that weights are those of this network.

        Raises:
            InputError: Names or shapes differ.
        """
        own = {name: tuple(value.shape) for name, value in self.state_dict().items()}
        _compare(own, {name: tuple(value.shape) for name, value in weights.items()})

    def _network_arguments(self, hparams: Mapping[str, Any]) -> dict[str, Any]:
        """Return class path and arguments of the network, or an empty dict if unknown."""
        network = hparams.get("network")
        if not isinstance(network, dict):
            return {}
        arguments = {
            key: tuple(value) if isinstance(value, list) else _without_start(value)
            for key, value in network.get("init_args", {}).items()
            if key not in self.free_arguments
        }
        return {"class_path": network.get("class_path"), **arguments}


def _without_start(value: Any) -> Any:  # noqa: ANN401 (an argument of a network)
    """Return a described layer without its initialization, which trained weights replace.

    Checkpoints of version 0.1.0 do not name that of `SimpleRNN`.
    """
    if not isinstance(value, dict):
        return value
    return {key: _without_start(one) for key, one in value.items() if key != "start"}


@contextmanager
def batch_norm_explained() -> Iterator[None]:
    """Explain that batch norm cannot be trained on one value of each feature.

    PyTorch refuses it, since the variance of one value is 0.

    Raises:
        InputError: The batch has one sequence, of which the network normalizes one frame or mean.
    """
    try:
        yield
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        raise InputError(
            "batch norm needs at least two values of each feature, but a batch of one sequence "
            "gives this network only one; use --data.batch_size 2 or more, and a store with as "
            "many train sequences for each device"
        ) from error


def _compare(own: dict[str, Any], loaded: dict[str, Any]) -> None:
    for name in sorted(own.keys() | loaded.keys()):
        if own.get(name) != loaded.get(name):
            raise InputError(
                "the checkpoint is of another network or another shape of inputs: "
                f"{name} is {loaded.get(name, 'absent')} in the checkpoint and "
                f"{own.get(name, 'absent')} in this network; use a .ckpt file that fit wrote, and "
                "the config that it was trained with, config.yaml in the folder of its run"
            )
