"""The command line: `python -m action_rec fit|validate|test|predict`."""

import json
import logging
import os
import sys
import warnings
from argparse import ArgumentError
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.loggers import WandbLogger

from action_rec.checkpoints.reading import load_checkpoint
from action_rec.checkpoints.resuming import find_last
from action_rec.checkpoints.writing import DurableCheckpointIO, IfDiskFull
from action_rec.console.configs import list_configs, print_config, resolve_configs
from action_rec.console.errors import fail, fail_among_ranks, readable, refused_setting, world_size
from action_rec.console.help import Usage
from action_rec.console.moved import accept_moved_modules
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.errors import InputError
from action_rec.evaluation.evaluator import Evaluator
from action_rec.prediction.command import predict
from action_rec.prediction.writer import PredictionWriter
from action_rec.recognizer import ActionRecognizer
from action_rec.training.callbacks import SeedEachStep
from action_rec.training.fit_report import FitReport
from action_rec.training.host_memory import keep_freed_memory
from action_rec.training.loggers import RunIdentity, adapt_loggers, wandb_id
from action_rec.training.monitoring import BatchSizeReport, StopOnNaN

_USAGE = Usage(
    "python -m action_rec",
    "Recognition of human actions from skeletons by deep IndRNNs.",
    {
        "fit": "train; checkpoints, metrics.csv and config.yaml go to runs/CARD/version_N",
        "validate": "evaluate a checkpoint on the sequences held back from training",
        "test": "evaluate a checkpoint on the test split: accuracies, confusion, scores",
        "predict": "name the actions of any recordings, with a checkpoint alone",
    },
    (
        "python -m action_rec fit --config configs/demo.yaml --data.path demo/demo.h5",
        "python -m action_rec fit --config configs/demo.yaml --data.path demo/demo.h5 "
        "--model.optimizer.lr 5e-4 --trainer.max_epochs 10",
        "python -m action_rec test --config configs/demo.yaml --data.path demo/demo.h5 "
        "--ckpt_path best.ckpt",
        "python -m action_rec predict --ckpt_path best.ckpt one.skeleton",
    ),
    "ResidualIndRNN",
)

# Arguments of the Trainer's methods that this command line decides itself.
_DECIDED = {"weights_only", "verbose", "return_predictions"}

_SHOWN_STEPS = 20  # after which the progress bar is drawn anew

# Processes that a CPU of any size may be shared by, e.g. to try DDP.
_CPU_PROCESSES = 4


