"""LightningModule for action recognition: loss, metrics, and averaging over clips."""

import inspect
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import torch
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam

from action_rec.batch import ClipBatch
from action_rec.errors import InputError
from action_rec.training.exact_mean import ExactMean
from action_rec.training.frame_by_frame import frame_results, rising_loss
from action_rec.training.module import Schedule, TrainingModule, batch_norm_explained

_TOP_K = 5
_METRICS = ("loss", "accuracy", "accuracy_top5")
_FRAME_METRICS = ("auc", "frame_accuracy")

Loss = Literal["clip", "every_frame"]


@runtime_checkable
class EveryFrameNetwork(Protocol):
    """A network that can be read at every frame, unless `check_causal` says why not."""

    def every_frame(
        self, clip: Tensor, states: list[Tensor] | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """Return the logits (B, T, num_classes) of `clip` (B, T, M, V, C), and states."""

    def check_causal(self) -> None:
        """Raise an `InputError` if the network needs later frames."""


class Logits(NamedTuple):
    """What a network makes of a batch.

    Attributes:
        clips: (B, K, num_classes) logits of the clips.
        frames: (B * K, T, num_classes) logits of all frames, of no meaning in padding; None unless
            the network is read at every frame.
    """

    clips: Tensor
    frames: Tensor | None = None


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
        loss: Cross-entropy of the ``clip``, as the network reads it out, or of ``every_frame``,
            with weights that rise over a recording (see `rising_loss`), for networks that are read
            while a recording goes on.

    Raises:
        InputError: `recurrent_lr_factor` is not above 0, or `label_smoothing` is not from 0 to 1;
            or the network cannot be read at every frame, or not compiled, as `loss` needs it.
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
        loss: Loss = "clip",
    ) -> None:
        super().__init__(network, optimizer, schedule, recurrent_lr_factor)
        if not 0 <= label_smoothing <= 1:
            raise InputError(f"label_smoothing must be from 0 to 1, got {label_smoothing}")
        self.keep_hyperparameters()
        self.class_names = list(class_names)
        self.label_smoothing = label_smoothing
        self.compile_network = compile
        self.loss = loss
        if loss == "every_frame":
            self._check_every_frame()
        names = [f"{split}/{name}" for split in ("train", "val", "test") for name in _METRICS]
        names += [f"{split}/{name}" for split in ("val", "test") for name in _FRAME_METRICS]
        self.metrics = nn.ModuleDict({name: ExactMean() for name in names})

    def _check_every_frame(self) -> None:
        """Check that the network can be trained to be read at every frame."""
        if not isinstance(self.network, EveryFrameNetwork):
            raise InputError(
                f"the network {type(self.network).__name__} cannot be read at every frame; use a "
                "recurrent network or loss: clip"
            )
        self.network.check_causal()
        if self.compile_network:
            raise InputError(
                "compile is for networks that are read once a clip, but loss is every_frame; use "
                "--model.compile false"
            )

    @cached_property
    def is_causal(self) -> bool:
        """Whether the network can be read at every frame."""
        if not isinstance(self.network, EveryFrameNetwork):
            return False
        try:
            self.network.check_causal()
        except InputError:
            return False
        return True

    def setup(self, stage: str) -> None:
        """Compile the network for training if `compile` is set."""
        if stage == "fit" and self.compile_network:
            self.network.compile()  # in place, which keeps the parameter names of checkpoints

    def forward(self, clip: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the logits (B, num_classes) of `clip` (B, T, M, V, C).

        Args:
            clip: Clips, 0 in padding.
            lengths: int64 (B,) frames of each clip, from 1 to T; None if all have T.

        Raises:
            InputError: There are lengths, which the network does not read.
        """
        if lengths is not None and not self._reads_lengths:
            raise InputError(
                f"the forward method of the network {type(self.network).__name__} has no argument "
                "lengths, which clips of different lengths need; add it, or use another sampling "
                "than frames"
            )
        logits: Tensor = self.network(clip) if lengths is None else self.network(clip, lengths)
        return logits

    @cached_property
    def _reads_lengths(self) -> bool:
        return "lengths" in inspect.signature(self.network.forward).parameters

    @batch_norm_explained()
    def training_step(self, batch: ClipBatch) -> Tensor:
        """Return the loss of a batch."""
        logits = self._shared_step(batch, "train")
        smoothing = self.label_smoothing
        if logits.frames is not None:
            loss = rising_loss(logits.frames, *batch.frame_targets(), smoothing)
        else:
            mean = logits.clips.mean(dim=1)
            loss = functional.cross_entropy(mean, batch.label, label_smoothing=smoothing)
        self.log("train/loss", loss, batch_size=len(batch.label), prog_bar=True)
        return loss

    def validation_step(self, batch: ClipBatch) -> dict[str, Any]:
        """Update the val metrics; return the logits, see `Logits`."""
        return self._shared_step(batch, "val")._asdict()

    def test_step(self, batch: ClipBatch) -> dict[str, Any]:
        """Update the test metrics; return the logits, see `Logits`."""
        return self._shared_step(batch, "test")._asdict()

    def predict_step(self, batch: ClipBatch) -> tuple[Tensor, Tensor]:
        """Return the sequence indices (B,) and the class probabilities (B, num_classes)."""
        return batch.sequence, self._logits(batch).clips.float().mean(dim=1).softmax(dim=1)

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

    def _shared_step(self, batch: ClipBatch, split: str) -> Logits:
        """Update the metrics with the mean logits of each sequence; return those of all clips."""
        read = self._logits(batch)
        logits, label = read.clips.detach().float().mean(dim=1), batch.label
        best = logits.topk(min(_TOP_K, logits.shape[1])).indices
        finite = logits.isfinite().all(dim=1)  # of NaN alone, class 0 would be the largest
        values = {
            "accuracy": (logits.argmax(dim=1) == label) & finite,
            "accuracy_top5": (best == label[:, None]).any(dim=1) & finite,
        }
        if split != "train":  # the training loss is logged per step
            values["loss"] = functional.cross_entropy(logits, label, reduction="none")
            if read.frames is not None:
                values |= _frame_values(read.frames, batch)
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
        return read

    def _logits(self, batch: ClipBatch) -> Logits:
        """Return the logits of the K clips of each of B sequences."""
        sequences, classes = len(batch.label), len(self.class_names)
        every = self.loss == "every_frame" or (
            not self.training and batch.lengths is not None and self.is_causal
        )
        if sequences == 0:
            none = batch.clip.new_zeros(0, 1, classes)
            return Logits(none, none if every else None)
        shape = (sequences, batch.clips_per_sequence, -1)
        if not every:
            return Logits(self(batch.clip, batch.lengths).view(shape))
        network: EveryFrameNetwork = self.network  # type: ignore[assignment]
        frames, _ = network.every_frame(batch.clip, None, batch.lengths)
        if batch.lengths is None:
            last = frames[:, -1]
        else:
            last = frames[torch.arange(len(frames), device=frames.device), batch.lengths - 1]
        return Logits(last.view(shape), frames)


def _frame_values(frames: Tensor, batch: ClipBatch) -> dict[str, Tensor]:
    """The metrics of every frame (B * K, T, num_classes), over the mean of the K clips."""
    logits, lengths = mean_over_clips(frames, batch)
    results = frame_results(logits, batch.label, lengths)
    right = torch.arange(logits.shape[1], device=logits.device) < results.right[:, None]
    valid = torch.arange(logits.shape[1], device=logits.device) < results.frames[:, None]
    return {"auc": results.auc, "frame_accuracy": right[valid]}


def mean_over_clips(frames: Tensor, batch: ClipBatch) -> tuple[Tensor, Tensor | None]:
    """Return the mean logits (B, T, num_classes) of K clips, and their lengths (B,).

    In evaluation, all clips of a sequence have the same frames.
    """
    clips = batch.clips_per_sequence
    logits = frames.detach().float().view(-1, clips, *frames.shape[1:]).mean(dim=1)
    return logits, None if batch.lengths is None else batch.lengths[::clips]


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
