"""``python -m action_rec predict``: predict recordings and stores with a checkpoint alone."""

import os
import sys
from pathlib import Path
from typing import Literal

import torch
from rich.console import Console
from rich.progress import Progress

from action_rec.console.output_path import check_out
from action_rec.errors import InputError
from action_rec.evaluation.finite import check_finite, finite_rows
from action_rec.evaluation.scoring import score
from action_rec.onnx_file.network import load_model
from action_rec.prediction.batches import Batch, Work
from action_rec.prediction.inputs import find_inputs
from action_rec.prediction.outputs import (
    SUFFIXES,
    Prediction,
    print_predictions,
    write_predictions,
)
from action_rec.prediction.render import Renderer
from action_rec.store.units import Unit


def predict(
    inputs: list[str],
    *,
    ckpt_path: Path,
    out: Path | None = None,
    top: int = 5,
    clips: int | None = None,
    split: Literal["all", "train", "val", "test"] = "all",
    unit: Unit | None = None,
    render: Path | None = None,
    fps: float = 30.0,
) -> None:
    """Predict the actions of recordings and stores with a checkpoint alone.

    The checkpoint describes the network, how clips are made and how raw recordings are prepared.
    A recording is a .skeleton, .npy or .csv file, a .json file of AlphaPose, COCO, MMPose or
    MediaPipe, or a folder of OpenPose's *_keypoints.json; see docs/formats.md.

    Type for example:
      python -m action_rec predict --ckpt_path best.ckpt one.skeleton --render one.gif
      python -m action_rec predict --ckpt_path best.ckpt FOLDER 'more/S001*.skeleton' --out all.json
      python -m action_rec predict --ckpt_path best.ckpt ntu60.h5 --split test --out test.csv

    Args:
        inputs: Stores (.h5), recordings, folders of them, or globs in quotes.
        ckpt_path: The .ckpt file that fit wrote, or the .onnx file that export wrote.
        out: Write all predictions to this .csv or .json file.
        top: The number of most likely classes to show.
        clips: Clips per sequence, whose logits are averaged; 20 if left out, or 1 for a network
            trained on consecutive frames.
        split: The sequences of a store, by the benchmark of the checkpoint.
        unit: The unit of recordings other than .skeleton files; by default that of the training
            data.
        render: Draw the moving skeletons: FILE.gif or FILE.mp4 for one sequence, a folder for any.
        fps: The frames per second of the recordings, for the pictures.

    Raises:
        InputError: An option, the checkpoint or an input cannot be used, no recording can be
            predicted, or some have logits that are not finite; the results of the others are
            written first.
    """
    for name, number in (("top", top), ("clips", 20 if clips is None else clips), ("fps", fps)):
        if not 0 < number < 10_000:
            raise InputError(f"--{name} must be above 0 and below 10,000, got {number:g}")
    if out is not None:
        check_out(out, SUFFIXES, name="--out")
    trained = load_model(ckpt_path)
    clips = trained.format.default_clips(20) if clips is None else clips
    work = Work(trained, find_inputs(inputs), split, clips, unit)
    classes = work.class_names
    top = min(top, len(classes))
    renderer = None
    if render is not None:
        renderer = Renderer(render, work.count, classes, top, fps)
    batches: list[Batch] | None = None if renderer is None else []
    predictions = _predict_all(work, batches)
    unscored = [f"{name} of {file}" for file, name in work.unscored]
    if not predictions:
        check_finite(unscored, len(unscored))
    if out is not None:
        facts = {"checkpoint": str(ckpt_path), "clips": clips, "rejected": work.rejected}
        write_predictions(out, predictions, classes, top, facts)
    _print_results(predictions, classes, top, out)
    if renderer is not None and batches is not None:
        print(f"drawing {len(predictions):,} sequences: {render}", file=sys.stderr)
        _draw_all(work, batches, renderer, predictions)
        print(f"pictures: {render}")
    check_finite(unscored, len(unscored) + len(predictions))


def _print_results(
    predictions: list[Prediction], classes: list[str], top: int, out: Path | None
) -> None:
    """Print the table, unless what reads it has ended, as `head` does."""
    try:
        print_predictions(predictions, classes, top)
        if out is not None:
            print(f"predictions: {out}")
        sys.stdout.flush()
    except BrokenPipeError:
        # What is printed later, and Python's own flush at the end, must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _predict_all(work: Work, kept: list[Batch] | None) -> list[Prediction]:
    """Predict batch by batch; `kept` gets the batches, with what was read, if it is a list."""
    predictions: list[Prediction] = []
    with _progress() as progress:
        task = progress.add_task("predicting", total=work.count)
        for batch in work.batches():
            predictions += _score(work, batch)
            if kept is not None:
                kept.append(batch)
            progress.update(task, completed=len(predictions))
    for file, reason in work.rejected.items():
        print(f"left out {file}: {reason}", file=sys.stderr)
    if not predictions and not work.unscored:
        raise InputError(
            f"none of the {work.count:,} recordings can be predicted, for the reasons above"
        )
    return predictions


def _draw_all(
    work: Work, batches: list[Batch], renderer: Renderer, predictions: list[Prediction]
) -> None:
    # After all predictions are written: pictures take long. Recordings stay in memory until then.
    with _progress() as progress:
        drawn = iter(progress.track(predictions, description="drawing"))
        for batch in batches:
            for index, file in zip(batch.indices.tolist(), batch.files, strict=True):
                if (file, str(batch.sequences.names[index])) not in work.unscored:
                    renderer.draw(batch.sequences, index, next(drawn))


def _progress() -> Progress:
    screen = Console(stderr=True)
    return Progress(console=screen, transient=True, disable=not screen.is_terminal)


def _score(work: Work, batch: Batch) -> list[Prediction]:
    logits = score(work.trained, batch.sequences, batch.indices, work.clips)
    probabilities = torch.from_numpy(logits).mean(dim=1).softmax(dim=1).numpy()
    names = batch.sequences.names[batch.indices].tolist()
    rows = list(zip(names, batch.files, batch.truths, probabilities, strict=True))
    finite = finite_rows(logits).tolist()
    work.unscored |= {(row[1], row[0]) for row, good in zip(rows, finite, strict=True) if not good}
    return [Prediction(*row) for row, good in zip(rows, finite, strict=True) if good]
