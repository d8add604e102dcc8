"""Damaged and hostile variants of a real checkpoint, for every command that reads one.

``python -m tests.checkpoints.hostile_checkpoints --variants 2000`` tries so many in all. It prints
every variant that did not end with status 0, or with status 2 and one sentence, and ends
with status 1 if there is one.
"""

import argparse
import copy
import io
import random
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch

from tests.isolated import Variant, end_wandb, report, shares, try_variants

CANARY = "hostile_canary"  # a module beside the variants, which must not be imported
_CLASS = f"{CANARY}.Network"
_CLASSES = (
    *(_CLASS, CANARY, f"action_rec.models.{CANARY}", "os.system", "torch.optim.Adam", "LSTM"),
    *("lightning.pytorch.cli.instantiate_module", "action_rec.models.LinearOnMeanPose"),
    *("action_rec.models.rivals.LSTM", "tests.isolated.Outcome"),
)

Node = tuple[Any, ...]  # the keys that lead to a value


def nodes(content: Any, at: Node = ()) -> Iterator[Node]:  # noqa: ANN401
    """Every value of a tree of dictionaries and lists, by its place."""
    yield at
    items: Any = ()
    if isinstance(content, dict):
        items = content.items()
    elif isinstance(content, list | tuple):
        items = enumerate(content)
    for key, value in items:
        yield from nodes(value, (*at, key))


def replacements(value: Any, rng: random.Random) -> list[Any]:  # noqa: ANN401
    """Values that may stand where `value` does."""
    deep: Any = []
    for _ in range(rng.choice((5, 30, 150))):
        deep = [deep]
    chosen = rng.choice(_CLASSES)
    return [
        *(None, True, 0, 1, -1, 2**31, 2**62, -(2**63), 10**30, 0.5, -1e308, 1e308),
        *(float("nan"), float("inf"), "", "x", "\x1b[31m[bold]red[/]", "a" * 5000, chosen),
        *([], {}, [value], {"x": value}, [value] * 3, deep, (1, 2), [chosen]),
        *({"class_path": chosen}, {"class_path": chosen, "init_args": {"network": _CLASS}}),
        *({"class_path": [chosen]}, {"_class_path": chosen}, {"_instantiator": chosen}),
        *({"class_path": chosen, "dict_kwargs": {"x": 1}}, {1: 2}, {"": ""}, {"reset": 1}),
        *(torch.tensor(0.0), torch.zeros(0), torch.zeros(2, 3), torch.tensor(float("nan"))),
        *(torch.zeros(1).expand(1 << 30), torch.ones(3, dtype=torch.int64), torch.Size([2])),
        *(set(), b"bytes", 1j, torch.float32),
    ]


def changed(content: Any, at: Node, rng: random.Random) -> tuple[str, Any]:  # noqa: ANN401
    """A copy of a tree in which one value is another, is missing, or has a neighbour more."""
    content = copy.deepcopy(content)
    if not at:
        value = rng.choice(replacements({}, rng))
        return f"whole = {_short(value)}", value
    parent = content
    for key in at[:-1]:
        parent = parent[key]
    what = rng.choice(("replace", "replace", "replace", "replace", "remove", "add"))
    if isinstance(parent, tuple) or (what == "add" and not isinstance(parent, dict)):
        parent, at = (content, at[:1]) if isinstance(parent, tuple) else (parent, at)
        what = "replace"
    if what == "remove":
        del parent[at[-1]]
        return f"{_place(at)} removed", content
    value = rng.choice(replacements(parent[at[-1]], rng))
    if what == "add":
        name = rng.choice(("_instantiator", "_class_path", "dict_kwargs", "class_path", "step"))
        parent[name] = value
        return f"{_place(at[:-1])} has {name} = {_short(value)}", content
    parent[at[-1]] = value
    return f"{_place(at)} = {_short(value)}", content


def variants(checkpoint: Path, path: Path, count: int, seed: int) -> Iterator[Variant]:
    """Make so many variants of a checkpoint, written to a path; the same for the same seed."""
    rng = random.Random(seed)
    real = torch.load(checkpoint, weights_only=True)
    raw = checkpoint.read_bytes()
    places = list(nodes(real))
    # A tensor of the state is like the next: each part gets its share, however many it has.
    by_part: dict[str, list[Node]] = {}
    for place in places:
        by_part.setdefault(str(place[0]) if place else "", []).append(place)
    for _ in range(count):
        if rng.random() < 0.1:
            kind, content = damaged(raw, rng)
            yield Variant(f"archive {kind}", kind, partial(path.write_bytes, content))
            continue
        part = rng.choice(sorted(by_part))
        name, value = changed(real, rng.choice(by_part[part]), rng)
        yield Variant(part or "whole", name, partial(torch.save, value, path))


