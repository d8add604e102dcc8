"""The same experiment with several seeds: each one trained and tested, then mean and deviation."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from action_rec.analysis.results import read_results
from action_rec.errors import InputError
from action_rec.evaluation.tables import (
    ACCURACY_HEADINGS,
    percentages,
    print_table,
    spread,
    spread_cells,
    title,
)

_ARGUMENTS = "arguments.json"


def run_in_process(arguments: Sequence[str]) -> int:
    """Run `python -m action_rec` with these arguments and return its exit status."""
    return subprocess.run([sys.executable, "-m", "action_rec", *arguments], check=False).returncode


def seeds(
    numbers: list[int],
    arguments: list[str],
    out: Path | None = None,
    run: Callable[[Sequence[str]], int] = run_in_process,
) -> None:
    """Fit and test once for each seed, and print all results with their mean and deviation.

    A seed whose results are there already is not run again, so that an interrupted command can be
    repeated. The split into train and val is the card's: it does not change with the seed.

    Args:
        numbers: The seeds, at least two.
        arguments: What `fit` and `test` are given, e.g. ``--config CARD --data.path FILE``.
        out: The folder of all the runs, runs/seeds/CARD if not given; ``seeds.json`` in it has the
            figures.
        run: What runs `python -m action_rec`.

    Raises:
        InputError: There are too few seeds, or one twice, a run failed, or the folder cannot be
            made or is that of other arguments.
    """
    if len(set(numbers)) < max(2, len(numbers)) or min(numbers) < 0:
        raise InputError(f"give two or more different seeds of at least 0, got {numbers}")
    if not arguments:
        raise InputError(
            "seeds needs the arguments of fit after '--', e.g. seeds 0 1 2 -- --config CARD "
            "--data.path FILE"
        )
    out = out or Path("runs", "seeds", _card(arguments))
    _claim(out, arguments)
    results = {seed: _result(seed, arguments, out / f"seed_{seed}", run) for seed in numbers}
    _print(results)
    means = {
        key: {"mean": mean, "std": std} for key, (mean, std) in spread([*results.values()]).items()
    }
    written = out / "seeds.json"
    content = {"arguments": arguments, **means, "seeds": results}
    written.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    print(f"results: {written}")


def _card(arguments: list[str]) -> str:
    """The name of the experiment's card, as the runs of `fit` have it."""
    for word, following in pairwise([*arguments, ""]):
        option, _, value = word.partition("=")
        if option in ("--config", "-c"):
            return Path(value or following).stem
    return "no_card"


def _claim(folder: Path, arguments: list[str]) -> None:
    """Keep the results of other arguments from being taken for those of these."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the folder {folder} cannot be made ({error.strerror}); choose another one with --out"
        ) from None
    path = folder / _ARGUMENTS
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != arguments:
        raise InputError(
            f"{folder} has the runs of other arguments ({path}); choose another folder with --out"
        )
    path.write_text(json.dumps(arguments) + "\n", encoding="utf-8")


def _result(
    seed: int, arguments: list[str], folder: Path, run: Callable[[Sequence[str]], int]
) -> dict[str, Any]:
    if not (done := _newest(folder, "test_results.json")):
        common = [*arguments, "--seed_everything", str(seed), "--save_dir", str(folder)]
        _require(run(["fit", *common]) == 0, f"fit with seed {seed} failed")
        # A measured-anew batch norm is there only where the arguments asked for it.
        wanted = ("*_reestimated.ckpt", "best.ckpt", "last.ckpt")
        checkpoint = next(filter(None, (_newest(folder, name) for name in wanted)), None)
        if checkpoint is None:
            raise InputError(
                f"fit with seed {seed} left no checkpoint in {folder}; seeds needs a card whose "
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
        raise InputError(f"{failure}: see above for why; the same command goes on from here")


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
    print("\n".join(dict.fromkeys(str(result["selection"]) for result in every)))
