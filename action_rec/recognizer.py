"""The LightningModule around a network: loss, metrics, parameter groups, one shared step."""

from typing import Any

from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam

from action_rec.batch import ClipBatch
from action_rec.errors import InputError
from action_rec.training.exact_mean import ExactMean
from action_rec.training.module import Schedule, TrainingModule

_TOP_K = 5
_MEASURED = ("loss", "accuracy", "accuracy_top5")


class ActionRecognizer(TrainingModule):
    """Trains and evaluates a network that maps clips (B, T, M, V, C) to logits (B, num_classes).

    Args:
        network: The network.
        class_names: Names of the classes, in the order of the logits; set by the data. They are
            kept in checkpoints, so that one of other classes is noticed.
        optimizer: Called with the parameter groups; its weight decay applies to matrices alone.
        schedule: The learning rate over a run: ``constant``, or ``one_cycle``: up to that of
            the optimizer in the first 30 % of the steps, then down to nearly 0.
        recurrent_lr_factor: The learning rate of u over that of all else; long sequences want it
            below 1, since a step of size s changes what u keeps over T steps by up to e^(s T).
        label_smoothing: Share of the target that all classes divide, in training.
        compile: Whether to train with the network compiled by `torch.compile`.
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
        self.keep_hyperparameters()
        self.class_names = list(class_names)
        self.label_smoothing = label_smoothing
        self.compile_network = compile
        names = [f"{split}/{name}" for split in ("train", "val", "test") for name in _MEASURED]
        self.measured = nn.ModuleDict({name: ExactMean() for name in names})

    def setup(self, stage: str) -> None:
        """Compile the network for training, where that is asked for."""
        if stage == "fit" and self.compile_network:
            self.network.compile()  # in place: the checkpoint stays that of the network

    def forward(self, clip: Tensor) -> Tensor:
        """Return the logits (B, num_classes) of `clip` (B, T, M, V, C)."""
        logits: Tensor = self.network(clip)
        return logits

    def training_step(self, batch: ClipBatch) -> Tensor:
        """Return the loss of a batch."""
        logits = self._shared_step(batch, "train").mean(dim=1)
        loss = functional.cross_entropy(logits, batch.label, label_smoothing=self.label_smoothing)
        self.log("train/loss", loss, batch_size=len(batch.label), prog_bar=True)
        return loss

    def validation_step(self, batch: ClipBatch) -> Tensor:
        """Update the metrics of val; return the logits (B, K, num_classes) of every clip."""
        return self._shared_step(batch, "val")

    def test_step(self, batch: ClipBatch) -> Tensor:
        """Update the metrics of test; return the logits (B, K, num_classes) of every clip."""
        return self._shared_step(batch, "test")

    def predict_step(self, batch: ClipBatch) -> tuple[Tensor, Tensor]:
        """Return the sequence indices (B,) of a batch and their probabilities (B, num_classes)."""
        return batch.sequence, self._logits(batch).float().mean(dim=1).softmax(dim=1)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the class names beside the weights."""
        checkpoint["class_names"] = self.class_names

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of other classes.

        Raises:
            InputError: Number, names or order of the classes differ, or it is of another network.
        """
        trained = checkpoint.get("class_names", self.class_names)
        if trained != self.class_names:
            raise InputError(_class_difference(trained, self.class_names))
        super().on_load_checkpoint(checkpoint)

    def _shared_step(self, batch: ClipBatch, split: str) -> Tensor:
        """Measure a batch; return the logits of every clip, whose mean is a sequence's."""
        clips = self._logits(batch)
        logits, label = clips.detach().float().mean(dim=1), batch.label
        best = logits.topk(min(_TOP_K, logits.shape[1])).indices
        finite = logits.isfinite().all(dim=1)  # of NaN alone, class 0 would be the largest
        values = {
            "accuracy": (logits.argmax(dim=1) == label) & finite,
            "accuracy_top5": (best == label[:, None]).any(dim=1) & finite,
        }
        if split != "train":  # there the loss is logged step by step
            values["loss"] = functional.cross_entropy(logits, label, reduction="none")
        for name, value in values.items():
            metric: ExactMean = self.measured[f"{split}/{name}"]  # type: ignore[assignment]
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
        """The logits (B, K, num_classes) of the K clips of each of B sequences."""
        if len(batch.label) == 0:
            return batch.clip.new_zeros(0, 1, len(self.class_names))
        logits: Tensor = self(batch.clip)
        return logits.view(len(batch.label), batch.clips_per_sequence, -1)


def _class_difference(trained: list[str], present: list[str]) -> str:
    ends = "use the store that it was trained with"
    if len(trained) != len(present):
        return (
            f"the checkpoint was trained on {len(trained)} classes, but the data have "
            f"{len(present)}; {ends}"
        )
    label = next(i for i, name in enumerate(trained) if name != present[i])
    return (
        f"the checkpoint was trained on other classes: class {label} was '{trained[label]}', but "
        f"is '{present[label]}' in the data; {ends}"
    )
