"""``python -m action_rec decide``: choose on val when a live network speaks."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from action_rec.checkpoints.trained import Trained, check_store, load_trained
from action_rec.console.output_path import check_out, check_picture
from action_rec.console.writing import write_csv, write_figure, write_json
from action_rec.errors import InputError
from action_rec.evaluation.tables import print_table
from action_rec.live.delays import Measured, choose, choose_release, measure_all
from action_rec.live.engine import Array, TorchEngine
from action_rec.live.recognizer import caution_of
from action_rec.live.step import StepNetwork
from action_rec.store.reader import Store
from action_rec.store.splits import Split, split_sequences


def decide(
    checkpoint: Path,
    store: Path,
    out: Path,
    *,
    split: Split = "val",
    loss: float = 0.02,
    withdrawn: float = 0.05,
) -> None:
    """Choose when a live network gives a label: as early as its accuracy allows, on val.

    The rule smooths the probabilities over time, gives a label when the mean probability of an
    action reaches a threshold, and keeps it until it falls below a lower one. The picture shows
    delay against accuracy over the thresholds; the numbers go beside it, as .csv, and the rule as
    .json for `stream --decision`.

    Args:
        checkpoint: A .ckpt file of a causal network.
        store: The store that it was trained with.
        out: The picture to write, .png, .pdf or .svg.
        split: The recordings to choose on; test is for looking only.
        loss: The share of recordings by which the accuracy of the first label may be below that
            after the last frame.
        withdrawn: The share of recordings in which the first label may be given up again.

    Raises:
        InputError: A file cannot be read or written, the network is not causal, or the split is
            empty.
    """
    for name, share in (("loss", loss), ("withdrawn", withdrawn)):
        if not 0 <= share <= 1:
            raise InputError(f"--{name} must be from 0 to 1, got {share}")
    check_picture(out, numbers=True)
    rule_file = out.with_suffix(".json")
    check_out(rule_file)
    trained, opened = load_trained(checkpoint), Store(store)
    check_store(trained, opened)
    sequences = _sequences(trained, opened, split)
    if (caution := caution_of(TorchEngine(trained))) is not None:
        print(f"note: {caution}", file=sys.stderr)
    probabilities, labels = _every_frame(trained, opened, sequences), opened.label[sequences]
    at_end = float(np.mean([steps[-1].argmax() for steps in probabilities] == labels))
    measured = measure_all(probabilities, labels)
    chosen = choose_release(choose(measured, at_end - loss), probabilities, labels, withdrawn)
    title = f"{opened.dataset} {trained.source['benchmark']}, {split}: {len(sequences)} recordings"
    _print(measured, chosen, at_end, title)
    write_csv(out.with_suffix(".csv"), _HEADINGS, [_row(one) for one in measured])
    write_figure(out, _draw(measured, chosen, at_end, title))
    facts = {**chosen._asdict(), "rule": asdict(chosen.rule), "accuracy_at_end": at_end}
    write_json(rule_file, facts | {"split": split, "recordings": len(sequences)})
    print(f"picture: {out}\nnumbers: {out.with_suffix('.csv')}\nrule: {rule_file}")


def _sequences(trained: Trained, store: Store, split: Split) -> NDArray[np.int64]:
    source = trained.source
    how = (source["benchmark"], source["val_from"], source["val_share"], source["split_seed"])
    sequences = split_sequences(store, *how)[split]
    if len(sequences) == 0:
        raise InputError(
            f"{store.path} has no {split} sequences for benchmark '{source['benchmark']}'; choose "
            "another --split, or train with --data.val_share above 0"
        )
    return sequences


def _every_frame(trained: Trained, store: Store, sequences: NDArray[np.int64]) -> list[Array]:
    """The probabilities (T, K) after each frame of each sequence."""
    step = StepNetwork(trained)
    bodies = trained.format.num_bodies
    every = int(getattr(trained.format, "frame_step", 1))
    found = []
    console = Console(stderr=True)
    for index in track(sequences.tolist(), "recordings", transient=True, console=console):
        poses = store.sequence(index)[:, :bodies]
        frames = torch.zeros(1, len(poses), *step.frame_shape)
        frames[0, :, : poses.shape[1]] = torch.tensor(poses)
        with torch.inference_mode():
            probabilities, _ = step.frames(frames[:, ::every], None)
        found.append(np.repeat(probabilities[0].numpy(), every, axis=0)[: len(poses)])
    return found


_HEADINGS = ("smoothing", "threshold", "accuracy", "spoken", "delay")


def _row(one: Measured) -> tuple[float, ...]:
    return (one.rule.smoothing, one.rule.threshold, one.accuracy, one.spoken, one.delay)


def _print(measured: Sequence[Measured], chosen: Measured, at_end: float, title: str) -> None:
    rows = [
        [
            f"{one.rule.smoothing:g}",
            f"{one.rule.threshold:g}",
            f"{one.accuracy:.1%}",
            f"{one.spoken:.1%}",
            f"{one.delay:.1f}",
        ]
        for one in measured
        if one.rule.smoothing == chosen.rule.smoothing
    ]
    print_table(title, _HEADINGS, rows)
    rule = chosen.rule
    print(
        f"chosen: smoothing {rule.smoothing:g} frames, threshold {rule.threshold:g}, release "
        f"{rule.release:g}\nfirst label after {chosen.delay:.1f} frames on average, right in "
        f"{chosen.accuracy:.1%} (after the last frame: {at_end:.1%}), withdrawn in "
        f"{chosen.withdrawn:.1%}"
    )


def _draw(measured: Sequence[Measured], chosen: Measured, at_end: float, title: str) -> Figure:
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    panel = figure.subplots()
    for smoothing, group in groupby(measured, key=lambda one: one.rule.smoothing):
        points = list(group)
        label = f"smoothed over {smoothing:g} frames" if smoothing else "not smoothed"
        accuracy = [100 * one.accuracy for one in points]
        panel.plot([one.delay for one in points], accuracy, marker=".", label=label)
    panel.plot(chosen.delay, 100 * chosen.accuracy, "o", color="black", fillstyle="none", ms=10)
    panel.annotate(
        f"threshold {chosen.rule.threshold:g}",
        (chosen.delay, 100 * chosen.accuracy),
        xytext=(8, -14),
        textcoords="offset points",
    )
    panel.axhline(100 * at_end, color="black", linewidth=0.8, linestyle=":", label="last frame")
    panel.set(xlabel="frames until the first label", ylabel="first label right", title=title)
    panel.title.set_fontsize(10)
    panel.yaxis.set_major_formatter(PercentFormatter())
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(fontsize=8)
    return figure
