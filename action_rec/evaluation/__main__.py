"""The command line: ``python -m action_rec.evaluation COMMAND``: what is done with results."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from action_rec.analysis.attention import attention
from action_rec.analysis.curves import curves
from action_rec.analysis.early_recognition import early
from action_rec.analysis.ensemble import ensemble
from action_rec.analysis.precise_bn import reestimate
from action_rec.analysis.recurrent_weights import memory
from action_rec.analysis.results import results
from action_rec.analysis.seeds import seeds


def main(args: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, or 2 after the user's mistake."""
    words = list(sys.argv[1:] if args is None else args)
    end = words.index("--") if words[:1] == ["seeds"] and "--" in words else len(words)
    arguments = vars(_parser().parse_args(words[:end]))
    command = arguments.pop("command")
    if command is seeds:
        arguments["arguments"] = words[end + 1 :]  # for `python -m action_rec`
    try:
        command(**arguments)
    except OSError as error:  # a full disk
        what = error.filename or "a file"
        print(
            f"error: {what} cannot be read or written ({error.strerror or error}); mend that and "
            "run the same command again",
            file=sys.stderr,
        )
        return 2
    except ValueError as error:  # an InputError above all
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    about = "What is done with results, checkpoints and runs."
    parser = argparse.ArgumentParser("python -m action_rec.evaluation", description=about)
    commands = parser.add_subparsers(required=True)

    _add_results(commands)
    _add_measurements(commands)
    _add_pictures(commands)
    return parser


def _add_results(commands: Any) -> None:  # noqa: ANN401 (argparse names no type for it)
    added = commands.add_parser("results", help="several results files as one table")
    added.add_argument("paths", nargs="+", type=Path, metavar="FILE.json")
    added.set_defaults(command=results)

    added = commands.add_parser("ensemble", help="several scores files as one")
    added.add_argument("paths", nargs="+", type=Path, metavar="SCORES.npz")
    added.add_argument("--out", type=Path, required=True, metavar="OUT.npz")
    chosen = added.add_mutually_exclusive_group()
    chosen.add_argument("--weights", nargs="+", type=float, help="one for each; equal if not given")
    chosen.add_argument(
        "--fit", nargs="+", type=Path, metavar="VAL.npz", help="fit them on these val scores"
    )
    added.set_defaults(command=ensemble)

    added = commands.add_parser(
        "seeds",
        help="fit and test with several seeds",
        usage="%(prog)s SEED [SEED ...] [--out FOLDER] -- --config CARD --data.path FILE.h5 ...",
        description="What stands after -- is that of python -m action_rec fit.",
    )
    added.add_argument("numbers", nargs="+", type=int, metavar="SEED")
    added.add_argument("--out", type=Path, metavar="FOLDER", help="default: runs/seeds/CARD")
    added.set_defaults(command=seeds)


def _add_measurements(commands: Any) -> None:  # noqa: ANN401
    added = commands.add_parser("early", help="accuracy when only the beginning is seen")
    added.add_argument("checkpoint", type=Path, metavar="FILE.ckpt", help="what fit wrote")
    added.add_argument("store", type=Path, metavar="FILE.h5", help="the store")
    added.add_argument("out", type=Path, metavar="OUT.png", help="the picture to write")
    added.add_argument("--clips", type=int, default=20, help="clips of each sequence")
    added.set_defaults(command=early)

    added = commands.add_parser(
        "reestimate", help="batch norm measured anew on the train split, as another checkpoint"
    )
    added.add_argument("checkpoint", type=Path, metavar="FILE.ckpt", help="what fit wrote")
    added.add_argument("store", type=Path, metavar="FILE.h5", help="the store")
    added.add_argument("out", type=Path, metavar="OUT.ckpt", help="the file to write")
    added.add_argument("--clips", type=int, default=5, help="clips of each sequence")
    added.set_defaults(command=reestimate)


def _add_pictures(commands: Any) -> None:  # noqa: ANN401
    added = commands.add_parser("memory", help="recurrent weights and memory of a checkpoint")
    added.add_argument("checkpoint", type=Path, metavar="FILE.ckpt", help="what fit wrote")
    added.add_argument("out", type=Path, metavar="OUT.png", help="the picture to write")
    added.set_defaults(command=memory)

    added = commands.add_parser("curves", help="metrics of several runs in one picture")
    added.add_argument("runs", nargs="+", type=_named_folder, metavar="[NAME=]RUN_DIR")
    added.add_argument("--metrics", nargs="+", default=["train/loss", "val/accuracy"])
    added.add_argument("--out", type=Path, required=True, metavar="OUT.png")
    added.set_defaults(command=lambda runs, **rest: curves(dict(runs), **rest))

    added = commands.add_parser("attention", help="where in time a network with attention looks")
    added.add_argument("checkpoint", type=Path, metavar="FILE.ckpt", help="what fit wrote")
    added.add_argument("store", type=Path, metavar="FILE.h5", help="the store")
    added.add_argument("out", type=Path, metavar="OUT.png", help="the picture to write")
    added.add_argument("--count", type=int, default=12, help="sequences to draw")
    added.set_defaults(command=attention)


def _named_folder(text: str) -> tuple[str, Path]:
    """Read ``NAME=FOLDER``; without a name, the folder is its own."""
    name, separator, folder = text.partition("=")
    return (name, Path(folder)) if separator else (text, Path(text))


if __name__ == "__main__":
    sys.exit(main())
