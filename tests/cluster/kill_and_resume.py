"""``python -m tests.cluster.kill_and_resume``: killed and resumed, a fit ends as if undisturbed.

For each number of ranks and workers one run is left alone. Another is killed (kill -9, one rank at
random) at random moments, and each time resumed with ``--ckpt_path last``, until it has been killed
often enough and ends. Weights and optimizer must then be the same to the last bit. What is counted
are kills between the first optimizer step and the end.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import torch
import yaml
from lightning import Callback, Trainer

from action_rec.cli import main as command_line
from tests.cluster.ranks import start, wait
from tests.synthetic import tiny_store

_CARD = Path(__file__).with_name("small.yaml")
_PATIENCE = 300.0  # seconds until a rank counts as hanging


class KillAfter(Callback):
    """Kills its own process some steps after its start, within or between steps.

    Args:
        steps: Optimizer steps of this start.
        seconds: What is waited after them.
        rank: The rank that is killed.
    """

    def __init__(self, steps: int, seconds: float, rank: int) -> None:
        self.steps, self.seconds, self.rank = steps, seconds, rank

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        if trainer.global_rank == self.rank:
            self.steps -= 1
            if self.steps == 0:
                threading.Timer(self.seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()


def arguments(folder: Path, ranks: int, workers: int, min_seconds: float = 0.0) -> list[str]:
    """Of a fit whose runs go into a folder."""
    card = yaml.safe_load(_CARD.read_text(encoding="utf-8"))["trainer"]["callbacks"]
    best, last, plateau = card
    best["init_args"] = {"min_seconds": min_seconds}
    if min_seconds:
        last["init_args"] = {"min_seconds": min_seconds}  # and no save at every step
    return [
        *("fit", "--config", str(_CARD), "--data.path", str(folder.parent / "tiny.h5")),
        *("--save_dir", str(folder), "--data.num_workers", str(workers)),
        *("--trainer.devices", str(ranks), "--trainer.strategy", "ddp" if ranks > 1 else "auto"),
        *("--ckpt_path", "last", "--trainer.callbacks", json.dumps([best, last, plateau])),
    ]


def fit(words: list[str], ranks: int, log: Path) -> list[int | None]:
    """Run a command on some ranks; their statuses, None for one that hung."""
    return wait(start(lambda: command_line(words), ranks, log), _PATIENCE)


def final_state(folder: Path) -> dict[str, Any]:
    """What the newest last checkpoint holds."""
    newest = max(folder.rglob("last.ckpt"), key=lambda path: path.stat().st_mtime)
    state: dict[str, Any] = torch.load(newest, weights_only=True)
    return state


def compare(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Check that two runs ended in the same state.

    Raises:
        AssertionError: They did not.
    """
    assert one["global_step"] == other["global_step"]
    assert one["epoch"] == other["epoch"]
    for key in ("state_dict", "optimizer_states"):
        torch.testing.assert_close(one[key], other[key], rtol=0, atol=0)
    (mine, theirs) = (
        next(v for k, v in state["callbacks"].items() if k.startswith("PlateauRestart"))
        for state in (one, other)
    )
    assert {k: mine[k] for k in ("stage", "waited", "best_score")} == {
        k: theirs[k] for k in ("stage", "waited", "best_score")
    }


def torture(
    folder: Path, ranks: int, workers: int, kills: int, rng: random.Random, min_seconds: float = 0.0
) -> int:
    """Run undisturbed, then killed and resumed; return the number of kills after checking the end.

    The undisturbed run writes every checkpoint, the other at most one every `min_seconds`.

    Raises:
        AssertionError: The two ended differently, a rank hung, or a run failed by itself.
    """
    whole, killed = folder / f"whole_{ranks}_{workers}", folder / f"killed_{ranks}_{workers}"
    log = folder / "log.txt"
    statuses = fit(arguments(whole, ranks, workers), ranks, log)
    assert set(statuses) == {0}, f"undisturbed: statuses {statuses}, see {log}"
    length = int(final_state(whole)["global_step"])
    done = 0
    while True:
        words = arguments(killed, ranks, workers, min_seconds)
        victim = rng.randrange(ranks)
        if done < kills:
            name = "--trainer.callbacks"
            steps, seconds = 1 + rng.randrange(2 * length // kills), rng.uniform(0, 0.1)
            words += [f"{name}+=tests.cluster.kill_and_resume.KillAfter", f"{name}.steps={steps}"]
            words += [f"{name}.seconds={seconds}", f"{name}.rank={victim}"]
        statuses = fit(words, ranks, log)
        assert None not in statuses, f"a rank did not end when rank {victim} was killed: {statuses}"
        if set(statuses) == {0}:
            break
        assert statuses[victim] == -signal.SIGKILL, f"statuses {statuses}, see {log}"
        done += 1
        step = final_state(killed)["global_step"] if any(killed.rglob("last.ckpt")) else 0
        print(f"  kill {done}: rank {victim}, statuses {statuses}; saved: step {step}", flush=True)
    one, other = final_state(whole), final_state(killed)
    compare(one, other)
    print(
        f"{ranks} ranks, {workers} workers: {done} kills, then {other['global_step']} steps, "
        "weights, optimizer and schedule identical",
        flush=True,
    )
    return done


def main(words: Sequence[str] | None = None) -> int:
    """Run for all numbers of ranks and workers asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--kills", type=int, default=6, help="for each of them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--min_seconds", type=float, default=0.0, help="between two checkpoints")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary one if not given")
    options = parser.parse_args(words)
    torch.set_num_threads(1)  # forked processes cannot use the threads of their parent
    rng, total = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        tiny_store(Path(folder) / "tiny.h5")
        try:
            for ranks, workers in product(options.ranks, options.workers):
                total += torture(
                    Path(folder), ranks, workers, options.kills, rng, options.min_seconds
                )
        except AssertionError as error:
            print((Path(folder) / "log.txt").read_text(encoding="utf-8")[-6000:])
            print(f"FAILED: {error}")
            return 1
    print(f"{total} kills in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
