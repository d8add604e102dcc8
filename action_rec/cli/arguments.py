"""Check the arguments of the Trainer that Lightning accepts and fails on later."""

import math
import re
from typing import Any

from jsonargparse import Namespace

from action_rec.errors import InputError

_LARGEST_SEED = 2**32 - 1  # of NumPy's generator

_LARGEST_CLIP = 1e30  # of a float32

# The smallest value of each argument of the Trainer that is a number of something.
_LEAST = {
    "accumulate_grad_batches": 1,
    "check_val_every_n_epoch": 1,
    "gradient_clip_val": 0,
    "limit_predict_batches": 0,
    "limit_test_batches": 0,
    "limit_train_batches": 0,
    "limit_val_batches": 0,
    "log_every_n_steps": 0,
    "max_epochs": -1,
    "max_steps": -1,
    "min_epochs": 0,
    "min_steps": 0,
    "num_nodes": 1,
    "num_sanity_val_steps": -1,
    "overfit_batches": 0,
    "reload_dataloaders_every_n_epochs": 0,
    "val_check_interval": 0,
}


def check_seed(seed: int | bool) -> None:
    """Check the seed of a run.

    Raises:
        InputError: It is out of range.
    """
    if seed is True:
        return
    if seed < 0:
        raise InputError(f"seed_everything must be at least 0, got {seed}")
    if seed > _LARGEST_SEED:
        raise InputError(f"seed_everything must be at most {_LARGEST_SEED:,}, got {seed}")


def check_trainer(trainer: Namespace) -> None:
    """Check numbers and devices of the Trainer.

    Raises:
        InputError: A number is too small, infinite or NaN, the devices are neither numbers nor
            ``auto``, or there is something else than the Trainer's keys.
    """
    if not isinstance(trainer, Namespace):  # jsonargparse lets a list of a config file pass
        raise InputError(
            f"trainer is {trainer!r:.60}, but a mapping of its keys is needed; 'python -m "
            "action_rec configs demo' prints one"
        )
    for name, least in _LEAST.items():
        value = trainer.get(name)
        if isinstance(value, int | float) and not least <= value < math.inf:
            raise InputError(f"--trainer.{name} must be at least {least}, got {value}")
    clip = trainer.gradient_clip_val
    if clip is not None and clip > _LARGEST_CLIP:
        raise InputError(
            f"--trainer.gradient_clip_val must be at most {_LARGEST_CLIP:g}, got {clip:g}; use "
            "null to clip nothing"
        )
    _check_devices(trainer.devices)
    callbacks = trainer.callbacks if isinstance(trainer.callbacks, list) else []
    for place, one in enumerate(callbacks):
        if one in callbacks[:place]:
            raise InputError(
                f"--trainer.callbacks has {one.class_path} twice with the same arguments; "
                "remove one"
            )


def _check_devices(devices: Any) -> None:  # noqa: ANN401 (int, text or list)
    if isinstance(devices, str):
        numbers = re.fullmatch(r"-1|[0-9]+( *, *[0-9]+)*,?", devices)
        valid = devices == "auto" or numbers is not None
    elif isinstance(devices, list):
        valid = all(isinstance(one, int) and one >= 0 for one in devices)
    else:
        valid = devices >= 1 or devices == -1
    if not valid:
        raise InputError(
            "--trainer.devices must be auto, a number of at least 1, -1 for all, or a list such as "
            f"[0,1], got {devices}"
        )
