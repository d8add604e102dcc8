"""The LightningModule of all long-memory tasks."""

from typing import Any

from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor
from torch.optim import Adam

from action_rec.errors import InputError
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.network import SequenceNetwork
from action_rec.long_memory.objectives import OBJECTIVES, Metrics, ObjectiveName
from action_rec.models.encoders import States
from action_rec.training.module import Schedule, TrainingModule, batch_norm_explained

Sums = dict[str, tuple[float, int]]  # sum and number of the values of each metric
Carried = tuple[int, States]  # epoch of the states, and the states


class SequenceLearner(TrainingModule):
    """Train and evaluate a network on sequences.

    With `carry_state`, every batch continues the sequences of the batch before it: the state is
    zero at the start of an epoch or evaluation and gradients stop between batches (truncated
    backpropagation through time). Validation has a separate state.

    Args:
        network: The network.
        objective: ``regression``, ``classification``, ``frame_classification`` or
            ``next_symbol``; set by the data.
        carry_state: Whether the state is carried from batch to batch; set by the data.
        optimizer: Called with the parameter groups; weight decay applies only to matrices.
        schedule: Learning rate schedule: ``constant``, or ``one_cycle``, which rises to the
            learning rate of the optimizer in the first 30 % of the steps and falls to nearly 0.
        recurrent_lr_factor: Learning rate of u as a multiple of that of the other parameters. Use
            less than 1 for long sequences, since a step of size s changes u^T by a factor of up
            to e^(s T).

    Raises:
        InputError: The network does not fit the objective.
    """

    # Chunks of a text may have any length, and a network may be tested on longer sequences. The
    # weights of a bidirectional network have other names, and old checkpoints lack the argument.
    free_arguments = TrainingModule.free_arguments | {"bidirectional", "num_steps"}

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
        check_network(network, objective)
        self.objective = OBJECTIVES[objective]
        self.carry_state = carry_state
        self._sums: dict[str, Sums] = {}
        self._carried: dict[str, Carried] = {}

    @batch_norm_explained()
    def training_step(self, batch: SequenceBatch) -> Tensor:
        """Return the loss of a batch."""
        loss = self.objective.loss(self._outputs(batch, "train"), batch.targets)
        self.log("train/loss", loss, batch_size=len(batch.targets), prog_bar=True)
        return loss

    def validation_step(self, batch: SequenceBatch) -> None:
        """Accumulate the metrics of a val batch."""
        self._evaluate(batch, "val")

    def test_step(self, batch: SequenceBatch) -> None:
        """Accumulate the metrics of a test batch."""
        self._evaluate(batch, "test")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the carried state of all ranks, so that training can resume within an epoch."""
        if "train" in self._carried:
            epoch, states = self._carried["train"]
            if self._ranks > 1:  # all of them save, and rank 0 writes
                states = [self.all_gather(state).flatten(0, 1) for state in states]  # type: ignore[union-attr]
            checkpoint["carried"] = epoch, states

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the carried state.

        Raises:
            InputError: The checkpoint belongs to another network.
        """
        super().on_load_checkpoint(checkpoint)
        if "carried" in checkpoint:
            epoch, states = checkpoint["carried"]
            self._carried["train"] = epoch, [self._own_rows(state) for state in states]

    def on_fit_end(self) -> None:
        """Reset the train state."""
        self._carried.pop("train", None)

    def on_validation_epoch_start(self) -> None:
        """Reset the state and metrics of val."""
        self._reset("val")

    def on_test_epoch_start(self) -> None:
        """Reset the state and metrics of test."""
        self._reset("test")

    def on_validation_epoch_end(self) -> None:
        """Log the metrics of val."""
        self._log_metrics("val")

    def on_test_epoch_end(self) -> None:
        """Log the metrics of test."""
        self._log_metrics("test")

    def _outputs(self, batch: SequenceBatch, split: str) -> Tensor:
        epoch, states = self._carried.get(split, (self.current_epoch, None))
        if states is not None:
            # States of an earlier epoch are at the end of the text; those of a checkpoint on CPU.
            current = epoch == self.current_epoch
            states = [state.to(batch.inputs.device) for state in states] if current else None
        outputs, states = self.network(batch.inputs, states, batch.targets, batch.lengths)
        if self.carry_state:
            # Cloned, because a last state is a view of the states of all steps.
            after = [state.detach().clone() for state in states]
            self._carried[split] = self.current_epoch, after
        return outputs  # type: ignore[no-any-return]

    @property
    def _ranks(self) -> int:
        return self.trainer.world_size if self._trainer is not None else 1

    def _own_rows(self, state: Tensor) -> Tensor:
        """The rows of this rank in a state (B, S) of all ranks."""
        rows = len(state) // self._ranks
        return state[self.global_rank * rows :][:rows] if self._ranks > 1 else state

    def _reset(self, split: str) -> None:
        self._carried.pop(split, None)
        self._sums[split] = dict.fromkeys(self.objective.names, (0.0, 0))

    def _evaluate(self, batch: SequenceBatch, split: str) -> None:
        outputs = self._outputs(batch, split)
        sums = self._sums[split]
        for name, values in self.objective.per_item(outputs, batch.targets).items():
            total, count = sums[name]
            # On the CPU, because not all devices have float64, which keeps large losses finite.
            sums[name] = total + float(values.detach().cpu().double().sum()), count + len(values)

    def _log_metrics(self, split: str) -> None:
        for name, value in self.metrics(split).items():
            in_bar = split == "val" and name == self.objective.main
            # Every rank has the same value, unless the data are evaluated on one device only.
            self.log(f"{split}/{name}", value, prog_bar=in_bar, sync_dist=self._ranks > 1)

    def metrics(self, split: str) -> Metrics:
        """Return the metrics of the last evaluation of ``val`` or ``test``."""
        means = {name: total / count for name, (total, count) in self._sums[split].items()}
        return self.objective.summarize(means)


def check_network(network: SequenceNetwork, objective: ObjectiveName) -> None:
    """Check that a network fits an objective.

    Raises:
        InputError: The network has an output for each step and the objective for each sequence,
            or the other way round; a symbol would be predicted from later ones; or the sequences
            of a batch, which have different lengths, would be normalized step by step.
    """
    needed = "every" if objective in ("next_symbol", "frame_classification") else "last"
    if network.readout != needed:
        raise InputError(
            f"the objective {objective} needs readout: {needed}, got {network.readout}; set "
            f"--model.network.readout {needed}"
        )
    if objective == "next_symbol" and network.normalizes == "time":
        raise InputError(
            "batch norm over time leaks later steps to the prediction of symbols; use framewise: "
            "true or norm: none"
        )
    if objective == "next_symbol" and network.bidirectional:
        raise InputError(
            "a bidirectional network sees the symbols that it predicts; use bidirectional: false"
        )
    if objective == "frame_classification" and network.normalizes == "steps":
        raise InputError(
            "batch norm of each step would include the padding of shorter sentences; use "
            "framewise: false or norm: none"
        )
