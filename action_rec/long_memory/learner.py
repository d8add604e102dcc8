"""The LightningModule of all long-memory tasks, which differ by loss and measures only."""

from typing import Any

from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor
from torch.optim import Adam

from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.network import SequenceNetwork
from action_rec.long_memory.objectives import OBJECTIVES, Figures, ObjectiveName
from action_rec.models.encoders import States
from action_rec.training.module import Schedule, TrainingModule

Sums = dict[str, tuple[float, int]]  # of each measure, the sum and the number of its values
Carried = tuple[int, States]  # the epoch that states belong to, and the states


class SequenceLearner(TrainingModule):
    """Trains and evaluates a network on sequences.

    Where the state is carried, every batch goes on with the sequences of the batch before it: an
    epoch, or an evaluation, starts from zeros, and gradients stop at the borders of batches
    (truncated backpropagation through time). Validation has a state of its own.

    Args:
        network: The network.
        objective: ``regression``, ``classification`` or ``next_symbol``; set by the data.
        carry_state: Whether the state goes from batch to batch; set by the data.
        optimizer: Called with the parameter groups; its weight decay applies to matrices alone.
        schedule: The learning rate over a run: ``constant``, or ``one_cycle``: up to that of
            the optimizer in the first 30 % of the steps, then down to nearly 0.
        recurrent_lr_factor: The learning rate of u over that of all else; long sequences want it
            below 1, since a step of size s changes what u keeps over T steps by up to e^(s T).
    """

    # A text may be read in pieces of any length, and a memory be tested over more steps.
    free_arguments = TrainingModule.free_arguments | {"num_steps"}

    def __init__(
        self,
        network: SequenceNetwork,
        objective: ObjectiveName = "regression",
        carry_state: bool = False,
        optimizer: OptimizerCallable = Adam,
        schedule: Schedule = "constant",
        recurrent_lr_factor: float = 1.0,
    ) -> None:
        super().__init__(network, optimizer, schedule, recurrent_lr_factor)
        self.keep_hyperparameters()
        self.objective = OBJECTIVES[objective]
        self.carry_state = carry_state
        self._sums: dict[str, Sums] = {}
        self._carried: dict[str, Carried] = {}

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

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the carried state, so that an epoch can go on in its middle."""
        if "train" in self._carried:
            checkpoint["carried"] = self._carried["train"]

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take over the carried state; refuse a checkpoint of another network.

        Raises:
            InputError: It is of another network.
        """
        super().on_load_checkpoint(checkpoint)
        if "carried" in checkpoint:
            epoch, states = checkpoint["carried"]
            self._carried["train"] = epoch, list(states)

    def on_fit_end(self) -> None:
        """Let the next fit start from zeros."""
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

    def _outputs(self, batch: SequenceBatch, split: str) -> Tensor:
        epoch, states = self._carried.get(split, (self.current_epoch, None))
        if states is not None:
            # Those of another epoch are at the end of the text, those of a checkpoint on the host.
            same = epoch == self.current_epoch
            states = [state.to(batch.inputs.device) for state in states] if same else None
        outputs, states = self.network(batch.inputs, states)
        if self.carry_state:
            # Clones: a last state is a view that would keep the states of all steps.
            after = [state.detach().clone() for state in states]
            self._carried[split] = self.current_epoch, after
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
        for name, value in figures.items():
            shown = split == "val" and name == self.objective.main
            self.log(f"{split}/{name}", value, prog_bar=shown)

    def figures(self, split: str) -> Figures:
        """The figures of the split, ``val`` or ``test``, that was evaluated last."""
        means = {name: total / count for name, (total, count) in self._sums[split].items()}
        return self.objective.summarize(means)