def damaged(raw: bytes, rng: random.Random) -> tuple[str, bytes]:
    """A variant of the archive: cut, with other bytes, compressed, or with sizes that lie."""
    kind = rng.choice(("cut", "bytes", "compressed", "twice", "storage", "shape", "pickle"))
    if kind == "cut":
        return kind, raw[: rng.randrange(len(raw))]
    if kind == "bytes":
        content = bytearray(raw)
        for _ in range(rng.choice((1, 10, 100))):
            content[rng.randrange(len(raw))] = rng.randrange(256)
        return kind, bytes(content)
    records = _records(raw)
    index = next(name for name in records if name.endswith("data.pkl"))
    pickled = records[index]
    if kind == "twice":
        return kind, _archive(records, twice=index)
    if kind == "storage":  # the number of elements of a storage is pickled as K, M or J
        name = rng.choice([name for name in records if "/data/" in name])
        records[name] = records[name][: rng.randrange(len(records[name]) + 1)]
    elif kind == "shape":
        places = [i for i, byte in enumerate(pickled) if byte in b"KM"]
        place = rng.choice(places)
        large = b"J\xff\xff\xff\x7f" if rng.random() < 0.5 else b"\x8a\x08" + b"\xff" * 7 + b"\x3f"
        size = 2 if pickled[place : place + 1] == b"K" else 3
        records[index] = pickled[:place] + large + pickled[place + size :]
    elif kind == "pickle":
        records[index] = rng.choice(_PICKLES)
    packing = zipfile.ZIP_DEFLATED if kind == "compressed" else zipfile.ZIP_STORED
    return kind, _archive(records, packing)


_PICKLES = (
    b"\x80\x02cbuiltins\nbytearray\n\x8a\x05\x00\x00\x00\x00\x20\x85R.",
    f"\x80\x02c{CANARY}\nNetwork\n)R.".encode(),
    b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.",
    b"\x80\x02Nr\xff\xff\xff\x7f.",
    b"\x80\x02]q\x00h\x00a.",
    b"\x80\x02"
    + b"]q\x00"
    + b"".join(b"(" + b"h%c" % i * 9 + b"lq%c" % (i + 1) for i in range(40)),
    b"\x80\x02" + b"(" * 100_000 + b".",
    b"",
    b".",
)


def _records(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _archive(
    records: dict[str, bytes], packing: int = zipfile.ZIP_STORED, twice: str | None = None
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a name comes twice
        for name, content in records.items():
            archive.writestr(name, content)
        if twice is not None:
            archive.writestr(twice, records[twice])
    return buffer.getvalue()


def _place(at: Node) -> str:
    return ".".join(str(key).partition("{")[0] for key in at)


def _short(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, torch.Tensor):
        return f"tensor {tuple(value.shape)} {value.dtype}"
    try:
        return ascii(value)[:70]
    except (RecursionError, ValueError):
        return type(value).__name__


def main(words: list[str] | None = None) -> int:
    """Run variants and print what was found."""
    from action_rec.checkpoints import reading
    from tests.readers import train, train_live, train_long_memory

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", nargs="+", help="only these; all if not given")
    options = parser.parse_args(words)
    torch.set_num_threads(1)
    found = Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"{CANARY}.py").write_text("print('CANARY')\nclass Network: pass\n")
        sys.path.insert(0, name)
        trained, store = train(folder)
        readers = [
            (command, run, real.checkpoint)
            for real in (trained, train_live(folder, store), train_long_memory(folder))
            for command, run in real.commands.items()
            if command in (options.commands or real.commands)
        ]
        counts = shares([command for command, *_ in readers], options.variants)
        for seed, (command, run, checkpoint) in enumerate(readers, options.seed):
            path = folder / "variant.ckpt"
            path.write_bytes(checkpoint.read_bytes())
            call = partial(run, path, store)
            assert call() == 0, f"{command} of a good checkpoint"
            end_wandb()
            made = variants(checkpoint, path, counts[command], seed)
            try_variants(command, call, (reading, "check_archive"), made, found)
    return report(found)


if __name__ == "__main__":
    sys.exit(main())
