"""Check the optimizers that Lightning has restored from a checkpoint, before their first step."""

from typing import Any

from lightning import Trainer
from torch import Tensor
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from action_rec.checkpoints.typed import REMEDY, shown
from action_rec.errors import InputError

_MOMENTS = {"step", "exp_avg", "exp_avg_sq"}
_RATES = {"initial_lr", "max_lr", "min_lr"}


def check_restored(trainer: Trainer) -> None:
    """Check that settings and moments are those of the optimizers of this run.

    Args:
        trainer: A trainer that resumes from a checkpoint.

    Raises:
        InputError: A setting is missing or of another type, or a moment of another shape.
    """
    cycle = any(isinstance(one.scheduler, OneCycleLR) for one in trainer.lr_scheduler_configs)
    for optimizer in trainer.optimizers:
        for group in optimizer.param_groups:
            _check_settings(group, optimizer.defaults, _RATES if cycle else set())
        _check_moments(optimizer)


def _check_settings(group: dict[str, Any], defaults: dict[str, Any], rates: set[str]) -> None:
    for name in sorted(defaults.keys() | rates):
        value, default = group.get(name), defaults.get(name, 0.0)
        kinds = {bool: (bool,), tuple: (tuple, list), type(None): (bool, type(None))}
        kind = kinds.get(type(default), (int, float))
        if name not in group or not isinstance(value, kind):
            raise InputError(
                f"the checkpoint has an optimizer whose {name} is {shown(value)}, not as this "
                f"version of torch has it; {REMEDY}"
            )


def _check_moments(optimizer: Optimizer) -> None:
    needed = _MOMENTS if isinstance(optimizer, Adam) else set()
    for parameter, state in optimizer.state.items():
        for name in sorted(needed - state.keys()):
            raise InputError(f"the checkpoint has an optimizer without {name}; {REMEDY}")
        for name, value in state.items():
            if name in needed and not isinstance(value, Tensor):
                raise InputError(f"the checkpoint's {name} is {shown(value)}; {REMEDY}")
            if isinstance(value, Tensor) and value.shape not in (parameter.shape, ()):
                raise InputError(
                    f"the checkpoint's {name} has shape {tuple(value.shape)} for weights of shape "
                    f"{tuple(parameter.shape)}; {REMEDY}"
                )
