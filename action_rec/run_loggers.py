"""Fitting the loggers of a config to how it is run."""

import os
from pathlib import Path

from jsonargparse import Namespace


def adapt_loggers(config: Namespace) -> None:
    """Change the loggers and callbacks of a parsed config in place.

    A logger without a name takes that of the experiment's card, ``--save_dir`` moves all of them,
    ``WANDB_MODE=disabled`` removes W&B, and without any logger nothing watches the learning rate.
    """
    trainer = config.trainer
    if isinstance(trainer.logger, list):
        if os.environ.get("WANDB_MODE") == "disabled":
            trainer.logger = [one for one in trainer.logger if "WandbLogger" not in one.class_path]
        cards = config.get("config") or []
        for logger in trainer.logger:
            if cards and logger.init_args.get("name") is None:
                logger.init_args.name = Path(str(cards[0])).stem
            if config.save_dir is not None:
                logger.init_args.save_dir = config.save_dir
    if not trainer.logger and isinstance(trainer.callbacks, list):
        trainer.callbacks = [
            callback
            for callback in trainer.callbacks
            if "LearningRateMonitor" not in callback.class_path
        ]
