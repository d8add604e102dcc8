"""The LightningModule around a network: loss, metrics, parameter groups, one shared step."""

import warnings
from collections.abc import Mapping
from typing import Any, Literal

from lightning import LightningModule
from lightning.pytorch.cli import OptimizerCallable
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import OneCycleLR

from action_rec.batch import ClipBatch
from action_rec.errors import InputError
from action_rec.exact_mean import ExactMean

Schedule = Literal["constant", "one_cycle"]

_TOP_K = 5
_MEASURED = ("loss", "accuracy", "accuracy_top5")


class ActionRecognizer(LightningModule):
    """Trains and evaluates a network that maps clips (B, T, M, V, C) to logits (B, num_classes).

    Args:
        network: The network.
        class_names: Names of the classes, in the order of the logits; set by the data. They are
            kept in checkpoints, so that one of other classes is noticed.
        optimizer: Called with the parameter groups. Its weight decay applies to the weights of
            linear layers alone: not to the recurrent weights u, biases and batch norm.
        schedule: The learning rate over a run: ``constant``, or ``one_cycle``: up to that of
            the optimizer in the first 30 % of the steps and down to nearly 0 at the last, by
            cosines (Smith and Topin, arXiv 1708.07120).
        label_smoothing: Share of the target that all classes divide, in training.
        compile: Whether to train with the network compiled by `torch.compile`.
    """

    def __init__(
        self,
        network: nn.Module,
        class_names: list[str],
        optimizer: OptimizerCallable = Adam,
        schedule: Schedule = "constant",
        label_smoothing: float = 0.0,
        compile: bool = False,
    ) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that a module is among them: see below
            self.save_hyperparameters()
        if isinstance(self.hparams["network"], nn.Module):
            # Built by Python and not from a config: there is no description to keep, and objects
            # would make the checkpoint unreadable as plain data.
            self.save_hyperparameters(ignore=["network", "optimizer"])
        self.network = network
        self.class_names = list(class_names)
        self.optimizer = optimizer
        self.schedule = schedule
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
        return batch.sequence, self._logits(batch).mean(dim=1).softmax(dim=1)

    def configure_optimizers(self) -> Optimizer | OptimizerLRSchedulerConfig:
        """Give the optimizer two parameter groups, with its weight decay and without."""
        optimizer = self.optimizer(parameter_groups(self.network))
        if self.schedule == "constant":
            return optimizer
        rates = [group["lr"] for group in optimizer.param_groups]
        steps = int(self.trainer.estimated_stepping_batches)
        # Momentum stays as the optimizer has it: the schedule is one of the learning rate alone.
        cycle = OneCycleLR(optimizer, rates, total_steps=steps, cycle_momentum=False)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (Lightning's hook)
        """Step, then bring every recurrent weight back within its bound."""
        super().optimizer_step(*args, **kwargs)
        clamp_recurrent_weights(self.network)

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
        own = {name: tuple(value.shape) for name, value in self.state_dict().items()}
        theirs = {name: tuple(value.shape) for name, value in checkpoint["state_dict"].items()}
        settings = _settings(checkpoint.get("hyper_parameters", {}))
        own |= _settings(self.hparams) if settings else {}
        theirs |= settings if "network" in self.hparams else {}
        differing = sorted(n for n in own.keys() | theirs.keys() if own.get(n) != theirs.get(n))
        if differing:
            name = differing[0]
            raise InputError(
                f"the checkpoint is of another network or another shape of clips: {name} is "
                f"{theirs.get(name, 'absent')} there and {own.get(name, 'absent')} in this config; "
                "use the config that it was trained with, config.yaml in the folder of its run"
            )

    def _shared_step(self, batch: ClipBatch, split: str) -> Tensor:
        """Measure a batch; return the logits of every clip, whose mean is a sequence's."""
        clips = self._logits(batch)
        logits, label = clips.detach().mean(dim=1), batch.label
        best = logits.topk(min(_TOP_K, logits.shape[1])).indices
        values = {
            "accuracy": logits.argmax(dim=1) == label,
            "accuracy_top5": (best == label[:, None]).any(dim=1),
        }
        if split != "train":  # there the loss is logged step by step
            values["loss"] = functional.cross_entropy(logits.float(), label, reduction="none")
        for name, value in values.items():
            metric: ExactMean = self.measured[f"{split}/{name}"]  # type: ignore[assignment]
            metric.update(value)
            self.log(f"{split}/{name}", metric, on_step=False, on_epoch=True, batch_size=len(label))
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


def _settings(hparams: Mapping[str, Any]) -> dict[str, Any]:
    """What describes a network beside its shapes; dropout may change between runs."""
    network = hparams.get("network")
    if not isinstance(network, dict):
        return {}
    arguments = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in network.get("init_args", {}).items()
        if key != "dropout"
    }
    return {"class_path": network.get("class_path"), **arguments}


def parameter_groups(network: nn.Module) -> list[dict[str, Any]]:
    """Parameters with weight decay and without: linear weights, and u, biases and batch norm."""
    matrices = [p for p in network.parameters() if p.ndim >= 2]
    vectors = [p for p in network.parameters() if p.ndim < 2]
    return [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]


def clamp_recurrent_weights(network: nn.Module) -> None:
    """Bring every recurrent weight of a network back within its bound."""
    for module in network.modules():
        clamp = getattr(module, "clamp_recurrent_weight", None)
        if clamp is not None:
            clamp()
