"""The LightningModule of all long-memory tasks, which differ by loss and measures only."""

import warnings
from typing import Any

from lightning import LightningModule
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from action_rec.errors import InputError
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.network import SequenceNetwork
from action_rec.long_memory.objectives import OBJECTIVES, Figures, ObjectiveName
from action_rec.models.encoders import States
from action_rec.recognizer import clamp_recurrent_weights, parameter_groups

Sums = dict[str, tuple[float, int]]  # of each measure, the sum and the number of its values


class SequenceLearner(LightningModule):
    """Trains and evaluates a network on sequences.

    Where the state is carried, every batch goes on with the sequences of the batch before it: an
    epoch, or an evaluation, starts from zeros, and gradients stop at the borders of batches
    (truncated backpropagation through time). Validation has a state of its own.

    Args:
        network: The network.
        objective: ``regression``, ``classification`` or ``next_symbol``; set by the data.
        carry_state: Whether the state goes from batch to batch; set by the data.
        optimizer: Called with the parameter groups; its weight decay applies to matrices alone.
    """

    def __init__(
        self,
        network: SequenceNetwork,
        objective: ObjectiveName = "regression",
        carry_state: bool = False,
        optimizer: OptimizerCallable = Adam,
    ) -> None:
        super().__init__()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that a module is among them: see below
            self.save_hyperparameters()
        if isinstance(self.hparams["network"], nn.Module):
            # Built by Python and not from a config: there is no description to keep.
            self.save_hyperparameters(ignore=["network", "optimizer"])
        self.network = network
        self.objective = OBJECTIVES[objective]
        self.carry_state = carry_state
        self.optimizer = optimizer
        self._sums: dict[str, Sums] = {}
        self._carried: dict[str, States] = {}

    def training_step(self, batch: SequenceBatch) -> Tensor:
        """Return the loss of a batch."""
        loss = self.objective.loss(self._outputs(batch, "train"), batch.targets)
        self.log("train/loss", loss, batch_size=len(batch.targets), prog_bar=True)
        return loss

    def validation_step(self, batch: SequenceBatch) -> None:
        """Measure a batch of val."""
        self._measure(batch, "val")

    def test_step(self, batch: SequenceBatch) -> None:
        """Measure a batch of test."""
        self._measure(batch, "test")

    def on_train_epoch_start(self) -> None:
        """Start from zeros."""
        self._carried.pop("train", None)

    def on_validation_epoch_start(self) -> None:
        """Start from zeros."""
        self._start("val")

    def on_test_epoch_start(self) -> None:
        """Start from zeros."""
        self._start("test")

    def on_validation_epoch_end(self) -> None:
        """Log the figures of val."""
        self._log_figures("val")

    def on_test_epoch_end(self) -> None:
        """Log the figures of test."""
        self._log_figures("test")

    def configure_optimizers(self) -> Optimizer:
        """Give the optimizer two parameter groups, with its weight decay and without."""
        return self.optimizer(parameter_groups(self.network))

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (Lightning's hook)
        """Step, then bring every recurrent weight back within its bound."""
        super().optimizer_step(*args, **kwargs)
        clamp_recurrent_weights(self.network)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another network.

        Raises:
            InputError: Names or shapes of its weights differ.
        """
        own = {name: tuple(value.shape) for name, value in self.state_dict().items()}
        theirs = {name: tuple(value.shape) for name, value in checkpoint["state_dict"].items()}
        differing = sorted(n for n in own.keys() | theirs.keys() if own.get(n) != theirs.get(n))
        if differing:
            name = differing[0]
            raise InputError(
                f"the checkpoint is of another network: {name} is {theirs.get(name, 'absent')} "
                f"there and {own.get(name, 'absent')} in this config; use the config that it was "
                "trained with, config.yaml in the folder of its run"
            )

    def _outputs(self, batch: SequenceBatch, split: str) -> Tensor:
        outputs, states = self.network(batch.inputs, self._carried.get(split))
        if self.carry_state:
            # Clones: a last state is a view that would keep the states of all steps.
            self._carried[split] = [state.detach().clone() for state in states]
        return outputs  # type: ignore[no-any-return]

    def _start(self, split: str) -> None:
        self._carried.pop(split, None)
        self._sums[split] = dict.fromkeys(self.objective.measured, (0.0, 0))

    def _measure(self, batch: SequenceBatch, split: str) -> None:
        outputs = self._outputs(batch, split)
        sums = self._sums[split]
        for name, values in self.objective.measure(outputs, batch.targets).items():
            total, count = sums[name]
            # On the host, where any device's numbers fit: those of a network that explodes, too.
            sums[name] = total + float(values.detach().cpu().double().sum()), count + len(values)

    def _log_figures(self, split: str) -> None:
        figures = self.figures(split)
        self.log_dict({f"{split}/{name}": value for name, value in figures.items()})

    def figures(self, split: str) -> Figures:
        """The figures of the split, ``val`` or ``test``, that was evaluated last."""
        means = {name: total / count for name, (total, count) in self._sums[split].items()}
        return self.objective.summarize(means)
