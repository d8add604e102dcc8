"""The table of all commands of ``python -m action_rec.long_memory``."""

from collections.abc import Sequence

from lightning.pytorch.cli import LightningArgumentParser

from action_rec.cli.trainer import CONFIG_NOTES, ActionCLI
from action_rec.console.program import Program
from action_rec.long_memory import adding, mnist, text  # noqa: F401 (found by short names)
from action_rec.long_memory.compare import compare
from action_rec.long_memory.gradients import gradients
from action_rec.long_memory.learner import SequenceLearner
from action_rec.long_memory.loading import SequenceData
from action_rec.long_memory.results import ResultWriter
from action_rec.long_memory.speech import data  # noqa: F401 (found by its short name)
from action_rec.long_memory.speech.synthesis import synthesize_speech


class LongMemoryCLI(ActionCLI):
    """Links the parts of a config of a long-memory task."""

    other_program = "action_rec"
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

    def explain(self, message: str) -> str:
        """Rewrite an error message of the parser and add where to look."""
        if "are required: path" in message:
            return (
                "the data of this config are not generated; add --data.path, for MNIST the folder "
                "of its four idx files, for a text its file, folder or .zip, for speech the folder "
                "of TIMIT or of synthesize-speech"
            )
        return super().explain(message)

    def after_instantiate_classes(self) -> None:
        """Set up the run; the data are checked when they are read."""
        self.prepare_run()


def _run_configured(words: Sequence[str]) -> None:
    LongMemoryCLI.run(
        words,
        PROGRAM.name,
        SequenceLearner,
        SequenceData,
        [ResultWriter()],
        subclass_mode_data=True,
    )


PROGRAM = Program(
    name="python -m action_rec.long_memory",
    about="Long-memory tasks, with the encoders of the skeleton networks: docs/long_memory.md.",
    groups={
        "train and evaluate": {
            "fit": LongMemoryCLI.fit,
            "validate": LongMemoryCLI.validate,
            "test": LongMemoryCLI.test,
        },
        "make data": {"synthesize-speech": synthesize_speech},
        "look at results": {"compare": compare, "gradients": gradients},
    },
    examples=(
        "python -m action_rec.long_memory fit --config adding_100",
        "python -m action_rec.long_memory fit --config adding_100 --model.network.recurrence LSTM",
        "python -m action_rec.long_memory fit --config mnist --data.path FOLDER",
    ),
    notes=CONFIG_NOTES.format(example="SequenceNetwork"),
    configured=tuple(LongMemoryCLI.subcommands()),
    run_configured=_run_configured,
)
