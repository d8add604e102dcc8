"""The command line: `python -m action_rec fit|validate|test|predict`."""

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from lightning.pytorch.loggers import WandbLogger

from action_rec.callbacks import SeedEachStep
from action_rec.checkpoints import load_checkpoint
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.errors import InputError
from action_rec.evaluation.results import ResultsWriter
from action_rec.recognizer import ActionRecognizer

# Arguments of the Trainer's methods that this command line decides itself.
_DECIDED = {"weights_only", "verbose", "return_predictions"}


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

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Link the arguments that must agree."""
        parser.link_arguments("seed_everything", "data.seed", compute_fn=int)
        network = "model.network.init_args"
        parser.link_arguments("data.clip_len", f"{network}.clip_len", apply_on="instantiate")
        parser.link_arguments("data.frame_shape", f"{network}.frame_shape", apply_on="instantiate")
        parser.link_arguments("data.num_classes", f"{network}.num_classes", apply_on="instantiate")
        parser.link_arguments("data.class_names", "model.class_names", apply_on="instantiate")

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The Trainer's methods and those of their arguments that are not offered."""
        commands = LightningCLI.subcommands()
        return {name: hidden | _DECIDED for name, hidden in commands.items()}

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:  # noqa: ANN401
        """Parse, then look at the checkpoint before anything is built on it."""
        self.config = parser.parse_args(args)
        path = self.config[self.config.subcommand].ckpt_path
        if path not in (None, "best", "last", "hpc"):
            load_checkpoint(Path(path))

    def before_instantiate_classes(self) -> None:
        """Name the run after its card, in every logger that has no name of its own."""
        config = self.config[self.config.subcommand]
        loggers = config.trainer.logger if isinstance(config.trainer.logger, list) else []
        cards = config.get("config") or []
        for logger in loggers:
            if cards and logger.init_args.get("name") is None:
                logger.init_args.name = Path(str(cards[0])).stem

    def after_instantiate_classes(self) -> None:
        """Refuse a split without sequences before loggers and workers start."""
        self.datamodule.check_splits(self.config.subcommand)

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
    _quieten()
    try:
        ActionCLI(
            ActionRecognizer,
            SkeletonDataModule,
            args=None if args is None else list(args),
            seed_everything_default=0,
            auto_configure_optimizers=False,
            save_config_callback=ConfigLogger,
            save_config_kwargs={"overwrite": True},
            # Our sampler divides the sequences among ranks itself, without repeating any.
            trainer_defaults={
                "use_distributed_sampler": False,
                "callbacks": [SeedEachStep(), ResultsWriter()],
            },
        )
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _quieten() -> None:
    """Leave out warnings about what is done on purpose here or is the libraries' own business."""
    for message in (
        ".*does not have many workers.*",  # a gather per batch is faster than the transfer from one
        ".*The dirpath has changed.*",  # test and predict have a folder of their own
        ".*isinstance.treespec, LeafSpec.*",  # lightning 2.6 with torch 2.13
    ):
        warnings.filterwarnings("ignore", message)
