"""The table of all commands of ``python -m action_rec.long_memory``."""

from collections.abc import Sequence
from pathlib import Path

from lightning.pytorch.cli import LightningArgumentParser

from action_rec.cli.trainer import CONFIG_NOTES, ActionCLI
from action_rec.console.program import Program
from action_rec.errors import InputError
from action_rec.long_memory import adding, mnist, sharded_text, text  # noqa: F401 (short names)
from action_rec.long_memory.compare import compare
from action_rec.long_memory.gradients import gradients
from action_rec.long_memory.learner import SequenceLearner
from action_rec.long_memory.loading import SequenceData
from action_rec.long_memory.results import ResultWriter
from action_rec.long_memory.softmax import AdaptiveSoftmax
from action_rec.long_memory.speech import data  # noqa: F401 (found by its short name)
from action_rec.long_memory.speech.synthesis import synthesize_speech
from action_rec.long_memory.synthesize_text import synthesize_text
from action_rec.long_memory.vocabulary_file import FILE_NAME, count_words_to_file


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

    def instantiate_classes(self) -> None:
        """Build data, model and trainer; data with a vocabulary take that of the checkpoint's run.

        The config that is saved does not name that file: the new run writes its own.
        """
        config = self.config[self.config.subcommand]
        arguments = config.data.init_args
        if not config.ckpt_path or arguments.get("vocabulary", "") is not None:
            super().instantiate_classes()
            return
        arguments.vocabulary = str(_vocabulary_of(Path(config.ckpt_path)))
        try:
            super().instantiate_classes()
        finally:
            arguments.vocabulary = None

    def after_instantiate_classes(self) -> None:
        """Check that data, network and checkpoint fit each other, and set up the run."""
        state = self._resumed.get(type(self.datamodule).__qualname__)
        if state is not None:  # before the network, whose sizes follow from the data
            self.datamodule.load_state_dict(state)
        head = getattr(self.model.network, "head", None)
        if isinstance(head, AdaptiveSoftmax) and not self.datamodule.sorted_by_frequency:
            raise InputError(
                "an adaptive softmax needs symbols that are sorted by frequency, which those of "
                f"{type(self.datamodule).__name__} are not; use ShardedTextData or softmax: null"
            )
        self.prepare_run()


def _vocabulary_of(checkpoint: Path) -> Path:
    """Return the vocabulary that a fit wrote beside a checkpoint."""
    folders = (checkpoint.parent.parent, checkpoint.parent)
    for folder in folders:
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise InputError(
        f"there is no {FILE_NAME} in {folders[0]} or {folders[1]}, where fit writes it beside its "
        "checkpoints; name that file with --data.vocabulary"
    )


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
        "look at results": {"compare": compare, "gradients": gradients},
        "make data": {
            "count-words": count_words_to_file,
            "synthesize-text": synthesize_text,
            "synthesize-speech": synthesize_speech,
        },
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
