"""What `validate` and `test` end with: a table a person reads, and a file a program reads."""

import math
import sys
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer

from action_rec import __version__
from action_rec.checkpoints.reading import load_checkpoint
from action_rec.console.writing import write_json
from action_rec.evaluation.provenance import describe_choice
from action_rec.evaluation.tables import print_table
from action_rec.long_memory.learner import SequenceLearner
from action_rec.long_memory.loading import SequenceData
from action_rec.long_memory.objectives import Figures
from action_rec.training.run_folder import run_folder

_HEADINGS = {
    "loss": "loss",
    "baseline": "always answering 1",
    "accuracy": "accuracy",
    "error": "error %",
    "bits": "bits per symbol",
    "perplexity": "perplexity",
}


class ResultWriter(Callback):
    """Prints the figures of an evaluation, and writes them with all that they depend on.

    The file is ``val_results.json`` or ``test_results.json`` in the folder of the run. The
    validations within a fit go to the loggers alone.
    """

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report `validate`."""
        if trainer.state.fn == "validate":
            self._report(trainer, pl_module, "val")

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report `test`."""
        self._report(trainer, pl_module, "test")

    def _report(self, trainer: Trainer, learner: LightningModule, split: str) -> None:
        assert isinstance(learner, SequenceLearner)
        result = describe(trainer, learner, split)
        path = run_folder(trainer) / f"{split}_results.json"
        figures: Figures = result["figures"]
        # JSON has no infinity, which the perplexity of a network that exploded may be.
        written = {n: value if math.isfinite(value) else None for n, value in figures.items()}
        write_json(path, {**result, "figures": written}, sort_keys=True)
        print_table(
            f"{result['data']['task']}, {split}",
            ["network", "parameters", "seed", *(_HEADINGS[name] for name in figures)],
            [
                [
                    result["network"],
                    f"{result['parameters']:,}",
                    str(result["seed"]),
                    *(f"{value:.5g}" for value in figures.values()),
                ]
            ],
        )
        print(f"{result['chosen']}\nresults: {path}")
        sys.stdout.flush()


def describe(trainer: Trainer, learner: SequenceLearner, split: str) -> dict[str, Any]:
    """The figures of a split and what they depend on: plain values."""
    data = trainer.datamodule  # type: ignore[attr-defined]
    assert isinstance(data, SequenceData)
    path = trainer.ckpt_path
    checkpoint = load_checkpoint(Path(path)) if path else {}
    return {
        "network": learner.network.title,
        "parameters": sum(p.numel() for p in learner.network.parameters()),
        "split": split,
        "figures": learner.figures(split),
        "data": data.about(),
        "seed": checkpoint.get(type(data).__qualname__, {}).get("seed"),
        "step": checkpoint.get("global_step"),
        "chosen": describe_choice(checkpoint),
        "checkpoint": str(path or ""),
        "device": f"{learner.device.type}, threads: {torch.get_num_threads()}",
        "versions": {"action_rec": __version__, "torch": torch.__version__},
    }
