"""`fit`, `validate` and `test`: commands that a config describes."""

import json
import os
import sys
from argparse import ArgumentError
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from lightning import Callback, LightningDataModule, LightningModule, Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import ModelSummary
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.trainer.states import TrainerStatus

from action_rec.checkpoints.reading import load_checkpoint
from action_rec.checkpoints.resuming import check_resumable, find_last
from action_rec.checkpoints.writing import DurableCheckpointIO, IfDiskFull
from action_rec.cli.arguments import check_seed, check_trainer
from action_rec.cli.libraries import user_settings
from action_rec.console.command import summary
from action_rec.console.configs import resolve_configs
from action_rec.console.parser_messages import readable
from action_rec.errors import InputError
from action_rec.training.callbacks import SeedEachStep
from action_rec.training.fit_report import FitReport
from action_rec.training.host_memory import keep_freed_memory
from action_rec.training.loggers import adapt_loggers, start_wandb, wandb_id
from action_rec.training.monitoring import StopOnNaN
from action_rec.training.progress_bar import StderrProgressBar
from action_rec.training.run_length import TimeEstimate

CONFIG_NOTES = """\
A config is the path of a YAML file or a name that the command configs lists; --KEY VALUE
overrides a key of it, and lists are written [like,this]. --model.network.help CLASS lists the
arguments of a class, e.g. {example}; --print_config prints the resulting config."""

# Arguments of the Trainer's methods that this command line sets itself.
_DECIDED = {"weights_only", "verbose"}

# Processes allowed on a CPU with fewer cores, e.g. to try DDP.
_CPU_PROCESSES = 4


# What constructors of this package and of Lightning raise for bad arguments.
_REFUSALS = (InputError, MisconfigurationException)


