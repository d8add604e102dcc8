"""Part of ``benchmarks.gpu``: the demo on the device, and one checkpoint on CPU and GPU."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from action_rec.cli import main as action_rec
from benchmarks.gpu import Budget, Results
from benchmarks.prep_runs import convert
from data_prep.synthesis.command import synthesize

SEEDS = (0, 1, 2)


def demo(budget: Budget) -> Results:
    """Top-1 of the demo on both devices, and how far the scores of one checkpoint differ."""
    folder = budget.out / "demo"
    store = folder / "demo.h5"
    if not store.exists():
        synthesize(
            folder / "raw",
            actions=3 if budget.dry else 60,
            subjects=12,
            setups=1,
            replications=2,
            frames=60,
            mess=0.1,
        )
        convert(folder / "raw", store)
    accelerators = ["cpu"] if budget.dry else ["gpu", "cpu"]
    top1: dict[str, list[float]] = {}
    for accelerator in accelerators:
        for seed in SEEDS[:1] if budget.dry else SEEDS:
            if budget.seconds > 0:
                run = _train(folder, store, accelerator, seed, budget)
                result, _ = _test(run, store, accelerator, folder / f"test_{accelerator}_{seed}")
                top1.setdefault(accelerator, []).append(result)
                print(f"demo, {accelerator}, seed {seed}: {result:.2f} %", flush=True)
    trained = next(folder.glob(f"fit_{accelerators[0]}_0/**/best.ckpt"))
    scores = [
        _test(trained, store, accelerator, folder / f"same_{accelerator}")[1]
        for accelerator in accelerators
    ]
    difference = max(float(np.abs(one - scores[0]).max()) for one in scores)
    print(f"one checkpoint on {' and '.join(accelerators)}: logits differ by {difference:.2g}")
    return {"top1_percent": top1, "largest_difference_of_logits": difference}


def _train(folder: Path, store: Path, accelerator: str, seed: int, budget: Budget) -> Path:
    """Run `fit` with the demo's config and return its best checkpoint."""
    out = folder / f"fit_{accelerator}_{seed}"
    words = ["fit", "--config=demo", f"--data.path={store}", f"--save_dir={out}"]
    words += [f"--seed_everything={seed}", f"--trainer.accelerator={accelerator}"]
    words += ["--trainer.enable_progress_bar=false"]
    if budget.dry:
        words += ["--trainer.max_epochs=2", "--model.network.init_args.hidden_size=16"]
    _call(words)
    return max(out.rglob("best.ckpt"), key=lambda path: path.stat().st_mtime)


def _test(
    checkpoint: Path, store: Path, accelerator: str, out: Path
) -> tuple[float, NDArray[np.float32]]:
    """Run `test` and return top-1 in percent and the logits of all clips."""
    config = checkpoint.parents[1] / "config.yaml"
    words = ["test", f"--config={config}", f"--data.path={store}", f"--ckpt_path={checkpoint}"]
    words += [f"--save_dir={out}", f"--trainer.accelerator={accelerator}"]
    _call([*words, "--trainer.enable_progress_bar=false"])
    with np.load(max(out.rglob("test_scores.npz"))) as saved:
        logits: NDArray[np.float32] = saved["logits"]
        return 100 * float((logits.argmax(axis=1) == saved["labels"]).mean()), logits


def _call(words: list[str]) -> None:
    if action_rec(words) != 0:
        raise RuntimeError(f"failed: {' '.join(words)}")
