"""The command line: ``python -m action_rec.evaluation results | memory | curves | attention``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from action_rec.errors import InputError
from action_rec.evaluation.attention import attention
from action_rec.evaluation.curves import curves
from action_rec.evaluation.memory import memory
from action_rec.evaluation.results import results


def main(args: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, or 2 after the user's mistake."""
    arguments = vars(_parser().parse_args(args))
    command = arguments.pop("command")
    try:
        command(**arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (OSError, ValueError) as error:  # a picture of an unknown format, a full disk
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m action_rec.evaluation", description=__doc__)
    commands = parser.add_subparsers(required=True)

    added = commands.add_parser("results", help="several results files as one table")
    added.add_argument("paths", nargs="+", type=Path, metavar="FILE.json")
    added.set_defaults(command=results)

    added = commands.add_parser("memory", help="recurrent weights and memory of a checkpoint")
    added.add_argument("checkpoint", type=Path, metavar="FILE.ckpt")
    added.add_argument("out", type=Path, metavar="OUT.png")
    added.set_defaults(command=memory)

    added = commands.add_parser("curves", help="metrics of several runs in one picture")
    added.add_argument("runs", nargs="+", type=_named_folder, metavar="[NAME=]RUN_DIR")
    added.add_argument("--metrics", nargs="+", default=["train/loss", "val/accuracy"])
    added.add_argument("--out", type=Path, required=True, metavar="OUT.png")
    added.set_defaults(command=lambda runs, **rest: curves(dict(runs), **rest))

    added = commands.add_parser("attention", help="where in time a network with attention looks")
    added.add_argument("checkpoint", type=Path, metavar="FILE.ckpt")
    added.add_argument("store", type=Path, metavar="FILE.h5")
    added.add_argument("out", type=Path, metavar="OUT.png")
    added.add_argument("--count", type=int, default=12, help="sequences to draw")
    added.set_defaults(command=attention)
    return parser


def _named_folder(text: str) -> tuple[str, Path]:
    """Read ``NAME=FOLDER``; without a name, the folder is its own."""
    name, separator, folder = text.partition("=")
    return (name, Path(folder)) if separator else (text, Path(text))


if __name__ == "__main__":
    sys.exit(main())
