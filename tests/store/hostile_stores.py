"""Damaged and hostile variants of a real store, for every command that reads one.

``python -m tests.store.hostile_stores --variants 2000`` makes so many variants and runs each in a
process of its own. It prints every variant that did not end with status 0, or with status 2 and one
sentence, and ends with status 1 if there is one.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from tests.isolated import run_isolated

_TEXTS = ("", "x", "\x1b[31m[bold]red[/]", "é" * 300, "a/b", "../..", "x" * 60_000, "[" * 20_000)
_NUMBERS = (0, 1, -1, 2, 255, 256, 257, 2**31, 2**62, 2**63 - 1, -(2**63))
_FLOATS = (0.0, -1.0, 1e-300, 1e38, 1e308, float("nan"), float("inf"), -float("inf"))
_JSON: tuple[Any, ...] = (None, [], {}, "x", 1, [1], {"x": 1}, -1, 10**400, "\x1b[31m", True)


def mutate(path: Path, rng: random.Random) -> str:
    """Change a store in one place and return what was done."""
    if rng.random() < 0.15:
        return _damage(path, rng)
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        if rng.random() < 0.25:
            return _mutate_attribute(file, rng)
        name = rng.choice(names)
        if isinstance(file[name], h5py.Group):
            return _mutate_group(file, name, rng)
        return _mutate_dataset(file, name, rng)


def _damage(path: Path, rng: random.Random) -> str:
    content = bytearray(path.read_bytes())
    if rng.random() < 0.3:
        path.write_bytes(content[: rng.randrange(len(content))])
        return "cut"
    last = rng.choice((200, 4000, len(content)))  # most of what HDF5 reads stands at the beginning
    for _ in range(rng.choice((1, 5, 50))):
        content[rng.randrange(last)] = rng.randrange(256)
    path.write_bytes(content)
    return "bytes"


def _mutate_attribute(file: h5py.File, rng: random.Random) -> str:
    name = rng.choice(sorted(file.attrs))
    if name == "provenance" and rng.random() < 0.7:
        value = _mutated_json(json.loads(file.attrs[name]), rng)
        file.attrs[name] = json.dumps(value)
        return f"provenance = {ascii(value)[:80]}"
    kinds: tuple[Any, ...] = (
        *(rng.choice(_TEXTS), rng.choice(_NUMBERS), rng.choice(_FLOATS), np.bytes_(b"\xff\xfe")),
        *(np.zeros(3), np.array([b"a", b"b"]), h5py.Empty("f4"), np.void(b"\x80cos\n.")),
    )
    value = rng.choice(kinds)
    del file.attrs[name]
    if rng.random() < 0.9:
        file.attrs[name] = value
    return f"attribute {name} = {ascii(value)[:80]}"


def _mutated_json(value: Any, rng: random.Random) -> Any:  # noqa: ANN401
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(sorted(value))
        return {**value, key: _mutated_json(value[key], rng)}
    return rng.choice(_JSON)


def _mutate_group(file: h5py.File, name: str, rng: random.Random) -> str:
    kind = rng.choice(("removed", "dataset", "link", "more"))
    if kind == "more":
        file[f"{name}/{rng.choice(('x', 'xview2', 'scale', 'mirror'))}"] = np.zeros(3)
        return f"group {name} has a member more"
    del file[name]
    if kind == "dataset":
        file[name] = np.zeros(3)
    elif kind == "link":
        file[name] = rng.choice((h5py.SoftLink("/"), h5py.SoftLink(f"/{name}")))
    return f"group {name}: {kind}"


def _mutate_dataset(file: h5py.File, name: str, rng: random.Random) -> str:
    values = file[name][()]
    kinds: dict[str, Callable[[], Any]] = {
        "removed": lambda: None,
        "value": lambda: _one_changed(values, rng),
        "type": lambda: _other_type(values, rng),
        "shape": lambda: rng.choice((values[None], values[:-1], values[:0], np.ravel(values)[:1])),
        "twice": lambda: np.concatenate((values, values)),
        "scalar": lambda: rng.choice(_NUMBERS),
        "link": lambda: rng.choice((h5py.SoftLink(f"/{name}"), h5py.ExternalLink("x.h5", "/x"))),
        "rows": lambda: "rows",
        "reversed": lambda: values[::-1],
    }
    kind = rng.choice(sorted(kinds))
    made = kinds[kind]()
    dtype = file[name].dtype
    del file[name]
    if kind == "rows":
        rows = rng.choice((10**6, 10**9, 10**15))
        file.create_dataset(
            name, (rows, *values.shape[1:]), dtype, chunks=(1000, *values.shape[1:])
        )
    elif made is not None:
        file[name] = made
    return f"dataset {name}: {kind} {ascii(made)[:60]}"


def _one_changed(values: Any, rng: random.Random) -> Any:  # noqa: ANN401
    values = np.array(values)
    place = tuple(rng.randrange(size) for size in values.shape)
    if values.dtype.kind in "OS":
        texts = [bytes(one) for one in values.ravel()]
        chosen = rng.choice((*(text.encode() for text in _TEXTS), b"\xff"))
        texts[place[0]] = chosen
        return texts if values.dtype.kind == "O" else np.array(texts, dtype=np.bytes_)
    if values.dtype.kind == "f":
        values[place] = np.float64(rng.choice(_FLOATS)).astype(values.dtype)
        return values
    values = values.astype(np.int64)
    values[place] = rng.choice(_NUMBERS)
    return values


def _other_type(values: Any, rng: random.Random) -> Any:  # noqa: ANN401
    if values.dtype.kind in "OS":
        return rng.choice((np.arange(len(values)), np.zeros(len(values)), np.zeros((2, 2))))
    dtype = rng.choice(("f2", "f8", ">f4", "i1", "u8", "c8", "?", "S4"))
    with np.errstate(all="ignore"):
        return values.astype(dtype)


def readers(store: Path, folder: Path) -> dict[str, Callable[[Path], int]]:
    """The commands that read a store, by name; each takes the path of one."""
    from action_rec.cli import main
    from action_rec.cli import main as analyse
    from data_prep.__main__ import main as prepare
    from tests.experiment import experiment, into, last

    arguments = (
        *("--trainer.max_steps", "2", "--data.num_test_clips", "1", "--data.num_val_clips", "1"),
        *("--model.network.init_args.hidden_size", "8", "--model.network.init_args.num_blocks"),
        *("1", "--data.val_share", "0.5", "--trainer.log_every_n_steps", "1"),
    )
    assert main(["fit", *experiment(store), *arguments, *into(folder / "run")]) == 0
    checkpoint = str(last(folder / "run"))

    def run(command: str) -> Callable[[Path], int]:
        more = () if command == "fit" else ("--ckpt_path", checkpoint)
        words = (*arguments, *into(folder / "out"), *more)
        return lambda path: main([command, *experiment(path), *words])

    out = str(folder / "x.png")
    return {
        **{command: run(command) for command in ("fit", "test", "validate", "predict")},
        "info": lambda path: prepare(["info", str(path)]),
        "predict alone": lambda path: main(
            ["predict", "--ckpt_path", checkpoint, str(path), "--clips", "1"]
        ),
        "early": lambda path: analyse(["early", checkpoint, str(path), out, "--clips", "1"]),
        "attention": lambda path: analyse(["attention", checkpoint, str(path), out]),
    }


def main(words: list[str] | None = None) -> int:
    """Run variants and print what was found."""
    from tests.synthetic import tiny_store

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    torch.set_num_threads(1)
    rng = random.Random(options.seed)
    found = Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real = tiny_store(folder / "real.h5").path
        commands = readers(real, folder)
        for command, read in commands.items():
            outcome = run_isolated(lambda read=read: read(real))  # type: ignore[misc]
            assert outcome.status == 0, f"{command} of a good store: {outcome.output}"
        path, order = folder / "variant.h5", sorted(commands)
        for number in range(options.variants):
            path.write_bytes(real.read_bytes())
            command = order[number % len(order)]
            try:
                what = mutate(path, rng)
            except (OSError, TypeError, ValueError) as error:  # h5py refuses: half of it is done
                what = f"unfinished: {error}"
            outcome = run_isolated(lambda command=command: commands[command](path))  # type: ignore[misc]
            good = outcome.is_clean()
            found[f"{command}: {outcome.status if good else 'FOUND'}"] += 1
            if not good:
                print(f"--- {number} {command}: {what}: {outcome.status}")
                print(f"{outcome.seconds:.1f} s\n{outcome.output[-1500:]}", flush=True)
    print("\n".join(f"{name}: {count}" for name, count in sorted(found.items())), flush=True)
    return int(any("FOUND" in name for name in found))


if __name__ == "__main__":
    sys.exit(main())
