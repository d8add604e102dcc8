"""Handle SIGTERM and SIGUSR1, which SLURM sends before a job's time limit."""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

import torch
from lightning import Trainer
from torch import distributed

_WATCHED = (signal.SIGTERM, signal.SIGUSR1)


class StopSignals:
    """Records the signals that ask a run to stop, and shares them among all ranks.

    A handler only records the signal: all ranks must stop between the same two steps. Lightning's
    own handlers communicate with the other ranks from within any step.
    """

    def __init__(self) -> None:
        self._received = 0
        self._group: distributed.ProcessGroup | None = None

    def watch(self, trainer: Trainer) -> None:
        """Install the handlers; Lightning restores the previous ones after the run."""
        if trainer.world_size > 1 and self._group is None:
            # A CPU group, so that no rank waits for a GPU.
            timeout = getattr(trainer.strategy, "_timeout", None)
            self._group = distributed.new_group(backend="gloo", timeout=timeout)
            # Lightning would broadcast the state of its own handler at every batch.
            loop = trainer.fit_loop.epoch_loop
            if hasattr(loop, "_broadcast_sigterm_tensor"):
                loop._broadcast_sigterm_tensor = lambda: None  # type: ignore[method-assign]
        if threading.current_thread() is threading.main_thread():
            for number in _WATCHED:
                signal.signal(number, self._note)

    def received(self) -> int:
        """Return the signal that any rank has received, or 0; all ranks must call this."""
        if self._group is None:
            return self._received
        number = torch.tensor(self._received)
        distributed.all_reduce(number, distributed.ReduceOp.MAX, group=self._group)
        return int(number)

    def _note(self, number: int, _: FrameType | None) -> None:
        self._received = number


def leave(trainer: Trainer, number: int, checkpoint: str) -> None:
    """End this rank's run after a signal; after SIGUSR1, rank 0 requeues the SLURM job.

    After SIGTERM it does not: SLURM itself requeues a preempted job, and a cancelled one must stay
    cancelled.

    Raises:
        SystemExit: Always, with the exit status that shells use for this signal.
    """
    name = signal.Signals(number).name
    if trainer.is_global_zero:
        print(
            f"{name} received: saved step {trainer.global_step} in {checkpoint}; resume with "
            "--ckpt_path last",
            file=sys.stderr,
            flush=True,
        )
        job = _slurm_job()
        if number == signal.SIGUSR1 and job is not None:
            _requeue(job)
    raise SystemExit(128 + number)


def _slurm_job() -> str | None:
    array, task = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    return f"{array}_{task}" if array and task else os.environ.get("SLURM_JOB_ID")


def _requeue(job: str) -> None:
    try:
        done = subprocess.run(["scontrol", "requeue", job], capture_output=True, check=False)
        why = done.stderr.decode(errors="replace").strip()
    except OSError as error:
        why = str(error)
    outcome = f"could not be requeued: {why}" if why else "is requeued"
    print(f"SLURM job {job} {outcome}", file=sys.stderr, flush=True)
