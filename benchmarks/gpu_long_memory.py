"""Part of ``benchmarks.gpu``: the long-memory runs of the papers that were left for a GPU."""

from pathlib import Path

from action_rec.long_memory.cli import main as long_memory_program
from benchmarks.gpu import Budget, Results

# Config, file or folder of the data, more options.
RUNS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "mnist_12": ("mnist_12", "mnist", ()),
    "mnist_12, permuted": ("mnist_12", "mnist", ("--data.permute=true",)),
    "ptb_char_residual21": ("ptb_char_residual21", "ptb.zip", ()),
    "ptb_word": ("ptb_word", "ptb.zip", ()),
}
SHORTEST = 60.0  # seconds for which it is worth to start or resume a run


def long_memory(budget: Budget) -> Results:
    """Run or resume each, with an equal share of the time that is left; say where it stopped."""
    results: Results = {}
    waiting = list(RUNS)[:1] if budget.dry else list(RUNS)
    while waiting:
        name = waiting.pop(0)
        config, data, options = RUNS[name]
        source = None if budget.data is None else budget.data / data
        seconds = budget.seconds / (len(waiting) + 1)
        if source is None or not source.exists():
            results[name] = f"not run: {data} is not in the folder of --data"
        elif seconds < SHORTEST:
            results[name] = "not run: no time was left"
        else:
            results[name] = _run(budget, name, config, source, options, seconds)
        print(f"{name}: {results[name]}", flush=True)
    return results


def _run(
    budget: Budget, name: str, config: str, source: Path, options: tuple[str, ...], seconds: float
) -> str:
    folder = budget.out / "long_memory" / name.replace(", ", "_")
    time = f"{int(seconds // 3600):02}:{int(seconds // 60 % 60):02}:{int(seconds % 60):02}"
    words = [
        *("fit", f"--config=long_memory/{config}", f"--data.path={source}", *options),
        *(f"--save_dir={folder}", f"--trainer.max_time=00:{time}"),
        f"--trainer.accelerator={'cpu' if budget.dry else 'gpu'}",
        "--trainer.enable_progress_bar=false",
    ]
    if budget.dry:
        words += ["--trainer.max_steps=1", "--data.batch_size=2", "--trainer.limit_val_batches=1"]
    checkpoints = sorted(folder.rglob("last.ckpt"), key=lambda path: path.stat().st_mtime)
    if checkpoints:
        words += [f"--ckpt_path={checkpoints[-1]}"]
    status = long_memory_program(words)
    what = "resumed" if checkpoints else "started"
    return f"{what}, status {status}, runs in {folder}"
