"""The command line as the tests call it."""

from pathlib import Path
from typing import Any

import torch
import wandb

from action_rec.cli import main
from tests.experiment import into

CONFIGS = Path(__file__).parents[1] / "configs"
SMALL = ("--model.network.init_args.hidden_size", "16")


def run(command: str, store: Path, folder: Path, *more: str, card: str = "demo") -> int:
    """Run a command on a quick experiment whose runs go into a folder."""
    words = [
        *(command, "--config", str(CONFIGS / f"{card}.yaml"), "--data.path", str(store)),
        *(*into(folder), "--trainer.enable_progress_bar", "false"),
        *("--trainer.enable_model_summary", "false", "--trainer.log_every_n_steps", "1"),
        *("--data.batch_size", "1", "--data.val_share", "0.5", *more),
    ]
    try:
        return main(words)
    finally:
        wandb.finish()  # a run that was interrupted leaves it to the end of its process


def checkpoint(folder: Path, name: str = "last") -> str:
    """The path of a checkpoint of the first run in a folder."""
    return str(folder / "version_0" / "checkpoints" / f"{name}.ckpt")


def final_state(folder: Path, name: str = "last") -> dict[str, Any]:
    """What a checkpoint of the first run in a folder holds."""
    state: dict[str, Any] = torch.load(checkpoint(folder, name), weights_only=True)
    return state
