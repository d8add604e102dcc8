"""Odd and hostile variants of a real config and of a real command line, through ``fit``.

``python -m tests.console.hostile_configs --variants 1000`` makes so many variants and runs each in
a process of its own. It prints every variant that did not end with status 0, or with status 2 and
one sentence, and ends with status 1 if there is one.
"""

import argparse
import copy
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import torch
import yaml

from tests.isolated import run_isolated

_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        255,
        2**31,
        2**63,
        10**30,
        -(2**63),
        0.5,
        -0.5,
        1e-300,
        1e308,
    ),
    *(float("nan"), float("inf"), -float("inf"), "", "x", "auto", "\x1b[31m[bold]red[/]", "-"),
    *("a" * 5000, "é" * 40, "../..", "/", "/dev/null", "demo.yaml", "a\0b", "1e999", "[1", "{"),
    *([], {}, [[]], [None], {"x": 1}, {1: 2}, [1, 2], [2, 1], [-1, -1, -1], ["x", "y"]),
    *({"class_path": "os.system"}, {"class_path": "torch.nn.Linear"}, {"class_path": 3}),
    *({"class_path": "action_rec.models.LSTM"}, {"init_args": {}}, {"class_path": "no.such.Class"}),
)
_CLASSES = (
    *("torch.nn.Linear", "torch.optim.SGD", "action_rec.models.GRU", "os.system", "Linear", "x"),
    *("action_rec.models.DenseIndRNN", "action_rec.models.LinearOnMeanPose", "builtins.dict"),
    *("action_rec.models.GraphIndRNN", "action_rec.models.JointEmbedding", "json.JSONDecoder"),
    *("lightning.pytorch.callbacks.EarlyStopping", "action_rec.models.StackedIndRNN", "a..b", "."),
)
_WORDS = (
    *("--", "-", "---", "--config", "--config=", "--trainer", "--trainer=", "--data", "--model=[]"),
    *("--print_config=x", "--model.network", "--trainer.logger=true", "--data.path", "-x", "=", ""),
    *(
        "--config={a: 1}",
        "--config=[1]",
        "--trainer={}",
        "--trainer.callbacks+=x",
        "fit",
        "\x1b[0m",
    ),
    *("--trainer.callbacks={class_path: x}", "--model.network.init_args=3", "--ckpt_path=/"),
    *("--data.path=/dev/null", "--ckpt_path=last", "--seed_everything=x", "--trainer.max_time=1"),
    *("--model.optimizer=SGD", "--data.augmentation=3", "--data.streams=[joint,joint]", "\u202e"),
    *(
        "--trainer.max_epochs=1e3",
        "--data.streams=[]",
        "--trainer.profiler=x",
        "--trainer.plugins=x",
    ),
)
_KEPT = (
    *("fast_dev_run", "accelerator", "enable_progress_bar", "default_root_dir", "logger"),
    *("num_nodes", "devices", "strategy"),  # several processes wait for each other
)

Node = tuple[Any, ...]


def nodes(content: Any, at: Node = ()) -> Iterator[Node]:  # noqa: ANN401
    """Every value of a config, by its place; not those that keep a variant short."""
    yield at
    items: Any = ()
    if isinstance(content, dict):
        items = content.items()
    elif isinstance(content, list):
        items = enumerate(content)
    for key, value in items:
        if key not in _KEPT:
            yield from nodes(value, (*at, key))


def variant(real: Any, rng: random.Random) -> tuple[str, str, list[str]]:  # noqa: ANN401
    """Return what was done, the text of a config, and words of the command line."""
    kind = rng.choice(("node", "node", "node", "node", "text", "words", "option"))
    places = list(nodes(real))[1:]
    text = yaml.safe_dump(real)
    if kind == "text":
        what, text = _damaged(text, rng)
        return what, text, ["--trainer.fast_dev_run", "true"]  # it may have been cut off
    if kind == "words":
        words = rng.choices(_WORDS, k=rng.choice((1, 1, 2, 4)))
        return f"words {words!a}", text, words
    at = rng.choice(places)
    if kind == "option":
        key = ".".join(str(part) for part in at)
        value = _dump(rng.choice(_VALUES))
        return f"--{key} {ascii(value)[:60]}", text, [f"--{key}", value]
    content = copy.deepcopy(real)
    parent = content
    for key in at[:-1]:
        parent = parent[key]
    value = parent[at[-1]]
    what = rng.choice(("replace", "replace", "replace", "near", "remove", "add", "rename"))
    place = ".".join(map(str, at))
    if what == "near":
        parent[at[-1]] = _near(value, rng)
    elif what == "remove":
        del parent[at[-1]]
        return f"{place} removed", yaml.safe_dump(content), []
    elif what == "rename" and isinstance(parent, dict):
        parent[rng.choice(("class_path", "init_args", "x", "dict_kwargs"))] = parent.pop(at[-1])
        return f"{place} renamed", yaml.safe_dump(content), []
    elif what == "add" and isinstance(value, dict):
        value[rng.choice(("class_path", "init_args", "x", 3, "__class__"))] = rng.choice(_VALUES)
    else:
        parent[at[-1]] = rng.choice(_VALUES)
    return f"{place} = {ascii(parent[at[-1]])[:70]}", yaml.safe_dump(content), []


