"""Damaged and hostile variants of what a run writes, for the commands that read it.

These are scores, results, the arguments of ``seeds`` and the metrics that ``curves`` draws.

``python -m tests.analysis.hostile_scores --variants 2000`` makes so many variants and runs each in
a process of its own. It prints every variant that did not end with status 0, or with status 2 and
one sentence, and ends with status 1 if there is one.
"""

import argparse
import copy
import io
import json
import random
import shutil
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.isolated import run_isolated

_VALUES: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 2**31, 2**62, 10**400, 0.5, -1e308, float("nan"), float("inf"), ""),
    *("x", "\x1b[31m[bold]red[/]", "a" * 5000, "$\\frac$", [], {}, [1], [[]], {"x": 1}, ["x"]),
    *({"streams": 3}, {"streams": ["\x1b"]}, {"accuracy": "x"}, "nw_ucla", "val"),
)
_ARRAYS: tuple[Any, ...] = (
    *(np.zeros(0), np.zeros((2, 2)), np.array(3), np.array("x"), np.array(["a", "\x1b[0m"])),
    *(np.full(4, np.nan), np.arange(4), np.array([1j]), np.zeros(3, "M8[s]"), np.array([b"\xff"])),
    *(np.zeros(2, [("x", "f4")]), np.array(["a"] * 4), np.array(2**63, np.uint64)),
)
_CELLS = (
    *("", "x", "nan", "inf", "-1", "1e400", "9" * 5000, "0.5", "\x1b[31m", "a\0b", '"', '"""'),
    *("a" * 200_000, "\r", "\u2028", "1_000", " 1 ", "\u0663", "-1e308", "1e308", str(2**63)),
)

Node = tuple[Any, ...]

# Words of a command, the file that is changed, and what makes a variant of it.
Case = tuple[list[str], Path, Callable[[random.Random], tuple[str, str | bytes]]]


def nodes(content: Any, at: Node = ()) -> Iterator[Node]:  # noqa: ANN401
    """Every value of a tree of dictionaries and lists, by its place."""
    yield at
    items: Any = ()
    if isinstance(content, dict):
        items = content.items()
    elif isinstance(content, list):
        items = enumerate(content)
    for key, value in items:
        yield from nodes(value, (*at, key))


