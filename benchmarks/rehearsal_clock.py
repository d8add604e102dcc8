"""A callback that writes where the time of ``fit`` or ``test`` went, as JSON."""

import json
import time
from pathlib import Path
from typing import Any

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.profilers import SimpleProfiler
from torch import nn


class ProcessorProfiler(SimpleProfiler):
    """Lightning's profiler with processor time, which other processes lengthen less than durations.

    Waiting for a disk or a GPU is not part of it.
    """

    def start(self, action_name: str) -> None:
        """Start an action."""
        self.current_actions[action_name] = time.process_time()

    def stop(self, action_name: str) -> None:
        """End it."""
        started = self.current_actions.pop(action_name)
        self.recorded_durations[action_name].append(time.process_time() - started)


class RunClock(Callback):
    """Write the seconds of the actions of Lightning's profiler, and of the bare forward passes.

    The forward passes are measured in the run itself, so that other processes on the machine slow
    both down alike. Needs ``--trainer.profiler simple``.

    Args:
        path: The file; rank 0 writes it.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.forward = {"train": 0.0, "evaluate": 0.0}
        self.loop = 0.0  # seconds: of all of the fit, or of the loop over the test clips
        self._start = 0.0
        self._hooks: list[Any] = []

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Measure every call of the network."""
        network: nn.Module = pl_module.network  # type: ignore[assignment]
        self._hooks = [
            network.register_forward_pre_hook(self._begin),
            network.register_forward_hook(self._end),
        ]

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock of the fit."""
        self.loop = time.perf_counter()

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop it."""
        self.loop = time.perf_counter() - self.loop

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Start the clock of the loop over the test clips."""
        self.loop = time.perf_counter()

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop it; the calls that follow measure the cost of the network and are not of the set."""
        self.loop = time.perf_counter() - self.loop
        self._remove()

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write the file."""
        self._remove()
        profiler = trainer.profiler  # type: ignore[attr-defined]
        if trainer.is_global_zero and isinstance(profiler, SimpleProfiler):
            actions = {
                name: {"seconds": sum(durations), "calls": len(durations), "each": durations}
                for name, durations in profiler.recorded_durations.items()
            }
            result = {"forward": self.forward, "loop": self.loop, "actions": actions}
            self.path.write_text(json.dumps(result), encoding="utf-8")

    def _remove(self) -> None:
        for hook in self._hooks:
            hook.remove()

    def _begin(self, *_: object) -> None:
        self._start = time.perf_counter()

    def _end(self, network: nn.Module, *_: object) -> None:
        what = "train" if network.training else "evaluate"
        self.forward[what] += time.perf_counter() - self._start
