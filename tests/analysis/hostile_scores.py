"""Damaged and hostile variants of a real scores and a real results file, for their commands.

``python -m tests.analysis.hostile_scores --variants 2000`` makes so many variants and runs each in
a process of its own. It prints every variant that did not end with status 0, or with status 2 and
one sentence, and ends with status 1 if there is one.
"""

import argparse
import copy
import io
import json
import random
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
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

Node = tuple[Any, ...]


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
        test, val, results = real_files(folder)
        odd, out = folder / "odd.npz", ["--out", str(folder / "out.npz")]
        odd_json = folder / "odd.json"
        commands: dict[str, Callable[[], list[str]]] = {
            "ensemble": lambda: ["ensemble", str(test), str(odd), *out],
            "ensemble alone": lambda: ["ensemble", str(odd), *out],
            "ensemble fit": lambda: ["ensemble", str(test), "--fit", str(odd), *out],
            "results": lambda: ["results", str(odd_json), str(results)],
        }
        order = sorted(commands)
        for number in range(options.variants):
            command = order[number % len(order)]
            if command == "results":
                what, text = changed(json.loads(results.read_text()), rng)
                odd_json.write_text(text)
            else:
                source = val if command == "ensemble fit" else test
                what, content = scores_variant(source.read_bytes(), rng)
                odd.write_bytes(content)
            words = commands[command]()
            outcome = run_isolated(lambda words=words: command_line(words))  # type: ignore[misc]
            good = outcome.is_clean()
            found[f"{command}: {outcome.status if good else 'FOUND'}"] += 1
            if not good:
                print(f"--- {number} {command}: {what}: {outcome.status}")
                print(f"{outcome.seconds:.1f} s\n{outcome.output[-1500:]}", flush=True)
    print("\n".join(f"{name}: {count}" for name, count in sorted(found.items())), flush=True)
    return int(any("FOUND" in name for name in found))


if __name__ == "__main__":
    sys.exit(main())