class ConfigLogger(SaveConfigCallback):
    """Gives W&B the whole config, beside the file in the run's folder."""

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Log data, model, trainer and seed."""
        config = json.loads(self.parser.dump(self.config, format="json", skip_none=False))
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.log_hyperparams(config)


class ActionCLI(LightningCLI):
    """The table of what the parts of a config take from each other."""

    config_folder = ""  # below configs/, where --config looks first

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Link the arguments that must agree."""
        parser.link_arguments("seed_everything", "data.seed", compute_fn=int)
        network = "model.network.init_args"
        parser.link_arguments("data.clip_len", f"{network}.clip_len", apply_on="instantiate")
        parser.link_arguments("data.frame_shape", f"{network}.frame_shape", apply_on="instantiate")
        parser.link_arguments("data.num_classes", f"{network}.num_classes", apply_on="instantiate")
        parser.link_arguments("data.class_names", "model.class_names", apply_on="instantiate")
        self.add_run_arguments(parser)

    @staticmethod
    def add_run_arguments(parser: LightningArgumentParser) -> None:
        """Add what concerns the files of a run."""
        parser.add_argument(
            "--save_dir", type=str | None, help="Folder of the runs, in place of the loggers' own."
        )
        parser.add_argument(
            "--if_disk_full",
            type=IfDiskFull,
            default="go_on",
            help="What a fit does that has no room for a checkpoint: train on, or stop.",
        )

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The Trainer's methods and those of their arguments that are not offered."""
        commands = LightningCLI.subcommands()
        return {name: hidden | _DECIDED for name, hidden in commands.items()}

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:  # noqa: ANN401
        """Parse, then check what no type can say."""
        self.config = parser.parse_args(resolve_configs(args, self.config_folder))
        config = self.config[self.config.subcommand]
        if config.seed_everything is not True and config.seed_everything < 0:
            raise InputError(f"seed_everything must be at least 0, got {config.seed_everything}")
        self._wandb_id: str | None = None
        if config.ckpt_path == "last":
            config.ckpt_path = find_last(config)
        if config.ckpt_path is not None:
            self._wandb_id = wandb_id(load_checkpoint(Path(config.ckpt_path)))
        elif self.config.subcommand != "fit":
            raise InputError(
                f"{self.config.subcommand} needs a trained network; add --ckpt_path with a .ckpt "
                "file that fit wrote, e.g. runs/NAME/version_0/checkpoints/best.ckpt"
            )

    def _parse_ckpt_path(self) -> None:
        """Build what the config says; the checkpoint is then held against it.

        Lightning would let the checkpoint overrule the config, unsaid, and import what it names.
        """

    def before_instantiate_classes(self) -> None:
        """Adapt the loggers to the command line, and the progress bar to steps of milliseconds."""
        trainer = self.config[self.config.subcommand].trainer
        chosen = [one.class_path for one in trainer.callbacks or []]
        if trainer.enable_progress_bar is not False and not any("ProgressBar" in c for c in chosen):
            # Each time it is drawn, a GPU has to be waited for; a log file keeps all of them.
            every = _SHOWN_STEPS if sys.stdout.isatty() else 25 * _SHOWN_STEPS
            self.trainer_defaults["callbacks"].append(TQDMProgressBar(refresh_rate=every))
        fitting = self.config.subcommand == "fit"
        adapt_loggers(self.config[self.config.subcommand], self._wandb_id if fitting else None)

    def after_instantiate_classes(self) -> None:
        """Refuse what cannot run before loggers and workers start."""
        self.datamodule.check_splits(self.config.subcommand)
        config, strategy = self.config[self.config.subcommand], self.trainer.strategy
        if config.trainer.sync_batchnorm and strategy.root_device.type != "cuda":
            raise InputError(
                "sync_batchnorm works on GPUs only, and this run is on "
                f"{strategy.root_device.type}; add --trainer.sync_batchnorm false"
            )
        self.prepare_run()

    def prepare_run(self) -> None:
        """Write checkpoints so that none is lost, and make good use of a CPU and its memory.

        Raises:
            InputError: There are to be far more processes than the CPU has cores.
        """
        strategy = self.trainer.strategy
        strategy.checkpoint_io = DurableCheckpointIO(
            self.config[self.config.subcommand].if_disk_full
        )
        if strategy.root_device.type == "cpu":
            cores, processes = os.cpu_count() or 1, self.trainer.num_devices
            if processes > max(cores, _CPU_PROCESSES):
                raise InputError(
                    f"--trainer.devices {processes} starts as many processes on a machine of "
                    f"{cores} CPU cores, each with a copy of everything; on a CPU take 1, or as "
                    "many as there are cores"
                )
            keep_freed_memory()

    def fit(self, **arguments: Any) -> None:  # noqa: ANN401
        """Train; weights_only keeps a checkpoint from running code."""
        self.trainer.fit(weights_only=True, **arguments)

    def validate(self, **arguments: Any) -> None:  # noqa: ANN401
        """Evaluate on val."""
        self.trainer.validate(weights_only=True, verbose=False, **arguments)

    def test(self, **arguments: Any) -> None:  # noqa: ANN401
        """Evaluate on the test split."""
        self.trainer.test(weights_only=True, verbose=False, **arguments)

    def predict(self, **arguments: Any) -> None:  # noqa: ANN401
        """Write the classes of the test split's sequences."""
        self.trainer.predict(weights_only=True, return_predictions=False, **arguments)


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        args: The words after ``python -m action_rec``; None takes them from the process.

    Returns:
        0, or 2 after the user's mistake, which is told in one sentence on stderr.
    """
    quieten()
    accept_moved_modules()
    words = list(sys.argv[1:] if args is None else args)
    if _USAGE.asked_for(words):
        print(_USAGE.page)
        return 0
    try:
        if words[:1] == ["configs"]:
            print_config(words[1]) if words[1:] else list_configs()
            return 0
        if words[:1] == ["predict"] and not _names_config(words):
            return _predict(words[1:])
        ActionCLI(
            ActionRecognizer,
            SkeletonDataModule,
            args=words,
            seed_everything_default=0,
            auto_configure_optimizers=False,
            parser_kwargs=_USAGE.parser_options(list(ActionCLI.subcommands())),
            save_config_callback=ConfigLogger,
            save_config_kwargs={"overwrite": True},
            # Our sampler divides the sequences among ranks itself, without repeating any.
            trainer_defaults={
                "use_distributed_sampler": False,
                "callbacks": [
                    *(SeedEachStep(), StopOnNaN(), BatchSizeReport(), RunIdentity()),
                    *(FitReport(), Evaluator(), PredictionWriter()),
                ],
            },
        )
    except ArgumentError as error:
        return fail(InputError(_readable(str(error))))
    except (InputError, MisconfigurationException, OSError) as error:
        return fail(error)
    except Exception as error:
        if refused_setting(error):
            return fail(error)
        if world_size() == 1:
            raise
        return fail_among_ranks(error)
    return 0


def _names_config(words: Sequence[str]) -> bool:
    """Whether the words are of Lightning's `predict`, which builds everything from a config."""
    return any(word.split("=")[0] in ("-c", "--config", "--print_config") for word in words)


def _readable(mistake: str) -> str:
    """What a parser says of a wrong word, and where to look."""
    said = readable(mistake)
    if "--model.network" in said and "required" in said:
        return f"{said}; name an experiment with --config, e.g. configs/demo.yaml"
    if "does not accept option 'data." in said:
        return f"{said}; is this a card of another program, python -m action_rec.long_memory?"
    if "--model.network" in said:
        return f"{said}; 'python -m action_rec fit --model.network.help CLASS' lists what it takes"
    return f"{said}; 'python -m action_rec fit --help' lists all"


def _predict(words: Sequence[str]) -> int:
    try:
        predict(words)
    except KeyboardInterrupt:
        print(
            "interrupted: what is named above is written, and nothing else but pictures",
            file=sys.stderr,
        )
        return 130
    return 0


def _no_advertisement(record: logging.LogRecord) -> bool:
    return "try installing [litlogger]" not in record.getMessage()


def quieten() -> None:
    """Leave out what is done on purpose here or is the libraries' own business."""
    said = logging.getLogger("lightning.pytorch.utilities.rank_zero")
    said.addFilter(_no_advertisement)
    for message in (
        ".*Total length of `list` across ranks is zero.*",  # no val: data.val_share is 0
        ".*does not have many workers.*",  # a gather per batch is faster than the transfer from one
        ".*isinstance.treespec, LeafSpec.*",  # lightning 2.6 with torch 2.13
        ".*`srun` command is available.*",  # SLURM's machines may be used without it
    ):
        warnings.filterwarnings("ignore", message)
