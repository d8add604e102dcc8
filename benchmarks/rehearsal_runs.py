"""The commands of a dress rehearsal, each in a process whose time and memory are measured."""

import json
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from action_rec.store.reader import Store
from benchmarks.memory import own_share, peak_of_tree
from benchmarks.rehearsal_data import chosen_names, expected_counts

_CONFIG = "ntu60_xsub_paper"
_CLOCK = "benchmarks.rehearsal_clock.RunClock"
_QUIET = ("--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false")


@dataclass(frozen=True)
class Part:
    """What one command took.

    Attributes:
        seconds: Duration.
        cpu_seconds: Time of the processors, which other processes lengthen less than the duration.
        memory_mb: Peak memory of all its processes, without mapped files.
        disk_mb: Size of what it wrote and left.
    """

    seconds: float
    cpu_seconds: float
    memory_mb: float
    disk_mb: float


class Rehearsal:
    """All commands of a user, from zips to the report page, on a share of the set.

    Args:
        folder: Where everything is written; zips that are there are used again.
        share: Share of the 56,880 recordings.
        steps: Optimizer steps of `fit`, with two validations.
        clips: Clips per sequence in `test`.
    """

    def __init__(self, folder: Path, share: float, steps: int, clips: int) -> None:
        self.folder, self.share, self.steps, self.clips = folder, share, steps, clips
        self.store, self.runs = folder / "ntu60.h5", folder / "runs"
        self.parts: dict[str, Part] = {}
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.runs, ignore_errors=True)

    def run(self) -> dict[str, Any]:
        """Run everything and return what was measured."""
        zips = self.folder / "zips"
        module = ["benchmarks.rehearsal_data", str(zips), f"--share={self.share}"]
        self._call("synthesize", module, zips)
        files = sorted(map(str, zips.glob("*.zip")))
        words = ["data_prep", "ntu", *files, str(self.store), "--dataset=ntu60", "--overwrite"]
        self._call("convert", words, self.store)
        counts = self._check_counts()
        self._call("info", ["data_prep", "info", str(self.store)])
        fit = self._fit("fit", self.steps)
        checkpoint = next(self.runs.glob("fit/**/last.ckpt"))
        test = self._test("test", checkpoint, f"--data.num_test_clips={self.clips}")
        self._predict_and_report(checkpoint)
        two = ("--trainer.accelerator=cpu", "--trainer.devices=2", "--trainer.strategy=ddp")
        self._fit("fit, two ranks", max(2, self.steps // 10), *two)
        self._test("test, two ranks", checkpoint, "--data.num_test_clips=1", *two)
        self._check_scores(counts["xsub"][1])
        return {
            "share": self.share,
            "recordings": len(chosen_names(self.share)),
            "counts": counts,
            "text_mb": float((self.folder / "synthesize.log").read_text().split()[-1]),
            "parts": {name: vars(part) for name, part in self.parts.items()},
            "fit": _shares_of_fit(fit),
            "test": _shares_of_test(test),
        }

    def _fit(self, name: str, steps: int, *options: str) -> dict[str, Any]:
        every = max(1, steps * 280 // 600)
        words = [
            *("action_rec", "fit", f"--config={_CONFIG}", f"--data.path={self.store}"),
            *(f"--trainer.max_steps={steps}", f"--trainer.val_check_interval={every}"),
            *self._shared(name),
        ]
        return self._clocked(name, [*words, *options])

    def _test(self, name: str, checkpoint: Path, *options: str) -> dict[str, Any]:
        config = checkpoint.parents[1] / "config.yaml"
        words = ["action_rec", "test", f"--config={config}", f"--ckpt_path={checkpoint}"]
        return self._clocked(name, [*words, *self._shared(name), *options])

    def _shared(self, name: str) -> list[str]:
        clock = [f"--trainer.callbacks+={_CLOCK}", f"--trainer.callbacks.path={self._json(name)}"]
        if not name.startswith("fit"):  # the config of the run has the clock of the fit
            clock = [f"--trainer.callbacks={_CLOCK}", clock[1]]
        out = self._out(name)
        saved = [f"--save_dir={out}", f"--trainer.default_root_dir={out}"]
        return [*clock, "--trainer.profiler=simple", *saved, *_QUIET]

    def _predict_and_report(self, checkpoint: Path) -> None:
        csv = self.folder / "predictions.csv"
        words = ["predict", f"--ckpt_path={checkpoint}", str(self.store), "--split=test"]
        self._call("predict", ["action_rec", *words, "--clips=1", f"--out={csv}"], csv)
        tested = next(self._out("test").rglob("test_scores.npz")).parent
        page = self.folder / "report.html"
        self._call("report", ["action_rec", "report", str(tested), f"--out={page}"], page)

    def _check_counts(self) -> dict[str, tuple[int, int]]:
        """Compare the benchmarks of the store with the names; of all, these are those of NTU60."""
        expected, store = expected_counts(chosen_names(self.share)), Store(self.store)
        for name, (train, test) in expected.items():
            found = len(store.split(name, "train")), len(store.split(name, "test"))
            if found != (train, test):
                raise SystemExit(f"{name} has {found} sequences instead of {(train, test)}")
        return expected

    def _check_scores(self, expected: int) -> None:
        """Check that both tests scored every test sequence once."""
        for name in ("test", "test, two ranks"):
            with np.load(next(self._out(name).rglob("test_scores.npz"))) as scores:
                if not len(scores["names"]) == len(set(scores["names"])) == expected:
                    raise SystemExit(f"{name} scored {len(scores['names'])} of {expected}")

    def _clocked(self, name: str, words: list[str]) -> dict[str, Any]:
        self._call(name, words, self._out(name))
        result: dict[str, Any] = json.loads(self._json(name).read_text(encoding="utf-8"))
        return result

    def _out(self, name: str) -> Path:
        return self.runs / name.replace(", ", "_").replace(" ", "_")

    def _json(self, name: str) -> Path:
        return self._out(name).with_suffix(".json")

    def _call(self, name: str, words: list[str], out: Path | None = None) -> None:
        log = self.folder / f"{name}.log"
        self.runs.mkdir(exist_ok=True)
        start, cpu = time.perf_counter(), _cpu_seconds()
        with (
            log.open("wb") as file,
            subprocess.Popen([sys.executable, "-m", *words], stdout=file, stderr=file) as process,
        ):
            peak = peak_of_tree(process, 0.2, own_share)
        if process.returncode:
            tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise SystemExit(f"{name} failed with status {process.returncode}:\n{tail}")
        seconds, cpu = time.perf_counter() - start, _cpu_seconds() - cpu
        self.parts[name] = Part(seconds, cpu, peak, _size(out) / 1e6)
        print(f"{name}: {seconds:.0f} s, CPU {cpu:.0f} s, {peak:.0f} MB", flush=True)


def _shares_of_fit(clock: dict[str, Any]) -> dict[str, float]:
    """Seconds of the parts of a fit, and of one step, validation and checkpoint."""
    loader, steps = (_total(clock, name) for name in ("dataloader_next", "run_training_batch"))
    passes = _total(clock, ".validation_step")
    validation = passes[0] + _total(clock, ".val_next")[0]
    saving = _total(clock, "save_checkpoint", exactly=True)
    validations = _total(clock, "LightningModule]ActionRecognizer.on_validation_epoch_end")[1]
    rest = clock["loop"] - loader[0] - steps[0] - validation - saving[0]
    return {
        "loader_s": loader[0],
        "steps_s": steps[0],
        "validation_s": validation,
        "checkpoints_s": saving[0],
        "rest_s": rest,
        "steps": steps[1],
        "validations": validations,
        "checkpoints": saving[1],
    }


def _shares_of_test(clock: dict[str, Any]) -> dict[str, float]:
    """Seconds of the loop over the clips, of its bare forward passes, and of the results."""
    return {
        "loop_s": clock["loop"],
        "forward_s": clock["forward"]["evaluate"],
        "results_s": _total(clock, ".on_test_end")[0],
    }


def _total(clock: dict[str, Any], name: str, exactly: bool = False) -> tuple[float, int]:
    """Return seconds and calls of the actions whose name ends so, or is that."""
    found = [
        action
        for key, action in clock["actions"].items()
        if (key == name if exactly else key.endswith(name))
    ]
    return sum(one["seconds"] for one in found), sum(one["calls"] for one in found)


def _cpu_seconds() -> float:
    """Return the processor time of all ended child processes."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _size(out: Path | None) -> int:
    if out is None:
        return 0
    files = [out] if out.is_file() else [path for path in out.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)
