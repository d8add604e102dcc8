"""Every command that reads a checkpoint or a store, on one small training."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import wandb

from action_rec.cli import main
from action_rec.long_memory.cli import main as long_memory
from data_prep.__main__ import main as prepare
from tests.experiment import CONFIGS, experiment, into, last
from tests.synthetic import tiny_store

Command = Callable[[Path, Path], int]  # its status, given a checkpoint and a store

_QUIET = (
    *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    *("--trainer.log_every_n_steps", "1"),
)
_CRASH = (
    *("--trainer.callbacks+", "tests.checkpoints.test_resume.CrashAfter"),
    "--trainer.callbacks.steps",
)
_SMALL = (
    *("--trainer.callbacks+", "action_rec.training.callbacks.PlateauRestart"),
    *("--model.schedule", "one_cycle", "--model.network.init_args.hidden_size", "8"),
    *("--model.network.init_args.num_blocks", "1", "--data.batch_size", "2"),
    *("--data.num_test_clips", "1", "--data.num_val_clips", "1"),
    *("--data.val_from", "sequences", "--data.val_share", "0.5"),
)
_EVERY_FRAME = (
    *("--model.loss", "every_frame", "--model.network.init_args.readout", "running_mean"),
    *("--data.sampling", "frames", "--data.frame_step", "2", "--data.normalize", "start"),
)


class Trained(NamedTuple):
    """A checkpoint in the midst of its training, and the commands that read one."""

    checkpoint: Path
    commands: dict[str, Command]


def train(folder: Path) -> tuple[Trained, Path]:
    """Train a small network for a moment; return it, and its store."""
    store, out = tiny_store(folder / "store.h5").path, folder / "out"

    def run(command: str) -> Command:
        return lambda checkpoint, store: main(
            [command, *experiment(store), *_SMALL, *into(out), "--ckpt_path", str(checkpoint)]
        )

    def look(command: str, to: str, *more: str) -> Command:
        return lambda checkpoint, store: main(
            [command, str(checkpoint), str(store), str(folder / to), *more]
        )

    with suppress(RuntimeError):  # the crash, so that there is something to resume
        main(["fit", *experiment(store), *_SMALL, *into(folder / "first"), *_CRASH, "3"])
    commands = {
        "predict": lambda checkpoint, store: main(
            ["predict", "--ckpt_path", str(checkpoint), str(store), "--clips", "1"]
        ),
        "early": look("early", "x.png", "--clips", "1"),
        "attention": look("attention", "x.png", "--count", "1"),
        "precise-bn": look("precise-bn", "x.ckpt", "--clips", "1"),
        "recurrent-weights": lambda checkpoint, _: main(
            ["recurrent-weights", str(checkpoint), str(folder / "x.png")]
        ),
        **{name: run(name) for name in ("fit", "validate", "test")},
    }
    return Trained(last(folder / "first"), commands), store


def train_live(folder: Path, store: Path) -> Trained:
    """Train a small network that is read at every frame for a moment."""
    wandb.finish()  # the run of another training that has crashed

    def words(command: str, store: Path, out: str) -> list[str]:
        return [command, *experiment(store), *_SMALL, *_EVERY_FRAME, *into(folder / out)]

    with suppress(RuntimeError):
        main([*words("fit", store, "live"), *_CRASH, "3"])
    commands: dict[str, Command] = {
        "live predict": lambda checkpoint, store: main(
            ["predict", "--ckpt_path", str(checkpoint), str(store)]
        ),
        "live early": lambda checkpoint, store: main(
            ["early", str(checkpoint), str(store), str(folder / "x.png")]
        ),
        "live fit": lambda checkpoint, store: main(
            [*words("fit", store, "out"), "--ckpt_path", str(checkpoint)]
        ),
        "live test": lambda checkpoint, store: main(
            [*words("test", store, "out"), "--ckpt_path", str(checkpoint)]
        ),
    }
    return Trained(last(folder / "live"), commands)


def train_long_memory(folder: Path) -> Trained:
    """Train a small network of a long-memory task for a moment."""
    arguments = (
        *("--config", str(CONFIGS / "long_memory" / "adding_100.yaml"), *_QUIET),
        *("--trainer.max_steps", "4", "--trainer.val_check_interval", "1"),
        *("--data.num_steps", "6", "--data.train_sequences", "200", "--data.test_sequences", "20"),
        *("--model.network.encoder.init_args.hidden_size", "4"),
    )

    def run(command: str) -> Command:
        words = [command, *arguments, *into(folder / "out"), "--ckpt_path"]
        return lambda checkpoint, _: long_memory([*words, str(checkpoint)])

    with suppress(RuntimeError):
        long_memory(["fit", *arguments, *into(folder / "long"), *_CRASH, "3"])
    names = ("fit", "validate", "test")
    return Trained(last(folder / "long"), {f"long_memory {name}": run(name) for name in names})


def store_commands(trained: Trained, folder: Path) -> dict[str, Command]:
    """The commands that read a store; `fit` starts anew, without the checkpoint."""
    words = (*_SMALL, *into(folder / "out"), "--trainer.max_epochs", "1")
    commands = {
        **trained.commands,
        "fit": lambda _, store: main(["fit", *experiment(store), *words]),
        "info": lambda _, store: prepare(["info", str(store)]),
    }
    del commands["recurrent-weights"]
    return commands