def changed(real: Any, rng: random.Random) -> tuple[str, str]:  # noqa: ANN401
    """Return what was done to plain data, and its JSON."""
    if rng.random() < 0.1:
        text = json.dumps(real)
        deep = "[" * 20_000 + "]" * 20_000
        return rng.choice((("cut", text[: len(text) // 2]), ("deep", deep), ("scalar", "3")))
    content = {"": copy.deepcopy(real)}
    at = ("", *rng.choice(list(nodes(real))))
    parent: Any = content
    for key in at[:-1]:
        parent = parent[key]
    if rng.random() < 0.15 and len(at) > 1:
        del parent[at[-1]]
        return f"{at} removed", json.dumps(content[""])
    parent[at[-1]] = rng.choice(_VALUES)
    return f"{at} = {ascii(parent[at[-1]])[:60]}", json.dumps(content[""])


def scores_variant(real: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Return what was done to a scores file, and its bytes."""
    kind = rng.choice(("about", "about", "about", "array", "value", "bytes", "cut", "zip"))
    if kind == "cut":
        return kind, real[: rng.randrange(len(real))]
    if kind == "bytes":
        content = bytearray(real)
        for _ in range(rng.choice((1, 10, 100))):
            content[rng.randrange(len(real))] = rng.randrange(256)
        return kind, bytes(content)
    with np.load(io.BytesIO(real)) as file:
        arrays = {name: file[name] for name in file}
    if kind == "about":
        kind, text = changed(json.loads(str(arrays["about"])), rng)
        arrays["about"] = np.array(text)
    elif kind == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in arrays:  # the header says more than there is, or than fits
                header = io.BytesIO()
                shape = (rng.choice((10**6, 10**12, 10**18)),)
                head = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(header, head)
                archive.writestr(f"{name}.npy", header.getvalue())
        return kind, buffer.getvalue()
    else:
        name = rng.choice(sorted(arrays))
        if kind == "array":
            arrays[name] = rng.choice(_ARRAYS)
        elif arrays[name].size and arrays[name].dtype.kind in "if":
            place = rng.randrange(arrays[name].size)
            values = (np.nan, np.inf, 3e38) if arrays[name].dtype.kind == "f" else (-1, 2**62, 99)
            arrays[name].flat[place] = rng.choice(values)
        else:
            arrays[name] = arrays[name].ravel()[:1]
        kind = f"{name}: {kind}"
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return kind, buffer.getvalue()


def table_variant(real: str, rng: random.Random) -> tuple[str, bytes]:
    """Return what was done to a table of comma-separated values, and its bytes."""
    kind = rng.choice(("cell", "cell", "cell", "row", "cut", "bytes", "heading"))
    if kind == "cut":
        return kind, real[: rng.randrange(len(real))].encode()
    if kind == "bytes":
        content = bytearray(real.encode())
        for _ in range(rng.choice((1, 10, 100))):
            content[rng.randrange(len(content))] = rng.randrange(256)
        return kind, bytes(content)
    rows = [line.split(",") for line in real.splitlines()]
    row = rows[0] if kind == "heading" else rng.choice(rows[1:])
    value = rng.choice(_CELLS)
    if kind == "row":
        row[:] = row[: rng.randrange(len(row))] + rng.choice(([], [value] * 30))
    else:
        row[rng.randrange(len(row))] = value
    return f"{kind} {ascii(value)[:40]}", "\n".join(map(",".join, rows)).encode()


def real_files(folder: Path) -> tuple[Path, Path, Path]:
    """Return the test scores, val scores and test results of a short run."""
    from action_rec.cli import main
    from tests.experiment import experiment, into, last
    from tests.synthetic import tiny_store

    words = (*experiment(tiny_store(folder / "real.h5").path), *into(folder / "run"))
    words = (*words, "--data.val_share", "0.5", "--model.network.init_args.hidden_size", "8")
    assert main(["fit", *words]) == 0
    for command in ("test", "validate"):
        assert main([command, *words, "--ckpt_path", str(last(folder / "run"))]) == 0
    run = folder / "run"
    names = ("version_1/test_scores.npz", "version_2/val_scores.npz")
    return run / names[0], run / names[1], run / "version_1/test_results.json"


def copied(file: Path, to: Path) -> Path:
    """Copy a file to another, or into a folder."""
    return Path(shutil.copy(file, to))


def cases(folder: Path) -> dict[str, Case]:
    """Every command that reads what a run has written, on a short run in a folder."""
    test, val, results = real_files(folder)
    metrics = copied(folder / "run" / "version_0" / "metrics.csv", folder)
    odd, out = copied(test, folder / "odd.npz"), ["--out", str(folder / "out.npz")]
    odd_val = copied(val, folder / "odd_val.npz")
    odd_json, runs = copied(results, folder / "odd.json"), folder / "seeds"
    for seed in (0, 1):
        (runs / f"seed_{seed}").mkdir(parents=True)
        shutil.copy(results, runs / f"seed_{seed}")
    arguments = ["--config", "demo", "--data.path", "x.h5"]
    (runs / "arguments.json").write_text(json.dumps(arguments))
    of_seeds = ["seeds", "0", "1", "--out", str(runs), "--", *arguments]
    drawn = ["--out", str(folder / "x.png"), "--metrics", "[train/loss,val/accuracy]"]
    read_json = json.loads(results.read_text())
    of_test = partial(scores_variant, test.read_bytes())
    return {
        "curves": (
            ["curves", str(folder), *drawn],
            metrics,
            partial(table_variant, metrics.read_text()),
        ),
        "ensemble": (["ensemble", str(test), str(odd), *out], odd, of_test),
        "ensemble alone": (["ensemble", str(odd), *out], odd, of_test),
        "ensemble fit": (
            ["ensemble", str(test), "--fit", str(odd_val), *out],
            odd_val,
            partial(scores_variant, val.read_bytes()),
        ),
        "results": (
            ["results", str(odd_json), str(results)],
            odd_json,
            partial(changed, read_json),
        ),
        "seeds": (of_seeds, runs / "seed_0" / results.name, partial(changed, read_json)),
        "seeds' arguments": (of_seeds, runs / "arguments.json", partial(changed, arguments)),
    }


def main(words: list[str] | None = None) -> int:
    """Run variants and print what was found."""
    from action_rec.cli import main as command_line

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    torch.set_num_threads(1)
    rng = random.Random(options.seed)
    found = Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands = cases(folder)
        for command, (words, *_) in commands.items():
            outcome = run_isolated(lambda words=words: command_line(words))  # type: ignore[misc]
            assert outcome.status == 0, (command, outcome.output)
        order = sorted(commands)
        for number in range(options.variants):
            command = order[number % len(order)]
            words, path, change = commands[command]
            real = path.read_bytes()
            what, content = change(rng)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            outcome = run_isolated(lambda words=words: command_line(words))  # type: ignore[misc]
            path.write_bytes(real)
            good = outcome.is_clean()
            if number % 100 == 99:
                print(f"{number + 1} variants", flush=True)
            found[f"{command}: {outcome.status if good else 'FOUND'}"] += 1
            if not good:
                print(f"--- {number} {command}: {what}: {outcome.status}")
                print(f"{outcome.seconds:.1f} s\n{outcome.output[-1500:]}", flush=True)
    print("\n".join(f"{name}: {count}" for name, count in sorted(found.items())), flush=True)
    return int(any("FOUND" in name for name in found))


if __name__ == "__main__":
    sys.exit(main())