class ConfigLogger(SaveConfigCallback):
    """Log the config to W&B, in addition to config.yaml in the folder of the run."""

    def save_config(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Log data, model, trainer and seed."""
        config = json.loads(self.parser.dump(self.config, format="json", skip_none=False))
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                logger.log_hyperparams(config)


class ActionCLI(LightningCLI):
    """Links the parts of a config and runs the Trainer."""

    config_folder = ""  # below configs/, where --config looks first
    other_program = "action_rec.long_memory"  # whose configs are easily mistaken for ours

    @classmethod
    def run(
        cls,
        words: Sequence[str],
        program: str,
        model: type[LightningModule],
        data: type[LightningDataModule],
        callbacks: Sequence[Callback],
        **options: Any,  # noqa: ANN401
    ) -> None:
        """Parse a command, build what its config describes and run it.

        Args:
            words: The command and its arguments.
            program: The words before the command.
            model: Class of the model.
            data: Class of the data.
            callbacks: Those that every run has, besides the ones for training.
            **options: Further arguments of `LightningCLI`.

        Raises:
            InputError: The words or the config cannot be used.
        """
        shared = [SeedEachStep(), StopOnNaN(), FitReport(), TimeEstimate(), *callbacks]
        cls(
            model,
            data,
            args=list(words),
            seed_everything_default=0,
            auto_configure_optimizers=False,
            parser_kwargs=cls._parser_options(program),
            save_config_callback=ConfigLogger,
            save_config_kwargs={"overwrite": True},
            # Our sampler divides the sequences among ranks itself, without repeating any.
            trainer_defaults={"use_distributed_sampler": False, "callbacks": shared},
            **options,
        )

    @classmethod
    def _parser_options(cls, program: str) -> dict[str, Any]:
        """Return the arguments of the parsers: of the main one, and by command."""
        common = {"exit_on_error": False, "allow_abbrev": False}
        notes = CONFIG_NOTES.format(example="CLASS")
        by_command = {
            name: {
                **common,
                "usage": f"{program} {name} --config CONFIG [--KEY VALUE ...]",
                "description": f"{summary(getattr(cls, name))}. {notes}",
            }
            for name in cls.subcommands()
        }
        return {**common, "prog": program, **by_command}

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
        """Add the arguments about the files of a run."""
        parser.add_argument(
            "--save_dir", type=str | None, help="Folder of the runs; replaces that of the loggers."
        )
        parser.add_argument(
            "--if_disk_full",
            type=IfDiskFull,
            default="go_on",
            help="Whether a fit continues or stops if the disk has no space for a checkpoint.",
        )

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return the commands, each with the arguments of the Trainer's method that are hidden."""
        commands = LightningCLI.subcommands()
        return {name: commands[name] | _DECIDED for name in ("fit", "validate", "test")}

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:  # noqa: ANN401
        """Parse the words, then check what types cannot express."""
        try:
            self.config = parser.parse_args(resolve_configs(args, self.config_folder))
        except ArgumentError as error:
            raise InputError(self.explain(str(error))) from error
        config = self.config[self.config.subcommand]
        check_seed(config.seed_everything)
        check_trainer(config.trainer)
        # Without a class_path, jsonargparse takes the base class.
        if config.model.network.get("class_path") in (None, "torch.nn.Module"):
            raise InputError("--model.network has no class_path; name the class of the network")
        self._resumed: dict[str, Any] = {}
        if config.ckpt_path == "last":
            config.ckpt_path = find_last(config)
        if config.ckpt_path is not None:
            self._resumed = load_checkpoint(Path(config.ckpt_path))
        elif self.config.subcommand != "fit":
            raise InputError(
                f"{self.config.subcommand} needs a trained network; add --ckpt_path with a .ckpt "
                "file that fit wrote, e.g. runs/NAME/version_0/checkpoints/best.ckpt"
            )

    def explain(self, message: str) -> str:
        """Rewrite an error message of the parser and add where to look."""
        text = readable(message)
        program = self.parser.prog
        if "--model.network" in text and "required" in text:
            return f"{text}; name an experiment with --config, e.g. demo"
        if "does not accept option 'data." in text:
            return f"{text}; is this a config of python -m {self.other_program}?"
        if "--model.network" in text:
            return f"{text}; '{program} fit --model.network.help CLASS' lists its arguments"
        return f"{text}; '{program} fit --help' lists all arguments"

    def _parse_ckpt_path(self) -> None:
        """Take nothing from the checkpoint: the network is built from the config.

        Lightning would let the checkpoint override the config silently, and import the classes it
        names. A checkpoint that does not fit the config is refused when it is loaded.
        """

    def before_instantiate_classes(self) -> None:
        """Adapt loggers, progress bar and model summary to the command line."""
        config = self.config[self.config.subcommand]
        trainer = config.trainer
        if isinstance(trainer.callbacks, Namespace):  # one callback may stand without a list
            trainer.callbacks = [trainer.callbacks]
        chosen = [one.class_path for one in trainer.callbacks or []]
        defaults = self.trainer_defaults["callbacks"]
        if trainer.enable_progress_bar is not False and not any("ProgressBar" in c for c in chosen):
            defaults.append(StderrProgressBar())
        if trainer.enable_model_summary is not False and not any("Summary" in c for c in chosen):
            defaults.append(ModelSummary())  # through logging; the default one prints to stdout
        adapt_loggers(config, wandb_id(self._resumed) if self.config.subcommand == "fit" else None)

    def instantiate_classes(self) -> None:
        """Build data, model and trainer."""
        try:
            with user_settings():
                super().instantiate_classes()
        except ValueError as error:
            # jsonargparse wraps the errors of classes that it builds for a link.
            cause: BaseException | None = error
            while cause is not None and not isinstance(cause, _REFUSALS):
                cause = cause.__cause__ or cause.__context__
            if cause is None:
                raise
            raise InputError(str(cause)) from None

    def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Callback]) -> Trainer:
        with user_settings():
            return super()._instantiate_trainer(config, callbacks)

    def after_instantiate_classes(self) -> None:
        """Check what the data and the config must have, before loggers and workers start."""
        self.datamodule.check_splits(self.config.subcommand)
        config, strategy = self.config[self.config.subcommand], self.trainer.strategy
        if config.trainer.sync_batchnorm and strategy.root_device.type != "cuda":
            raise InputError(
                "sync_batchnorm works on GPUs only, and this run is on "
                f"{strategy.root_device.type}; add --trainer.sync_batchnorm false"
            )
        self.prepare_run()

    def prepare_run(self) -> None:
        """Check optimizer and processes; set up checkpoint writing and memory.

        Raises:
            InputError: The optimizer refuses its arguments or is not that of the checkpoint, or
                there are many more processes than CPU cores.
        """
        if self.config.subcommand == "fit":
            self._check_optimizer()
            if self._resumed:
                check_resumable(self._resumed, self.model)
        strategy = self.trainer.strategy
        strategy.checkpoint_io = DurableCheckpointIO(
            self.config[self.config.subcommand].if_disk_full
        )
        if strategy.root_device.type == "cpu":
            cores, processes = os.cpu_count() or 1, self.trainer.num_devices
            if processes > max(cores, _CPU_PROCESSES):
                raise InputError(
                    f"--trainer.devices {processes} starts {processes} processes on a machine of "
                    f"{cores} CPU cores, each with its own copy of everything; on a CPU use at "
                    "most as many as there are cores"
                )
            keep_freed_memory()

    def _check_optimizer(self) -> None:
        try:
            optimizer = self.model.build_optimizer()
        except ValueError as error:  # e.g. a negative learning rate
            raise InputError(f"--model.optimizer: {error}") from error
        on_cpu = self.trainer.strategy.root_device.type == "cpu"
        for name in ("differentiable", *["capturable"] * on_cpu):
            if optimizer.defaults.get(name):
                raise InputError(
                    f"--model.optimizer.{name} true is of no use here, and PyTorch refuses it; set "
                    "it to false"
                )

    def fit(self, **arguments: Any) -> None:  # noqa: ANN401
        """Train; checkpoints, metrics.csv and config.yaml go to runs/CONFIG/version_N."""
        self._run_trainer("fit", arguments)

    def validate(self, **arguments: Any) -> None:  # noqa: ANN401
        """Evaluate a checkpoint on val: accuracies, confusion, scores."""
        self._run_trainer("validate", {"verbose": False, **arguments})

    def test(self, **arguments: Any) -> None:  # noqa: ANN401
        """Evaluate a checkpoint on the test split: accuracies, confusion, scores."""
        self._run_trainer("test", {"verbose": False, **arguments})

    def _run_trainer(self, method: str, arguments: dict[str, Any]) -> None:
        with user_settings():
            start_wandb(self.trainer.loggers)
            try:
                # weights_only keeps a checkpoint from running code.
                getattr(self.trainer, method)(weights_only=True, **arguments)
            except SystemExit as error:
                # Lightning ends with status 1 after Ctrl-C; shells expect 128 + SIGINT.
                stopped = self.trainer.state.status == TrainerStatus.INTERRUPTED
                raise SystemExit(130 if stopped and error.code == 1 else error.code) from None
        _close_wandb(self.trainer)


def _close_wandb(trainer: Trainer) -> None:
    """Finish the W&B run; its closing lines go to stderr, apart from our results."""
    if not trainer.is_global_zero:
        return
    for logger in trainer.loggers:
        if isinstance(logger, WandbLogger):
            run = logger.experiment
            with redirect_stdout(sys.stderr):
                run.finish()
            if run.offline:
                folder = Path(run.dir).parent
                print(f"W&B files: {folder}; 'wandb sync {folder}' uploads them", file=sys.stderr)
