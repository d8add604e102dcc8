"""The table of all commands of ``python -m action_rec``.

To add a command, write a function with type hints and a docstring, and add it to `_COMMANDS`:
its parameters become arguments (`action_rec.console.command`), the first line of its docstring
stands on the help page.
"""

from collections.abc import Sequence

from action_rec.analysis.attention import attention
from action_rec.analysis.curves import curves
from action_rec.analysis.early_recognition import early
from action_rec.analysis.ensemble import ensemble
from action_rec.analysis.precise_bn import precise_bn
from action_rec.analysis.recurrent_weights import recurrent_weights
from action_rec.analysis.results import results
from action_rec.analysis.seeds import seeds
from action_rec.cli.trainer import CONFIG_NOTES, ActionCLI
from action_rec.console.command import Command
from action_rec.console.configs import configs
from action_rec.console.program import Program
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.evaluation.evaluator import Evaluator
from action_rec.export.command import export
from action_rec.live.command import stream
from action_rec.live.decide import decide
from action_rec.prediction.command import predict
from action_rec.prediction.graph import graph
from action_rec.recognizer import ActionRecognizer
from action_rec.report.callback import ReportPage
from action_rec.report.command import report
from action_rec.training.loggers import RunIdentity
from action_rec.training.monitoring import BatchSizeReport

_COMMANDS: dict[str, dict[str, Command]] = {
    "train and evaluate": {
        "fit": ActionCLI.fit,
        "validate": ActionCLI.validate,
        "test": ActionCLI.test,
        "seeds": seeds,
        "configs": configs,
    },
    "predict": {
        "predict": predict,
        "stream": stream,
        "export": export,
    },
    "look at results": {
        "report": report,
        "results": results,
        "ensemble": ensemble,
        "early": early,
        "decide": decide,
        "curves": curves,
        "recurrent-weights": recurrent_weights,
        "attention": attention,
        "graph": graph,
        "precise-bn": precise_bn,
    },
}


def _run_configured(words: Sequence[str]) -> None:
    """Run `fit`, `validate` or `test`."""
    callbacks = [BatchSizeReport(), RunIdentity(), Evaluator(), ReportPage()]
    ActionCLI.run(words, PROGRAM.name, ActionRecognizer, SkeletonDataModule, callbacks)


PROGRAM = Program(
    name="python -m action_rec",
    about="Recognition of human actions from skeletons by deep IndRNNs.",
    groups=_COMMANDS,
    examples=(
        "python -m action_rec fit --config demo --data.path demo/demo.h5",
        "python -m action_rec fit --config demo --data.path demo/demo.h5 --model.optimizer.lr 5e-4",
        "python -m action_rec test --config demo --data.path demo/demo.h5 --ckpt_path best.ckpt",
        "python -m action_rec predict --ckpt_path best.ckpt one.skeleton",
        "python -m action_rec stream --ckpt_path best.ckpt one.skeleton",
        "python -m action_rec export --ckpt_path best.ckpt step.onnx",
    ),
    notes=CONFIG_NOTES.format(example="ResidualIndRNN"),
    configured=tuple(ActionCLI.subcommands()),
    run_configured=_run_configured,
    renamed={"memory": "recurrent-weights", "reestimate": "precise-bn"},
)
