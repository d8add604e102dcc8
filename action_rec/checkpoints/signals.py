"""Being asked to stop by the machine: SIGTERM, and SIGUSR1 as SLURM sends it before the end."""

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
    """Notes the signals that ask a run to stop, on any rank, for all of them.

    A handler only takes a note: what stops a run must happen between two steps, on all ranks after
    the same one. Lightning's own handlers talk to the other ranks from wherever they are.
    """

    def __init__(self) -> None:
        self._received = 0
        self._group: distributed.ProcessGroup | None = None

    def watch(self, trainer: Trainer) -> None:
        """Take note from now on; Lightning puts the former handlers back after the run."""
        if trainer.world_size > 1 and self._group is None:
            # The note travels between processors, so that no GPU has to be waited for.
            timeout = getattr(trainer.strategy, "_timeout", None)
            self._group = distributed.new_group(backend="gloo", timeout=timeout)
            # Nor by Lightning, which would ask all ranks about its own handler at every batch.
            loop = trainer.fit_loop.epoch_loop
            if hasattr(loop, "_broadcast_sigterm_tensor"):
                loop._broadcast_sigterm_tensor = lambda: None  # type: ignore[method-assign]
        if threading.current_thread() is threading.main_thread():
            for number in _WATCHED:
                signal.signal(number, self._note)

    def received(self) -> int:
        """The number of the signal that any rank has received, or 0; all ranks must ask."""
        if self._group is None:
            return self._received
        number = torch.tensor(self._received)
        distributed.all_reduce(number, distributed.ReduceOp.MAX, group=self._group)
        return int(number)

    def _note(self, number: int, _: FrameType | None) -> None:
        self._received = number


def leave(trainer: Trainer, number: int, checkpoint: str) -> None:
    """End this rank's run after a signal; rank 0 has SLURM queue the job again after SIGUSR1.

    After SIGTERM it does not: a job that is preempted is queued again by SLURM itself, and one that
    its user cancels is not wanted any more.

    Raises:
        SystemExit: Always, with the status that shells give a process ended by this signal.
    """
    name = signal.Signals(number).name
    if trainer.is_global_zero:
        print(
            f"{name} received: saved step {trainer.global_step} in {checkpoint}; go on with "
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
    said = f"could not be queued again: {why}" if why else "is queued again"
    print(f"SLURM job {job} {said}", file=sys.stderr, flush=True)
