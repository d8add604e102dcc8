"""``python -m benchmarks.gpu``: all that is to be known about a GPU, the most important first.

Five parts: the tests that need a GPU; the recurrence beside its limit and its peers, with a sweep
over the constants of its kernels; training through ``fit``; the demo on CPU and GPU; the
long-memory runs that were left for a GPU. ``results/gpu.json`` is written after each part, so that
a run that is cut keeps what it has. ``--dry`` runs every part in small sizes on a CPU, the kernels
under Triton's interpreter: it shows that the command works and measures nothing.
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks.measurements import write_results

Results = dict[str, Any]


@dataclass(frozen=True)
class Budget:
    """The time that is left, and what the parts need to know.

    Attributes:
        end: When the time is over, in the seconds of `time.monotonic`.
        dry: Whether sizes are small and the device is the CPU.
        out: Where runs and stores are written; existing ones are used again.
        data: Folder of MNIST (``mnist``) and Penn Treebank (``ptb.zip``); None: the parts that need
            them are skipped.
    """

    end: float
    dry: bool
    out: Path
    data: Path | None

    @property
    def seconds(self) -> float:
        """Seconds that are left."""
        return self.end - time.monotonic()

    @property
    def device(self) -> str:
        """The name of the device, for PyTorch and for ``--trainer.accelerator``."""
        return "cpu" if self.dry else "cuda"


Part = Callable[[Budget], Results]


def parts() -> dict[str, Part]:
    """The parts in the order in which they run. Imported late: ``--dry`` sets the interpreter."""
    from benchmarks.gpu_demo import demo
    from benchmarks.gpu_long_memory import long_memory
    from benchmarks.gpu_tests import tests
    from benchmarks.gpu_training import training
    from benchmarks.recurrence_gpu import recurrence

    return {
        "tests": tests,
        "recurrence": recurrence,
        "training": training,
        "demo": demo,
        "long_memory": long_memory,
    }


def run(budget: Budget, named: Mapping[str, Part], keep: Callable[[Results], None]) -> Results:
    """Run parts one after the other; `keep` gets the results so far after each."""
    results: Results = {}
    for name, part in named.items():
        if budget.seconds < 0:
            results[name] = {"skipped": "no time was left"}
        else:
            print(f"== {name}, {budget.seconds / 60:.1f} minutes left", flush=True)
            start = time.monotonic()
            try:
                results[name] = part(budget)
            except Exception as error:  # the parts after it are to run all the same
                results[name] = {"failed": f"{type(error).__name__}: {error}"}
                print(f"{name} failed: {type(error).__name__}: {error}", flush=True)
            results[name]["seconds"] = round(time.monotonic() - start, 1)
        keep(results)
    return results


def keep_results(budget: Budget, results: Results) -> None:
    """Write the results: those of a dry run into its folder, since they measure nothing."""
    if budget.dry:
        text = json.dumps(results, indent=2) + "\n"
        (budget.out / "gpu_dry.json").write_text(text, encoding="utf-8")
    else:
        write_results("gpu", **results)


def main() -> int:
    """Run all parts that the time allows; 1 if a part or a test failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=25.0)
    parser.add_argument("--dry", action="store_true", help="small sizes on a CPU")
    parser.add_argument("--parts", nargs="*", default=[], help="some of the parts, by name")
    parser.add_argument("--out", type=Path, default=Path("runs/gpu"))
    parser.add_argument("--data", type=Path, help="folder of mnist and ptb.zip")
    arguments = parser.parse_args()
    if arguments.dry:
        os.environ |= {"TRITON_INTERPRET": "1", "CUDA_VISIBLE_DEVICES": ""}
    elif not torch.cuda.is_available():
        parser.error("there is no GPU; --dry runs the parts in small sizes on the CPU")
    os.environ.setdefault("WANDB_MODE", "offline")
    budget = Budget(
        time.monotonic() + 60 * arguments.minutes, arguments.dry, arguments.out, arguments.data
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    chosen = arguments.parts
    named = {name: part for name, part in parts().items() if name in chosen or not chosen}
    results = run(budget, named, partial(keep_results, budget))
    failed = [name for name, part in results.items() if "failed" in part]
    print(f"failed: {', '.join(failed) or 'nothing'}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
