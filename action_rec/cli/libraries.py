"""Turn what Lightning and W&B refuse into user errors, and hide messages that do not help."""

import logging
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import dropwhile

from lightning.fabric.utilities.exceptions import MisconfigurationException

from action_rec.errors import InputError
from action_rec.training.loggers import of_wandb


@contextmanager
def user_settings() -> Iterator[None]:
    """Turn what Lightning and W&B refuse into an `InputError`.

    Raises:
        InputError: Settings are unknown or contradict each other, or W&B has no key or network.
    """
    try:
        yield
    except MisconfigurationException as error:
        raise InputError(str(error)) from error
    except Exception as error:
        if of_wandb(error):
            raise InputError(
                f"W&B cannot start: {error}; run 'wandb login', or set WANDB_MODE=offline"
            ) from error
        if isinstance(error, ValueError) and _in_lightning_alone(error):
            raise InputError(str(error)) from error
        raise


def _in_lightning_alone(error: Exception) -> bool:
    """Whether Lightning raised an error without having called our code or another library.

    It then refuses a setting, such as an unknown strategy: nothing else has been used yet.
    """
    frames = [str(f.f_globals.get("__name__")) for f, _ in traceback.walk_tb(error.__traceback__)]
    inside = list(dropwhile(lambda name: not name.startswith("lightning."), frames))
    return bool(inside) and all(name.startswith("lightning.") for name in inside)


# Messages of Lightning that advertise or state what is intended here.
_HIDDEN = ("try installing [litlogger]", "already configured with model summary callbacks")


def _is_shown(record: logging.LogRecord) -> bool:
    return not any(text in record.getMessage() for text in _HIDDEN)


def ignore_library_messages() -> None:
    """Hide messages of libraries about settings that are intended here."""
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(_is_shown)
    for message in (
        ".*Total length of `list` across ranks is zero.*",  # no val: data.val_share is 0
        ".*does not have many workers.*",  # a gather per batch is faster than the transfer from one
        ".*isinstance.treespec, LeafSpec.*",  # lightning 2.6 with torch 2.13
        ".*`srun` command is available.*",  # SLURM's machines may be used without it
    ):
        warnings.filterwarnings("ignore", message)
