"""``python -m action_rec predict --ckpt_path FILE.ckpt INPUT...``: the actions of any recordings.

A checkpoint is all that is needed: it tells the network, how clips are made, and how raw recordings
are prepared. With ``--config`` it is Lightning's command on the test split of that config instead.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import torch
from rich.console import Console
from rich.progress import Progress

from action_rec.checkpoints.trained import load_trained
from action_rec.errors import InputError
from action_rec.evaluation.finite import check_finite, finite_rows
from action_rec.evaluation.scoring import score
from action_rec.prediction.batches import Batch, Work
from action_rec.prediction.inputs import find_inputs
from action_rec.prediction.outputs import (
    Prediction,
    check_out,
    print_predictions,
    write_predictions,
)
from action_rec.prediction.render import Renderer

_EXAMPLES = """\
examples:
  python -m action_rec predict --ckpt_path best.ckpt one.skeleton --render one.gif
  python -m action_rec predict --ckpt_path best.ckpt FOLDER 'more/S001*.skeleton' --out all.json
  python -m action_rec predict --ckpt_path best.ckpt ntu60.h5 --split test --out test.csv
  python -m action_rec predict --config CARD.yaml --data.path ntu60.h5 --ckpt_path best.ckpt
"""


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Tell a mistake in one sentence, as all others are told."""
        raise InputError(f"{message}; see 'python -m action_rec predict --help'")


def predict(args: Sequence[str]) -> None:
    """Predict, print, write and draw.

    Args:
        args: The words after ``predict``.

    Raises:
        InputError: The words, the checkpoint or an input cannot be used, every recording is bad, or
            some have logits that are not finite; the results of the others are written first.
    """
    options = _parser().parse_intermixed_args(args)
    if options.ckpt_path is None:
        raise InputError(
            "predict needs a trained network; add --ckpt_path with a .ckpt file that fit wrote, "
            "e.g. runs/NAME/version_0/checkpoints/best.ckpt"
        )
    for name, number in (("top", options.top), ("clips", options.clips), ("fps", options.fps)):
        if not 0 < number < 10_000:
            raise InputError(f"--{name} must be above 0 and below 10,000, got {number:g}")
    check_out(options.out)
    inputs = find_inputs(options.inputs)
    work = Work(load_trained(options.ckpt_path), inputs, options.split, options.clips)
    classes = work.class_names
    top = min(options.top, len(classes))
    renderer = None
    if options.render is not None:
        renderer = Renderer(options.render, work.count, classes, top, options.fps)
    predictions = _predict_all(work)
    unscored = [f"{name} of {source}" for source, name in work.unscored]
    if not predictions:
        check_finite(unscored, len(unscored))
    print_predictions(predictions, classes, top)
    if options.out is not None:
        facts = {"checkpoint": str(options.ckpt_path), "clips": options.clips}
        facts["rejected"] = work.rejected
        write_predictions(options.out, predictions, classes, top, facts)
        print(f"predictions: {options.out}")
    if renderer is not None:
        print(f"drawing {len(predictions):,} sequences: {options.render}", file=sys.stderr)
        _draw_all(work, renderer, predictions)
        print(f"pictures: {options.render}")
    check_finite(unscored, len(unscored) + len(predictions))


def _parser() -> ArgumentParser:
    parser = _Parser(
        "python -m action_rec predict",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="a store (.h5), a .skeleton file, a folder of them, or a glob in quotes",
    )
    parser.add_argument("--ckpt_path", type=Path, metavar="FILE.ckpt", help="what fit wrote")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write all to a .csv or .json")
    parser.add_argument("--top", type=int, default=5, help="likeliest classes to show (5)")
    parser.add_argument("--clips", type=int, default=20, help="clips averaged per sequence (20)")
    parser.add_argument(
        "--split",
        choices=("all", "train", "val", "test"),
        default="all",
        help="sequences of a store, by the benchmark of the checkpoint (all)",
    )
    parser.add_argument(
        "--render",
        type=Path,
        metavar="PICTURE",
        help="draw the moving skeleton: FILE.gif or FILE.mp4 for one sequence, a folder for any",
    )
    parser.add_argument("--fps", type=float, default=30.0, help="frames per second recorded (30)")
    return parser


def _predict_all(work: Work) -> list[Prediction]:
    predictions: list[Prediction] = []
    with _progress() as progress:
        task = progress.add_task("predicting", total=work.count)
        for batch in work.batches():
            predictions += _score(work, batch)
            progress.update(task, completed=len(predictions))
    for file, reason in work.rejected.items():
        print(f"left out {file}: {reason}", file=sys.stderr)
    if not predictions and not work.unscored:
        raise InputError(
            f"none of the {work.count:,} recordings can be predicted, for the reasons above"
        )
    return predictions


def _draw_all(work: Work, renderer: Renderer, predictions: list[Prediction]) -> None:
    # A pass of its own: pictures take long, and the results are safe by now.
    with _progress() as progress:
        drawn = iter(progress.track(predictions, description="drawing"))
        for batch in work.batches():
            for index, source in zip(batch.sequences.tolist(), batch.sources, strict=True):
                if (source, str(batch.store.names[index])) in work.unscored:
                    continue
                renderer.draw(batch.store, index, next(drawn))


def _progress() -> Progress:
    screen = Console(stderr=True)
    return Progress(console=screen, transient=True, disable=not screen.is_terminal)


def _score(work: Work, batch: Batch) -> list[Prediction]:
    logits = score(work.trained, batch.store, batch.sequences, work.clips)
    probabilities = torch.from_numpy(logits).mean(dim=1).softmax(dim=1).numpy()
    names = batch.store.names[batch.sequences].tolist()
    rows = list(zip(names, batch.sources, batch.truths, probabilities, strict=True))
    finite = finite_rows(logits).tolist()
    work.unscored |= {(row[1], row[0]) for row, good in zip(rows, finite, strict=True) if not good}
    return [Prediction(*row) for row, good in zip(rows, finite, strict=True) if good]
