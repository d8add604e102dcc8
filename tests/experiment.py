"""A quick experiment with attention, as the tests of the commands call it."""

import json
from pathlib import Path

CONFIGS = Path(__file__).parents[1] / "configs"


def experiment(store: Path) -> tuple[str, ...]:
    """The arguments of a quick experiment with attention."""
    return (
        *("--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store)),
        *("--model.network.readout", "attention"),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
        *("--trainer.max_epochs", "3", "--trainer.log_every_n_steps", "1"),
    )


def into(folder: Path) -> tuple[str, ...]:
    """The loggers of the configs, whose files go into a folder, W&B's offline."""
    csv = {"save_dir": str(folder), "name": ""}
    wandb = {"save_dir": str(folder), "project": "action_rec", "offline": True}
    loggers = [
        {"class_path": "CSVLogger", "init_args": csv},
        {"class_path": "WandbLogger", "init_args": wandb},
    ]
    return ("--save_dir", str(folder), "--trainer.logger", json.dumps(loggers))


def last(run: Path) -> Path:
    """The checkpoint of a run."""
    return run / "version_0" / "checkpoints" / "last.ckpt"
