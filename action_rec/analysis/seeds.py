"""Train and test one experiment with several seeds; report mean and standard deviation."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from action_rec.analysis.results import read_results
from action_rec.console.text import printable
from action_rec.console.writing import write_json
from action_rec.errors import InputError
from action_rec.evaluation.tables import (
    ACCURACY_HEADINGS,
    percentages,
    print_table,
    spread,
    spread_cells,
    title,
)

Run = Callable[[Sequence[str]], int]

_ARGUMENTS = "arguments.json"


def seeds(numbers: list[int], arguments: list[str], *, out: Path | None = None) -> None:
    """Fit and test with several seeds; print mean and standard deviation.

    A seed that has results is not run again, so an interrupted command can be repeated. The split
    into train and val is that of the config; it does not change with the seed.

    usage: seeds SEED SEED ... [--out FOLDER] -- --config CONFIG.yaml --data.path FILE.h5 ...

    Args:
        numbers: The seeds, at least two.
        arguments: The arguments of `fit` and `test`, e.g. ``--config CONFIG --data.path FILE``.
        out: The folder of all runs and of seeds.json; runs/seeds/CONFIG if not given.

    Raises:
        InputError: There are too few seeds, a seed is given twice, a run failed, or the folder
            cannot be created or holds runs of other arguments.
    """
    run_seeds(numbers, arguments, out, _run_in_process)


def run_seeds(numbers: list[int], arguments: list[str], out: Path | None, run: Run) -> None:
    """Do the work of `seeds`; `run` runs ``python -m action_rec`` and returns its status."""
    if len(set(numbers)) < max(2, len(numbers)) or min(numbers) < 0:
        raise InputError(f"give two or more different seeds of at least 0, got {numbers}")
    if not arguments:
        raise InputError(
            "seeds needs the arguments of fit after '--', e.g. seeds 0 1 2 -- --config CONFIG "
            "--data.path FILE"
        )
    out = out or Path("runs", "seeds", _config_name(arguments))
    _claim(out, arguments)
    results = {seed: _result(seed, arguments, out / f"seed_{seed}", run) for seed in numbers}
    _print(results)
    means = {
        key: {"mean": mean, "std": std} for key, (mean, std) in spread([*results.values()]).items()
    }
    written = out / "seeds.json"
    write_json(written, {"arguments": arguments, **means, "seeds": results})
    print(f"results: {written}")


def _run_in_process(arguments: Sequence[str]) -> int:
    return subprocess.run([sys.executable, "-m", "action_rec", *arguments], check=False).returncode


def _config_name(arguments: list[str]) -> str:
    """Return the name of the config, which `fit` gives to its runs."""
    for word, following in pairwise([*arguments, ""]):
        option, _, value = word.partition("=")
        if option in ("--config", "-c"):
            return Path(value or following).stem
    return "no_config"


def _claim(folder: Path, arguments: list[str]) -> None:
    """Create the folder and record the arguments; refuse a folder of other arguments."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder {folder} cannot be created ({error.strerror}); choose another one with "
            "--out"
        ) from None
    path = folder / _ARGUMENTS
    if path.is_file() and _read_arguments(path) != arguments:
        raise InputError(
            f"{folder} has runs of other arguments ({path}); choose another folder with --out"
        )
    write_json(path, arguments, indent=None)


def _read_arguments(path: Path) -> Any:  # noqa: ANN401 (whatever the file holds)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} cannot be read as the arguments of these runs ({error}); choose another "
            "folder with --out, or remove the file if the runs have the same arguments"
        ) from None


def _result(seed: int, arguments: list[str], folder: Path, run: Run) -> dict[str, Any]:
    if not (done := _newest(folder, "test_results.json")):
        common = [*arguments, "--seed_everything", str(seed), "--save_dir", str(folder)]
        _require(run(["fit", *common]) == 0, f"fit with seed {seed} failed")
        # The arguments may ask for precise batch norm, whose checkpoint is preferred.
        wanted = ("*_precise_bn.ckpt", "best.ckpt", "last.ckpt")
        checkpoint = next(filter(None, (_newest(folder, name) for name in wanted)), None)
        if checkpoint is None:
            raise InputError(
                f"fit with seed {seed} left no checkpoint in {folder}; seeds needs a config whose "
                "loggers and checkpoint callbacks are those of configs/trainer"
            )
        _require(
            run(["test", *common, "--ckpt_path", str(checkpoint)]) == 0,
            f"test with seed {seed} failed",
        )
        done = _newest(folder, "test_results.json")
    if done is None:
        raise InputError(f"test with seed {seed} left no test_results.json in {folder}")
    return read_results(done)


def _require(succeeded: bool, failure: str) -> None:
    if not succeeded:
        raise InputError(f"{failure} for the reason above; the same command continues from here")


def _newest(folder: Path, name: str) -> Path | None:
    return max(folder.rglob(name), key=lambda path: path.stat().st_mtime, default=None)


def _print(results: dict[int, dict[str, Any]]) -> None:
    first, *_ = every = list(results.values())
    rows = [
        [f"seed {seed}", str(result["sequences"]), str(result["clips"]), *percentages(result)]
        for seed, result in results.items()
    ]
    rows.append([f"mean ± std of {len(every)}", "", "", *spread_cells(every)])
    left = [result["without_copies"] for result in every if "without_copies" in result]
    if len(left) == len(every):
        count = str(left[0]["sequences"])
        rows.append(["  without copies of train", count, "", *spread_cells(left)])
    heading = f"{title(first)}: {first['dataset']} {first['benchmark']}, {first['split']}"
    print_table(heading, ["run", "sequences", "clips", *ACCURACY_HEADINGS.values()], rows)
    print("std: of the sample (n - 1)")
    print("\n".join(dict.fromkeys(printable(str(result["selection"])) for result in every)))
