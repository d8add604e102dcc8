"""Print the metrics of `validate` and `test` as a table, and write them as JSON."""

import math
import sys
import time
from pathlib import Path
from typing import Any

import torch
from lightning import Callback, LightningModule, Trainer
from torch import Tensor, nn

from action_rec import __version__
from action_rec.checkpoints.reading import load_checkpoint
from action_rec.console.writing import write_json
from action_rec.evaluation.provenance import describe_choice
from action_rec.evaluation.tables import print_table
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.learner import SequenceLearner
from action_rec.long_memory.loading import SequenceData
from action_rec.long_memory.objectives import Metrics
from action_rec.training.run_folder import run_folder

_STREAMED_STEPS = 100  # whose time is measured

_HEADINGS = {
    "loss": "loss",
    "baseline": "constant prediction 1",
    "accuracy": "accuracy",
    "error": "error %",
    "bits": "bits per symbol",
    "perplexity": "perplexity",
}


class ResultWriter(Callback):
    """Print the metrics of an evaluation, and write them with their provenance.

    The file is ``val_results.json`` or ``test_results.json`` in the run folder. Validations during
    `fit` are only logged. After a test, the time of a streamed step is measured and written too.
    """

    def __init__(self) -> None:
        self._inputs: Tensor | None = None

    def on_test_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ANN401 (of Lightning)
        batch: SequenceBatch,
        *_: object,
    ) -> None:
        """Keep the beginning of a sequence."""
        self._inputs = batch.inputs[:1, :_STREAMED_STEPS]

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report the metrics of `validate`."""
        if trainer.state.fn == "validate":
            self._report(trainer, pl_module, "val")

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report the metrics of `test`."""
        self._report(trainer, pl_module, "test")

    def _report(self, trainer: Trainer, learner: LightningModule, split: str) -> None:
        assert isinstance(learner, SequenceLearner)
        result = describe(trainer, learner, split)
        streams = not getattr(learner.network, "bidirectional", False)
        if split == "test" and streams and self._inputs is not None:
            result["step_ms"] = step_time(learner.network, self._inputs)
        path = run_folder(trainer) / f"{split}_results.json"
        metrics: Metrics = result["figures"]
        # JSON has no infinity, which the perplexity can be if training diverged.
        finite = {n: value if math.isfinite(value) else None for n, value in metrics.items()}
        write_json(path, {**result, "figures": finite}, sort_keys=True)
        print_table(
            f"{result['data']['task']}, {split}",
            ["network", "parameters", "seed", *(_HEADINGS[name] for name in metrics)],
            [
                [
                    result["network"],
                    f"{result['parameters']:,}",
                    str(result["seed"]),
                    *(f"{value:.5g}" for value in metrics.values()),
                ]
            ],
        )
        if "step_ms" in result:
            print(f"a streamed step of one sequence: {result['step_ms']:.3g} ms of a processor")
        print(f"{result['chosen']}\nresults: {path}")
        sys.stdout.flush()


def step_time(network: nn.Module, inputs: Tensor) -> float:
    """Return the processor time in ms of a step when a sequence is read step by step.

    Args:
        network: A `SequenceNetwork`.
        inputs: The beginning of a sequence, (1, T, ...), on the network's device.
    """
    training = network.training
    network.eval()
    with torch.inference_mode():
        _, states = network(inputs[:, :1])
        start = time.process_time()
        for step in torch.split(inputs, 1, dim=1):
            _, states = network(step, states)
    taken = time.process_time() - start
    network.train(training)
    return 1e3 * taken / inputs.shape[1]


def describe(trainer: Trainer, learner: SequenceLearner, split: str) -> dict[str, Any]:
    """Return the metrics of a split and their provenance, as plain values."""
    data = trainer.datamodule  # type: ignore[attr-defined]
    assert isinstance(data, SequenceData)
    path = trainer.ckpt_path
    checkpoint = load_checkpoint(Path(path)) if path else {}
    return {
        "network": learner.network.title,
        "parameters": sum(p.numel() for p in learner.network.parameters()),
        "split": split,
        "figures": learner.metrics(split),
        "data": data.description(),
        "seed": checkpoint.get(type(data).__qualname__, {}).get("seed"),
        "step": checkpoint.get("global_step"),
        "chosen": describe_choice(checkpoint),
        "checkpoint": str(path or ""),
        "device": f"{learner.device.type}, threads: {torch.get_num_threads()}",
        "versions": {"action_rec": __version__, "torch": torch.__version__},
    }
