"""Objectives of the long-memory tasks: their losses and metrics."""

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

PADDING = -1  # target of a step that is ignored

ObjectiveName = Literal["regression", "classification", "frame_classification", "next_symbol"]
Metrics = dict[str, float]


class Objective:
    """Base class of objectives.

    Attributes:
        names: Names of the metrics that `per_item` returns.
        main: Name of the metric shown in the progress bar.
    """

    names: tuple[str, ...] = ("loss",)
    main = "loss"

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of a training batch, a scalar."""
        return self.per_item(outputs, targets)["loss"].mean()

    def per_item(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the metrics of each of N items, (N,), which are averaged over a split."""
        raise NotImplementedError

    def summarize(self, means: Metrics) -> Metrics:
        """Return the metrics of a split from the means over its items."""
        return means


class Regression(Objective):
    """Squared error of one number per sequence, and that of the constant prediction 1.

    1 is the mean target of the adding problem, with a mean squared error of 1/6 = 0.167.
    """

    names = ("loss", "baseline")

    def per_item(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the errors (B,) of outputs (B, 1) and of 1, for targets (B,)."""
        error = outputs.squeeze(1).float() - targets
        return {"loss": error.square(), "baseline": (1 - targets).square()}


class Classification(Objective):
    """Classification of sequences: cross-entropy in nats, accuracy, and error in percent."""

    names = ("loss", "accuracy")
    main = "error"

    def per_item(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the loss and accuracy (B,) of logits (B, K), for target classes (B,)."""
        return {
            "loss": functional.cross_entropy(outputs.float(), targets, reduction="none"),
            "accuracy": (outputs.argmax(dim=1) == targets).float(),
        }

    def summarize(self, means: Metrics) -> Metrics:
        """Add the error in percent."""
        return {**means, "error": 100 * (1 - means["accuracy"])}


class FrameClassification(Classification):
    """Classification of every step: cross-entropy in nats, accuracy, and frame error in percent.

    Steps whose target is `PADDING` count in neither the loss nor the metrics.
    """

    def per_item(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the loss and accuracy (N,) of logits (B, T, K) at the N steps with a class."""
        kept = targets != PADDING
        return super().per_item(outputs[kept], targets[kept])


class NextSymbol(Objective):
    """Prediction of the next symbol at every step: cross-entropy in nats, bits and perplexity.

    The outputs are logits (B, T, K), or the log-probabilities (B, T) of the targets alone.
    """

    main = "bits"

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean cross-entropy over all steps that are not padding."""
        if outputs.ndim == targets.ndim:
            return super().loss(outputs, targets)
        logits = outputs.flatten(0, 1).float()
        return functional.cross_entropy(logits, targets.flatten(), ignore_index=PADDING)

    def per_item(self, outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the losses (N,) at the N steps that are not padding."""
        kept = targets != PADDING
        if outputs.ndim == targets.ndim:
            return {"loss": -outputs[kept]}
        logits = outputs[kept].float()
        return {"loss": functional.cross_entropy(logits, targets[kept], reduction="none")}

    def summarize(self, means: Metrics) -> Metrics:
        """Add bits per symbol and perplexity."""
        loss = torch.tensor(means["loss"], dtype=torch.float64)
        perplexity = float(loss.exp())  # inf, where math.exp would raise
        return {**means, "bits": means["loss"] / math.log(2), "perplexity": perplexity}


OBJECTIVES: dict[ObjectiveName, Objective] = {
    "regression": Regression(),
    "classification": Classification(),
    "frame_classification": FrameClassification(),
    "next_symbol": NextSymbol(),
}
