"""Early recognition: accuracy against the observed share of a sequence."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from rich.console import Console
from rich.progress import track

from action_rec.checkpoints.reading import load_checkpoint
from action_rec.checkpoints.trained import check_store, load_trained
from action_rec.console.output_path import check_picture
from action_rec.console.writing import write_csv, write_figure
from action_rec.errors import InputError
from action_rec.evaluation.finite import check_finite, finite_rows
from action_rec.evaluation.metrics import Accuracies, accuracies
from action_rec.evaluation.provenance import describe_choice
from action_rec.evaluation.scoring import score
from action_rec.evaluation.tables import ACCURACY_HEADINGS, percentages, print_table
from action_rec.store.reader import Store

SHARES = tuple(tenths / 10 for tenths in range(1, 11))


def early(checkpoint: Path, store: Path, out: Path, *, clips: int = 20) -> None:
    """Measure the accuracy when only the beginning of each test sequence is observed.

    The network is not trained for this: it is the one that was trained on whole sequences.

    Args:
        checkpoint: A .ckpt file.
        store: The store that it was trained with.
        out: The picture to write, .png, .pdf or .svg; the numbers go beside it, as .csv.
        clips: Clips per sequence.

    Raises:
        InputError: A file cannot be read or written, or they do not belong together.
    """
    if clips < 1:
        raise InputError(f"--clips must be at least 1, got {clips}")
    check_picture(out, numbers=True)
    trained, opened = load_trained(checkpoint), Store(store)
    check_store(trained, opened)
    benchmark = trained.source["benchmark"]
    sequences = opened.split(benchmark, "test")
    if len(sequences) == 0:
        raise InputError(f"{store} has no test sequences for benchmark '{benchmark}'")
    labels = opened.label[sequences]
    measured = {}
    for share in track(SHARES, "shares", transient=True, console=Console(stderr=True)):
        logits = score(trained, opened, sequences, clips, share)
        check_finite(opened.names[sequences[~finite_rows(logits)]].tolist(), len(sequences))
        measured[share] = accuracies(logits.mean(axis=1), labels)
    title = f"{opened.dataset} {benchmark}, test: {len(sequences)} sequences, {clips} clips"
    rows = [[f"{share:.0%}", *percentages(m._asdict())] for share, m in measured.items()]
    print_table(title, ["seen", *ACCURACY_HEADINGS.values()], rows)
    table = out.with_suffix(".csv")
    numbers = [(share, *m) for share, m in measured.items()]
    write_csv(table, ("seen", *Accuracies._fields), numbers)
    write_figure(out, _draw(measured, len(opened.class_names), title))
    print(f"checkpoint: {describe_choice(load_checkpoint(checkpoint))}")
    print(f"{trained.source.get('selection', '')}\npicture: {out}\nnumbers: {table}")


def _draw(measured: dict[float, Accuracies], classes: int, title: str) -> Figure:
    figure = Figure(figsize=(5.6, 3.8), layout="constrained")
    panel = figure.subplots()
    shares = np.array(list(measured)) * 100
    top1 = [100 * one.accuracy for one in measured.values()]
    panel.plot(shares, top1, marker="o", label="top-1")
    if classes > 5:
        top5 = [100 * one.accuracy_top5 for one in measured.values()]
        panel.plot(shares, top5, marker=".", linestyle="--", label="top-5")
    panel.axhline(100 / classes, color="black", linewidth=0.8, linestyle=":", label="chance")
    panel.set(xlabel="share of the sequence seen", ylabel="accuracy", ylim=(0, 101), title=title)
    panel.title.set_fontsize(10)
    panel.xaxis.set_major_formatter(PercentFormatter())
    panel.yaxis.set_major_formatter(PercentFormatter())
    panel.set_xticks(shares)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend()
    return figure