def _near(value: Any, rng: random.Random) -> Any:  # noqa: ANN401
    """A value of the same type that is another."""
    if isinstance(value, bool) or value is None:
        return rng.choice((not value, "yes", 0))
    if isinstance(value, int | float):
        return rng.choice((-value, value + 1, value * 10**9, value / 7, [value], str(value)))
    if isinstance(value, str):
        chosen = rng.choice(_CLASSES)
        return rng.choice((chosen, chosen, value.upper(), value[:-1], [value], {"x": value}))
    if isinstance(value, list):
        return rng.choice((value[::-1], value * 2, value[:1], value * 500, dict.fromkeys("ab")))
    return [value]


def _dump(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, str):
        return value
    text: str = yaml.safe_dump(value, default_flow_style=True)
    return text.removesuffix("...\n").strip()


def _damaged(text: str, rng: random.Random) -> tuple[str, str]:
    lines = [
        "x0: &x0 [x, x]",
        *(f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 9)}]" for i in range(1, 12)),
    ]
    cut = rng.randrange(len(text))
    return rng.choice(
        (
            ("cut", text[:cut]),
            (
                "a character",
                text[:cut] + rng.choice("\0\t\x1b{}[]&*!|>%@`\"'#:,-\u2028") + text[cut:],
            ),
            ("bomb", "\n".join(lines) + "\ntrainer: *x11\n"),
            ("deep", "trainer: " + "[" * 3000 + "]" * 3000),
            ("deep mapping", "model: " + "{a: " * 3000 + "1" + "}" * 3000),
            ("cycle", "trainer: &a {b: *a}"),
            ("tag", text + "x: !!python/object/apply:os.system [true]\n"),
            ("several", text + "---\n" + text),
            ("twice", text + text),
            ("long", text + "x: [" + "1, " * 100_000 + "1]\n"),
            ("empty", ""),
            ("list", "- a\n- b\n"),
            ("scalar", "3\n"),
        )
    )


def real_config(store: Path, folder: Path) -> dict[str, Any]:
    """A whole config of a quick experiment, as a fit writes it."""
    from action_rec.cli import main

    words = (
        *("fit", "--config", "demo", "--data.path", str(store), "--trainer.max_epochs", "1"),
        *("--model.network.hidden_size", "8", "--model.network.num_blocks", "1"),
        *("--trainer.enable_progress_bar", "false", "--data.val_share", "0.5"),
        *("--trainer.enable_model_summary", "false", "--save_dir", str(folder / "runs")),
        *("--data.num_val_clips", "1", "--data.augmentation.mirror", "0.5"),
    )
    assert main(list(words)) == 0
    config: dict[str, Any] = yaml.safe_load(next(folder.rglob("config.yaml")).read_text())
    config["trainer"] |= {"fast_dev_run": True, "logger": False}
    return config


def main(words: list[str] | None = None) -> int:
    """Run variants and print what was found."""
    from action_rec.cli import main as command_line
    from tests.synthetic import tiny_store

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the variants to run")
    options = parser.parse_args(words)
    torch.set_num_threads(1)
    rng = random.Random(options.seed)
    found = Counter[str]()
    with tempfile.TemporaryDirectory() as name, chdir(name):
        folder = Path(name)
        real = real_config(tiny_store(folder / "real.h5").path, folder)
        path = folder / "variant.yaml"
        path.write_text(yaml.safe_dump(real))
        outcome = run_isolated(lambda: command_line(["fit", "--config", str(path)]))
        assert outcome.status == 0, outcome.output
        for number in range(options.variants):
            what, text, more = variant(real, rng)
            if options.only and number not in options.only:
                continue
            path.write_text(text, encoding="utf-8")
            command = ["fit", "--config", str(path), *more]
            outcome = run_isolated(lambda command=command: command_line(command))  # type: ignore[misc]
            if number % 100 == 99:
                print(f"{number + 1} variants", flush=True)
            good = outcome.is_clean()
            found[f"{outcome.status}" if good else "FOUND"] += 1
            if not good:
                print(f"--- {number}: {what}: {outcome.status}")
                print(f"{outcome.seconds:.1f} s\n{outcome.output[-1500:]}", flush=True)
    print("\n".join(f": {name}: {count}" for name, count in sorted(found.items())), flush=True)
    return int("FOUND" in found)


if __name__ == "__main__":
    sys.exit(main())
