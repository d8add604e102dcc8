"""LightningModule for action recognition: loss, metrics, and averaging over clips."""

from typing import Any

from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam

from action_rec.batch import ClipBatch
from action_rec.errors import InputError
from action_rec.training.exact_mean import ExactMean
from action_rec.training.module import Schedule, TrainingModule, batch_norm_explained

_TOP_K = 5
_METRICS = ("loss", "accuracy", "accuracy_top5")


class ActionRecognizer(TrainingModule):
    """Trains and evaluates a network that maps clips (B, T, M, V, C) to logits (B, num_classes).

    Args:
        network: The network.
        class_names: Names of the classes, in the order of the logits; set by the data and saved in
            checkpoints.
        optimizer: Called with the parameter groups; weight decay applies to matrices only.
        schedule: Learning rate schedule: ``constant``, or ``one_cycle``: up to the learning rate of
            the optimizer in the first 30 % of the steps, then down to nearly 0.
        recurrent_lr_factor: Learning rate of u relative to that of the other parameters; long
            sequences need a factor below 1.
        label_smoothing: Label smoothing of the training loss, as in `torch.nn.CrossEntropyLoss`.
        compile: Whether to compile the network with `torch.compile` for training.

    Raises:
        InputError: `recurrent_lr_factor` is not above 0, or `label_smoothing` is not from 0 to 1.
    """

    def __init__(
        self,
        network: nn.Module,
        class_names: list[str],
        optimizer: OptimizerCallable = Adam,
        schedule: Schedule = "constant",
        recurrent_lr_factor: float = 1.0,
        label_smoothing: float = 0.0,
        compile: bool = False,
    ) -> None:
        super().__init__(network, optimizer, schedule, recurrent_lr_factor)
        if not 0 <= label_smoothing <= 1:
            raise InputError(f"label_smoothing must be from 0 to 1, got {label_smoothing}")
        self.keep_hyperparameters()
        self.class_names = list(class_names)
        self.label_smoothing = label_smoothing
        self.compile_network = compile
        names = [f"{split}/{name}" for split in ("train", "val", "test") for name in _METRICS]
        self.metrics = nn.ModuleDict({name: ExactMean() for name in names})

    def setup(self, stage: str) -> None:
        """Compile the network for training if `compile` is set."""
        if stage == "fit" and self.compile_network:
            self.network.compile()  # in place, which keeps the parameter names of checkpoints

    def forward(self, clip: Tensor) -> Tensor:
        """Return the logits (B, num_classes) of `clip` (B, T, M, V, C)."""
        logits: Tensor = self.network(clip)
        return logits

    @batch_norm_explained()
    def training_step(self, batch: ClipBatch) -> Tensor:
        """Return the loss of a batch."""
        logits = self._shared_step(batch, "train").mean(dim=1)
        loss = functional.cross_entropy(logits, batch.label, label_smoothing=self.label_smoothing)
        self.log("train/loss", loss, batch_size=len(batch.label), prog_bar=True)
        return loss

    def validation_step(self, batch: ClipBatch) -> Tensor:
        """Update the val metrics; return the logits (B, K, num_classes) of all clips."""
        return self._shared_step(batch, "val")

    def test_step(self, batch: ClipBatch) -> Tensor:
        """Update the test metrics; return the logits (B, K, num_classes) of all clips."""
        return self._shared_step(batch, "test")

    def predict_step(self, batch: ClipBatch) -> tuple[Tensor, Tensor]:
        """Return the sequence indices (B,) and the class probabilities (B, num_classes)."""
        return batch.sequence, self._logits(batch).float().mean(dim=1).softmax(dim=1)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the class names to a checkpoint."""
        checkpoint["class_names"] = self.class_names

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Check that a checkpoint is of the same classes and the same network.

        Raises:
            InputError: Number, names or order of the classes, or the networks differ.
        """
        check_classes(checkpoint.get("class_names", self.class_names), self.class_names)
        super().on_load_checkpoint(checkpoint)

    def _shared_step(self, batch: ClipBatch, split: str) -> Tensor:
        """Update the metrics with the mean logits of each sequence; return those of all clips."""
        clips = self._logits(batch)
        logits, label = clips.detach().float().mean(dim=1), batch.label
        best = logits.topk(min(_TOP_K, logits.shape[1])).indices
        finite = logits.isfinite().all(dim=1)  # of NaN alone, class 0 would be the largest
        values = {
            "accuracy": (logits.argmax(dim=1) == label) & finite,
            "accuracy_top5": (best == label[:, None]).any(dim=1) & finite,
        }
        if split != "train":  # the training loss is logged per step
            values["loss"] = functional.cross_entropy(logits, label, reduction="none")
        for name, value in values.items():
            metric: ExactMean = self.metrics[f"{split}/{name}"]  # type: ignore[assignment]
            metric.update(value)
            self.log(
                f"{split}/{name}",
                metric,
                prog_bar=(split, name) == ("val", "accuracy"),
                on_step=False,
                on_epoch=True,
                batch_size=len(label),
            )
        return clips

    def _logits(self, batch: ClipBatch) -> Tensor:
        """Return the logits (B, K, num_classes) of the K clips of each of B sequences."""
        if len(batch.label) == 0:
            return batch.clip.new_zeros(0, 1, len(self.class_names))
        logits: Tensor = self(batch.clip)
        return logits.view(len(batch.label), batch.clips_per_sequence, -1)


def check_classes(trained: list[str], present: list[str], data: str = "the data") -> None:
    """Check that data have the classes that a network was trained on.

    Args:
        trained: The classes of the network.
        present: The classes of the data.
        data: What the message calls the data.

    Raises:
        InputError: Number, names or order of the classes differ.
    """
    if len(trained) != len(present):
        raise InputError(
            f"the checkpoint was trained on {len(trained)} classes, but there are {len(present)} "
            f"in {data}; use the store that it was trained with"
        )
    for label, (before, now) in enumerate(zip(trained, present, strict=True)):
        if before != now:
            raise InputError(
                f"the checkpoint was trained on other classes: class {label} was '{before}', but "
                f"is '{now}' in {data}; use the store that it was trained with"
            )
