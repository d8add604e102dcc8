"""The command line: ``python -m action_rec.long_memory fit|validate|test|compare|gradients``."""

import argparse
import sys
from argparse import ArgumentError
from collections.abc import Sequence
from pathlib import Path

from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.cli import LightningArgumentParser, SaveConfigCallback

from action_rec.cli import ActionCLI, quieten
from action_rec.console.errors import fail, readable, refused_setting
from action_rec.console.help import Usage
from action_rec.errors import InputError
from action_rec.long_memory.compare import compare
from action_rec.long_memory.gradients import gradients
from action_rec.long_memory.learner import SequenceLearner
from action_rec.long_memory.loading import SequenceData
from action_rec.long_memory.results import ResultWriter
from action_rec.training.callbacks import SeedEachStep
from action_rec.training.fit_report import FitReport
from action_rec.training.monitoring import StopOnNaN

_USAGE = Usage(
    "python -m action_rec.long_memory",
    "Tasks of long memory, with the encoders of the skeleton networks: docs/long_memory.md.",
    {
        "fit": "train; checkpoints, metrics.csv and config.yaml go to runs/long_memory/CARD",
        "validate": "evaluate a checkpoint on val",
        "test": "evaluate a checkpoint on the test split",
        "compare": "draw several runs side by side: compare [NAME=]RUN_DIR ... OUT.png",
        "gradients": "draw what of a gradient arrives at the first step: gradients OUT.png",
    },
    (
        "python -m action_rec.long_memory fit --config configs/long_memory/adding_100.yaml",
        "python -m action_rec.long_memory fit --config configs/long_memory/adding_100.yaml "
        "--model.network.recurrence LSTM --model.optimizer.lr 2e-3",
        "python -m action_rec.long_memory fit --config configs/long_memory/mnist.yaml "
        "--data.path FOLDER",
        "python -m action_rec.long_memory compare --help",
    ),
    "SequenceNetwork",
)


class LongMemoryCLI(ActionCLI):
    """The table of what the parts of a config take from each other; the rest is `ActionCLI`'s."""

    config_folder = "long_memory"

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Link the arguments that must agree."""
        parser.link_arguments("seed_everything", "data.init_args.seed", compute_fn=int)
        for size in ("num_inputs", "num_outputs", "num_steps"):
            target = f"model.network.init_args.{size}"
            parser.link_arguments(f"data.{size}", target, apply_on="instantiate")
        for rule in ("objective", "carry_state"):
            parser.link_arguments(f"data.{rule}", f"model.{rule}", apply_on="instantiate")
        self.add_run_arguments(parser)

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """`fit`, `validate` and `test`."""
        commands = ActionCLI.subcommands()
        return {name: commands[name] for name in ("fit", "validate", "test")}

    def after_instantiate_classes(self) -> None:
        """Nothing of this task can be refused before the data are read."""
        self.prepare_run()


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
        args: The words after ``python -m action_rec.long_memory``; None takes them from the
            process.

    Returns:
        0, or 2 after the user's mistake, which is told in one sentence on stderr.
    """
    words = list(sys.argv[1:] if args is None else args)
    if _USAGE.asked_for(words):
        print(_USAGE.page)
        return 0
    quieten()
    try:
        if words[:1] in (["compare"], ["gradients"]):
            _draw(words)
        else:
            _run(words)
    except ArgumentError as error:
        return fail(InputError(_readable(str(error))))
    except (MisconfigurationException, OSError) as error:
        return fail(error)
    except ValueError as error:
        mistake = _mistake(error)
        if mistake is None and not refused_setting(error):
            raise
        return fail(mistake or error)
    return 0


def _readable(mistake: str) -> str:
    """What a parser says of a wrong word, and where to look."""
    if "are required: path" in mistake:
        return (
            "the data of this card are not generated; add --data.path, for MNIST the folder of its "
            "four idx files, for a text its file, folder or .zip"
        )
    said = readable(mistake)
    if "does not accept option 'data." in said:
        return f"{said}; is this a card of another program, python -m action_rec?"
    return f"{said}; 'python -m action_rec.long_memory fit --help' lists all"


def _run(words: list[str]) -> None:
    LongMemoryCLI(
        SequenceLearner,
        SequenceData,
        subclass_mode_data=True,
        args=words,
        seed_everything_default=0,
        auto_configure_optimizers=False,
        parser_kwargs=_USAGE.parser_options(list(LongMemoryCLI.subcommands())),
        save_config_callback=SaveConfigCallback,
        save_config_kwargs={"overwrite": True},
        trainer_defaults={
            "use_distributed_sampler": False,
            "callbacks": [SeedEachStep(), StopOnNaN(), FitReport(), ResultWriter()],
        },
    )


def _draw(words: list[str]) -> None:
    parser = argparse.ArgumentParser("python -m action_rec.long_memory", description=__doc__)
    commands = parser.add_subparsers(required=True)

    added = commands.add_parser("compare", help="several runs in one picture, with its CSV")
    added.add_argument("runs", nargs="+", metavar="[NAME=]RUN_DIR")
    added.add_argument("out", type=Path, metavar="OUT.png")
    added.add_argument("--title", default="", help="what stands above it")
    added.set_defaults(command=compare)

    added = commands.add_parser("gradients", help="what of a gradient arrives at step 0")
    added.add_argument("out", type=Path, metavar="OUT.png")
    added.add_argument("--seeds", type=int, default=3, help="networks per layer type")
    added.add_argument("--longest", type=int, default=1000, help="most steps T")
    added.set_defaults(command=gradients)

    arguments = vars(parser.parse_args(words))
    command = arguments.pop("command")
    command(**arguments)


def _mistake(error: BaseException | None) -> InputError | None:
    """The user's mistake in an error or its cause: jsonargparse wraps those of the data."""
    while error is not None and not isinstance(error, InputError):
        error = error.__cause__
    return error
