"""Damaged and hostile variants of a real checkpoint, for every command that reads one.

``python -m tests.checkpoints.hostile_checkpoints --variants 2000`` makes so many variants and runs
each in a process of its own. It prints every variant that did not end with status 0, or with status
2 and one sentence, and ends with status 1 if there is one.
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
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import torch

from tests.isolated import Outcome, run_isolated

CANARY = "hostile_canary"  # a module beside the variants, which must not be imported
_CLASS = f"{CANARY}.Network"
_CLASSES = (
    *(_CLASS, CANARY, f"action_rec.models.{CANARY}", "os.system", "torch.optim.Adam", "LSTM"),
    *("lightning.pytorch.cli.instantiate_module", "action_rec.models.LinearOnMeanPose"),
    *("action_rec.models.rivals.LSTM", "tests.isolated.Outcome"),
)

Node = tuple[Any, ...]  # the keys that lead to a value


class Variant(NamedTuple):
    """A file that is not quite the real one."""

    name: str
    content: bytes


class Real(NamedTuple):
    """A real checkpoint, the commands that read it, and where they write."""

    path: Path
    commands: dict[str, Callable[[Path], int]]


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


def variants(path: Path, count: int, seed: int) -> Iterator[Variant]:
    """Make so many variants of a checkpoint; the same for the same seed."""
    rng = random.Random(seed)
    real = torch.load(path, weights_only=True)
    raw = path.read_bytes()
    places = list(nodes(real))
    # A tensor of the state is like the next: each part gets its share, however many it has.
    by_part: dict[str, list[Node]] = {}
    for place in places:
        by_part.setdefault(str(place[0]) if place else "", []).append(place)
    for _ in range(count):
        if rng.random() < 0.1:
            yield damaged(raw, rng)
            continue
        place = rng.choice(by_part[rng.choice(sorted(by_part))])
        name, content = changed(real, place, rng)
        buffer = io.BytesIO()
        torch.save(content, buffer)
        yield Variant(name, buffer.getvalue())


def damaged(raw: bytes, rng: random.Random) -> Variant:
    """A variant of the archive: cut, with other bytes, compressed, or with sizes that lie."""
    kind = rng.choice(("cut", "bytes", "compressed", "twice", "storage", "shape", "pickle"))
    if kind == "cut":
        return Variant(kind, raw[: rng.randrange(len(raw))])
    if kind == "bytes":
        content = bytearray(raw)
        for _ in range(rng.choice((1, 10, 100))):
            content[rng.randrange(len(raw))] = rng.randrange(256)
        return Variant(kind, bytes(content))
    records = _records(raw)
    index = next(name for name in records if name.endswith("data.pkl"))
    pickled = records[index]
    if kind == "twice":
        return Variant(kind, _archive(records, twice=index))
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
    return Variant(kind, _archive(records, packing))


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


def real_checkpoints(folder: Path) -> list[Real]:
    """Train two small networks, for the main command line and for long memory."""
    from action_rec.cli import main
    from action_rec.evaluation.__main__ import main as analyse
    from action_rec.long_memory.cli import main as long_memory
    from tests.experiment import experiment, into
    from tests.synthetic import tiny_store

    store = tiny_store(folder / "store.h5").path
    arguments = (
        *experiment(store)[:-4],
        *("--trainer.callbacks+", "action_rec.training.callbacks.PlateauRestart"),
        *("--model.schedule", "one_cycle", "--model.network.init_args.hidden_size", "8"),
        *("--model.network.init_args.num_blocks", "1", "--trainer.max_epochs", "3"),
        *("--data.num_test_clips", "1", "--data.num_val_clips", "1"),
        *("--trainer.log_every_n_steps", "1", "--data.val_share", "0.5"),
    )

    def run(command: str, *more: str) -> Callable[[Path], int]:
        out = folder / "out" / command
        return lambda path: main([command, *arguments, *into(out), *more, "--ckpt_path", str(path)])

    out = str(folder / "x.png")
    crash = (
        *("--trainer.callbacks+", "tests.checkpoints.test_resume.CrashAfter"),
        *("--trainer.callbacks.steps", "5"),
    )
    commands = {
        **{name: run(name) for name in ("fit", "test", "validate", "predict")},
        "predict alone": lambda path: main(
            ["predict", "--ckpt_path", str(path), str(store), "--clips", "1"]
        ),
        "early": lambda path: analyse(["early", str(path), str(store), out, "--clips", "1"]),
        "memory": lambda path: analyse(["memory", str(path), out]),
        "attention": lambda path: analyse(["attention", str(path), str(store), out]),
        "reestimate": lambda path: analyse(
            ["reestimate", str(path), str(store), str(folder / "x.ckpt"), "--clips", "1"]
        ),
    }
    with suppress(RuntimeError):  # the crash
        main(["fit", *arguments, *into(folder / "first"), *crash])
    adding = Path(__file__).parents[2] / "configs" / "long_memory" / "adding_100.yaml"
    small = (
        *("--config", str(adding), "--trainer.max_steps", "4", "--data.num_steps", "6"),
        *("--data.train_sequences", "100", "--data.test_sequences", "20"),
        *("--model.network.encoder.init_args.hidden_size", "4"),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
        *("--trainer.log_every_n_steps", "1"),
    )
    assert long_memory(["fit", *small, *into(folder / "long"), "--trainer.max_steps", "2"]) == 0

    def run_long(command: str) -> Callable[[Path], int]:
        words = [command, *small, *into(folder / "out")]
        return lambda path: long_memory([*words, "--ckpt_path", str(path)])

    long = {f"long_memory {command}": run_long(command) for command in ("fit", "test")}
    last = Path("version_0") / "checkpoints" / "last.ckpt"
    return [Real(folder / "first" / last, commands), Real(folder / "long" / last, long)]


def main(words: list[str] | None = None) -> int:
    """Run variants and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(words)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"{CANARY}.py").write_text("print('CANARY')\nclass Network: pass\n")
        sys.path.insert(0, name)
        found = Counter[str]()
        for index, real in enumerate(real_checkpoints(folder)):
            for command, run in real.commands.items():
                outcome = _try(run, Variant("real", real.path.read_bytes()), folder / "real.ckpt")
                assert outcome.status == 0, f"{command} of a good checkpoint: {outcome.output}"
            share = options.variants if index == 0 else options.variants // 5
            for number, variant in enumerate(variants(real.path, share, options.seed + index)):
                names = sorted(real.commands)
                command = names[number % len(names)]
                outcome = _try(real.commands[command], variant, folder / "variant.ckpt")
                good = outcome.is_clean() and "CANARY" not in outcome.output
                found[f"{command}: {outcome.status if good else 'FOUND'}"] += 1
                if not good:
                    print(f"--- {number} {command}: {variant.name}: {outcome.status}")
                    print(f"{outcome.seconds:.1f} s\n{outcome.output[-1500:]}", flush=True)
        print("\n".join(f"{name}: {count}" for name, count in sorted(found.items())))
        return int(any("FOUND" in name for name in found))


def _try(command: Callable[[Path], int], variant: Variant, path: Path) -> Outcome:
    path.write_bytes(variant.content)
    return run_isolated(lambda: command(path))


if __name__ == "__main__":
    sys.exit(main())
