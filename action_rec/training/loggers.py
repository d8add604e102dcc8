"""Adapt the loggers of a config to the command line, and continue W&B runs."""

import os
import re
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonargparse import Namespace
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import WandbLogger

_TIMEOUT = 5.0  # seconds to wait for the W&B server before a run


class RunIdentity(Callback):
    """Saves the id of the W&B run in checkpoints, so that a resumed run continues it."""

    def __init__(self) -> None:
        self._id: str | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Store the id."""
        wandb = [one for one in trainer.loggers if isinstance(one, WandbLogger)]
        self._id = str(wandb[0].version) if wandb and wandb[0].version else None

    def state_dict(self) -> dict[str, Any]:
        """Return the content of a checkpoint."""
        return {"wandb": self._id}


def wandb_id(checkpoint: dict[str, Any]) -> str | None:
    """Return the id of the W&B run of a checkpoint; None if there is no valid one."""
    known = checkpoint.get("callbacks", {}).get(RunIdentity.__qualname__, {}).get("wandb")
    return known if isinstance(known, str) and re.fullmatch(r"[\w-]{1,64}", known) else None


def adapt_loggers(config: Namespace, resumed: str | None = None) -> None:
    """Change the loggers and callbacks of a parsed config in place.

    A logger without a name takes that of the config, ``--save_dir`` applies to all loggers,
    ``WANDB_MODE=disabled`` removes W&B, and without loggers there is no LearningRateMonitor. W&B
    falls back to offline if its server does not answer.

    Args:
        config: The config of one command.
        resumed: Id of the W&B run to continue.
    """
    trainer = config.trainer
    if isinstance(trainer.logger, list):
        if os.environ.get("WANDB_MODE") == "disabled":
            trainer.logger = [one for one in trainer.logger if "WandbLogger" not in one.class_path]
        configs = config.get("config") or []
        for logger in trainer.logger:
            if configs and logger.init_args.get("name") is None:
                logger.init_args.name = Path(str(configs[0])).stem
            if config.save_dir is not None:
                logger.init_args.save_dir = config.save_dir
            if "WandbLogger" in logger.class_path:
                _adapt_wandb(logger.init_args, resumed)
    if not trainer.logger and isinstance(trainer.callbacks, list):
        trainer.callbacks = [
            callback
            for callback in trainer.callbacks
            if "LearningRateMonitor" not in callback.class_path
        ]


def _adapt_wandb(arguments: Namespace, resumed: str | None) -> None:
    if resumed is not None and arguments.get("id") is None and arguments.get("version") is None:
        arguments.id = resumed
    online = not arguments.get("offline") and os.environ.get("WANDB_MODE", "online") == "online"
    if online and not _answers(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")):
        arguments.offline, online = True, False
        print(
            "W&B does not answer: its files are written offline; 'wandb sync' uploads them",
            file=sys.stderr,
        )
    if not online:
        # It would explain on stdout, around our results, how to upload the files.
        os.environ.setdefault("WANDB_SILENT", "true")


def _answers(address: str) -> bool:
    parts = urlsplit(address)
    port = parts.port or (80 if parts.scheme == "http" else 443)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=_TIMEOUT):
            return True
    except OSError:
        return False
