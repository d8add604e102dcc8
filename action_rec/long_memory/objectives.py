"""What is asked of a sequence: its loss, what is measured, and the figures drawn from that."""

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

PADDING = -1  # the target of a step that does not count

ObjectiveName = Literal["regression", "classification", "next_symbol"]
Figures = dict[str, float]


class Objective:
    """What a task asks of outputs and targets.

    Attributes:
        measured: Names of what `measure` returns.
        main: The figure that a table and a picture show first.
    """

    measured: tuple[str, ...] = ("loss",)
    main = "loss"

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of a training batch, a scalar."""
        return self.measure(outputs, targets)["loss"].mean()

    def measure(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """What is averaged over all N items of a split, each (N,)."""
        raise NotImplementedError

    def summarize(self, means: Figures) -> Figures:
        """The figures that follow from the means."""
        return means


class Regression(Objective):
    """One number per sequence: squared error, beside that of always answering 1.

    1 is the mean of the adding problem, where its error is 1/6 = 0.167.
    """

    measured = ("loss", "baseline")

    def measure(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Measure outputs (B, 1) against targets (B,)."""
        error = outputs.squeeze(1).float() - targets
        return {"loss": error.square(), "baseline": (1 - targets).square()}


class Classification(Objective):
    """One class per sequence: cross-entropy in nats and the share of errors."""

    measured = ("loss", "accuracy")
    main = "error"

    def measure(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Measure logits (B, K) against classes (B,)."""
        return {
            "loss": functional.cross_entropy(outputs.float(), targets, reduction="none"),
            "accuracy": (outputs.argmax(dim=1) == targets).float(),
        }

    def summarize(self, means: Figures) -> Figures:
        """Add the error in percent."""
        return {**means, "error": 100 * (1 - means["accuracy"])}


class NextSymbol(Objective):
    """The next symbol at every step: cross-entropy in nats, bits and as perplexity."""

    main = "bits"

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean over all steps that count."""
        logits = outputs.flatten(0, 1).float()
        return functional.cross_entropy(logits, targets.flatten(), ignore_index=PADDING)

    def measure(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Measure logits (B, T, K) against symbols (B, T); steps of padding do not count."""
        counts = targets != PADDING
        return {
            "loss": functional.cross_entropy(
                outputs[counts].float(), targets[counts], reduction="none"
            )
        }

    def summarize(self, means: Figures) -> Figures:
        """Add bits per symbol and perplexity."""
        loss = torch.tensor(means["loss"], dtype=torch.float64)
        perplexity = float(loss.exp())  # infinite rather than an error
        return {**means, "bits": means["loss"] / math.log(2), "perplexity": perplexity}


OBJECTIVES: dict[ObjectiveName, Objective] = {
    "regression": Regression(),
    "classification": Classification(),
    "next_symbol": NextSymbol(),
}
