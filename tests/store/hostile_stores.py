"""Damaged and hostile variants of a real store, for every command that reads one.

``python -m tests.store.hostile_stores --variants 2000`` tries so many in all. It prints every
variant that did not end with status 0, or with status 2 and one sentence, and ends with status 1 if
there is one.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch

from tests.isolated import Variant, end_wandb, report, shares, try_variants

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


def variants(store: Path, path: Path, count: int, seed: int) -> Iterator[Variant]:
    """Make so many variants of a store, written to a path; the same for the same seed."""
    rng, raw = random.Random(seed), store.read_bytes()
    for _ in range(count):
        path.write_bytes(raw)
        try:
            what = mutate(path, rng)
        except (OSError, TypeError, ValueError) as error:  # h5py refuses: half of it is done
            what = f"unfinished: {error}"
        yield Variant(what.split()[0].rstrip(":"), what, lambda: None)


def main(words: list[str] | None = None) -> int:
    """Run variants and print what was found."""
    from action_rec.store import reader
    from tests.readers import store_commands, train

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", nargs="+", help="only these; all if not given")
    options = parser.parse_args(words)
    torch.set_num_threads(1)
    found = Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained, store = train(folder)
        commands = store_commands(trained, folder)
        chosen = options.commands or list(commands)
        commands = {name: run for name, run in commands.items() if name in chosen}
        counts = shares(commands, options.variants)
        for seed, (command, run) in enumerate(commands.items(), options.seed):
            path = folder / "variant.h5"
            path.write_bytes(store.read_bytes())
            call = partial(run, trained.checkpoint, path)
            assert call() == 0, f"{command} of a good store"
            end_wandb()
            made = variants(store, path, counts[command], seed)
            try_variants(command, call, (reader, "opened"), made, found)
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
