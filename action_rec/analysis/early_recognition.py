"""Early recognition: accuracy against the observed share of a sequence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from action_rec.checkpoints.reading import load_checkpoint
from action_rec.checkpoints.trained import Trained, check_store, load_trained
from action_rec.console.output_path import check_picture
from action_rec.console.writing import write_csv, write_figure
from action_rec.errors import InputError
from action_rec.evaluation.finite import check_finite, finite_rows
from action_rec.evaluation.frame_by_frame import describe_frames, summarize_frames
from action_rec.evaluation.metrics import Accuracies, accuracies
from action_rec.evaluation.provenance import describe_choice
from action_rec.evaluation.scoring import score, score_every_frame
from action_rec.evaluation.tables import ACCURACY_HEADINGS, percentages, print_table
from action_rec.store.reader import Store
from action_rec.store.splits import split_sequences
from action_rec.training.frame_by_frame import SHARES, FrameResults, frame_results, frames_seen

__all__ = ["SHARES", "early"]


class Curve(NamedTuple):
    """The accuracies of one checkpoint.

    Attributes:
        name: What it is called in table and picture.
        measured: Accuracies by share.
        notes: Further lines to print.
    """

    name: str
    measured: dict[float, Accuracies]
    notes: list[str]

    @property
    def auc(self) -> float:
        """The mean top-1 accuracy over the shares."""
        return float(np.mean([one.accuracy for one in self.measured.values()]))


class _Part(NamedTuple):
    """The sequences of a store to measure on."""

    store: Store
    sequences: NDArray[np.int64]

    @property
    def labels(self) -> NDArray[np.int64]:
        return self.store.label[self.sequences]

    def check(self, finite: NDArray[np.bool_]) -> None:
        """Refuse logits that are not finite, of the sequences (N,) that are."""
        check_finite(self.store.names[self.sequences[~finite]].tolist(), len(finite))


def early(
    checkpoint: Path,
    store: Path,
    out: Path,
    *,
    beside: Path | None = None,
    clips: int | None = None,
    split: Literal["test", "val"] = "test",
) -> None:
    """Measure the accuracy when only the beginning of each test sequence is observed.

    A causal network trained on consecutive frames (sampling: frames) is read at every frame of one
    pass. Any other network gets clips of what is seen; it was trained on whole sequences.

    Args:
        checkpoint: A .ckpt file.
        store: The store that it was trained with.
        out: The picture to write, .png, .pdf or .svg; the numbers go beside it, as .csv.
        beside: Another .ckpt file of the same data, to compare in one picture and table.
        clips: Clips per sequence; 20 if left out, or 1 for a network that is read at every frame.
        split: The sequences to measure on: those of test, or val as the checkpoint chose it.

    Raises:
        InputError: A file cannot be read or written, or they do not belong together.
    """
    if clips is not None and clips < 1:
        raise InputError(f"--clips must be at least 1, got {clips}")
    check_picture(out, numbers=True)
    paths = [checkpoint] if beside is None else [checkpoint, beside]
    networks = [load_trained(path) for path in paths]
    parts = [_select(trained, store, split) for trained in networks]
    if not np.array_equal(parts[0].sequences, parts[-1].sequences):
        raise InputError(
            f"{beside} has another {split} split of {store} than {checkpoint}; give checkpoints of "
            "the same benchmark and choice of val"
        )
    curves = [_measure(trained, part, clips) for trained, part in zip(networks, parts, strict=True)]
    if len(curves) == 2 and curves[0].name == curves[1].name:
        curves = [
            one._replace(name=f"{letter}: {one.name}")
            for letter, one in zip("AB", curves, strict=True)
        ]
    _report(curves, paths, parts[0], f"{networks[0].source['benchmark']}, {split}", out)
    print(networks[0].source.get("selection", ""))


def _select(trained: Trained, store: Path, split: Literal["test", "val"]) -> _Part:
    opened = Store(store)  # one for each checkpoint, which may convert its unit
    check_store(trained, opened)
    source = trained.source
    benchmark = source["benchmark"]
    sequences = opened.split(benchmark, "test")
    if split == "val":
        drawn = (source["val_from"], source["val_share"], source["split_seed"])
        sequences = split_sequences(opened, benchmark, *drawn)["val"]
    if len(sequences) == 0:
        raise InputError(f"{store} has no {split} sequences for benchmark '{benchmark}'")
    return _Part(opened, sequences)


def _measure(trained: Trained, part: _Part, clips: int | None) -> Curve:
    clips = trained.format.default_clips(20) if clips is None else clips
    if trained.format.sampling == "frames" and trained.recognizer.is_causal:
        return _in_one_pass(trained, part, clips)
    measured = {}
    for share in track(SHARES, "shares", transient=True, console=Console(stderr=True)):
        logits = score(trained, part.store, part.sequences, clips, share)
        part.check(finite_rows(logits))
        measured[share] = accuracies(logits.mean(axis=1), part.labels)
    return Curve(f"{clips} clips of what is seen", measured, [])


def _in_one_pass(trained: Trained, part: _Part, clips: int) -> Curve:
    """Read a causal network at every frame."""
    at: list[NDArray[np.float32]] = []
    results: list[FrameResults] = []
    done = 0
    for frames, lengths in score_every_frame(trained, part.store, part.sequences, clips):
        logits, seen = torch.from_numpy(frames), torch.from_numpy(lengths)
        labels = torch.from_numpy(part.labels[done : done + len(frames)])
        results.append(frame_results(logits, labels, seen))
        rows = torch.arange(len(frames))[:, None]
        at.append(logits[rows, frames_seen(seen) - 1].numpy())
        done += len(frames)
    every = np.concatenate(at)  # (N, 10, num_classes)
    part.check(finite_rows(every))
    measured = {
        share: accuracies(every[:, index], part.labels) for index, share in enumerate(SHARES)
    }
    summary = summarize_frames(results, trained.format.frame_step)
    return Curve("frame by frame", measured, [describe_frames(summary)])


def _report(curves: list[Curve], paths: list[Path], part: _Part, what: str, out: Path) -> None:
    """Print the table, and write numbers and picture."""
    title = f"{part.store.dataset} {what}: {len(part.sequences)} sequences"
    if len(curves) == 1:
        title += f", {curves[0].name}"
        headings = list(ACCURACY_HEADINGS.values())
        cells = {s: percentages(m._asdict()) for s, m in curves[0].measured.items()}
        means = [f"{100 * curves[0].auc:.2f}", "", ""]
    else:
        headings = [f"{one.name}, top-1 %" for one in curves]
        cells = {s: [f"{100 * one.measured[s].accuracy:.2f}" for one in curves] for s in SHARES}
        means = [f"{100 * one.auc:.2f}" for one in curves]
    rows = [[f"{share:.0%}", *row] for share, row in cells.items()]
    print_table(title, ["seen", *headings], [*rows, ["mean", *means]])
    table = out.with_suffix(".csv")
    numbers = [
        (*([path] if len(curves) > 1 else []), share, *accuracy)
        for path, one in zip(paths, curves, strict=True)
        for share, accuracy in one.measured.items()
    ]
    first = ("checkpoint",) if len(curves) > 1 else ()
    write_csv(table, (*first, "seen", *Accuracies._fields), numbers)
    write_figure(out, _draw(curves, len(part.store.class_names), title))
    for path, one in zip(paths, curves, strict=True):
        name = f"{one.name}: " if len(curves) > 1 else ""
        for note in one.notes:
            print(f"{name}{note}")
        print(f"checkpoint: {name}{describe_choice(load_checkpoint(path))}")
    print(f"picture: {out}\nnumbers: {table}")


def _draw(curves: list[Curve], classes: int, title: str) -> Figure:
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    panel = figure.subplots()
    shares = np.array(SHARES) * 100
    for one in curves:
        name = "" if len(curves) == 1 else f"{one.name}, "
        (line,) = panel.plot(shares, _percent(one.measured, "accuracy"), marker="o")
        line.set_label(f"{name}top-1")
        if classes > 5:
            (dashed,) = panel.plot(shares, _percent(one.measured, "accuracy_top5"), marker=".")
            dashed.set(color=line.get_color(), linestyle="--", label=f"{name}top-5")
    panel.axhline(100 / classes, color="black", linewidth=0.8, linestyle=":", label="chance")
    panel.set(xlabel="share of the sequence seen", ylabel="accuracy", ylim=(0, 101), title=title)
    panel.title.set_fontsize(10)
    panel.xaxis.set_major_formatter(PercentFormatter())
    panel.yaxis.set_major_formatter(PercentFormatter())
    panel.set_xticks(shares)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(fontsize=8)
    return figure


def _percent(measured: Mapping[float, Accuracies], name: str) -> list[float]:
    return [100 * float(getattr(one, name)) for one in measured.values()]
