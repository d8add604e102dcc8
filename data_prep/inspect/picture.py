"""Overview figure of a data set: skeletons, classes, lengths, subjects, bones and checks."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from action_rec.console.text import shorten
from action_rec.drawing.axes import SkeletonLines, set_window
from action_rec.drawing.flat_view import flat_view
from action_rec.drawing.skeleton import Bones
from action_rec.errors import InputError
from action_rec.store.reader import Store
from data_prep.inspect.checks import percent
from data_prep.inspect.statistics import SequenceStatistics

_BLUE, _ORANGE, _RED, _GREY = "#3b6ea5", "#e08a3c", "#c0392b", "#777777"
_NUM_EXAMPLES = 12


def draw(store: Store, statistics: SequenceStatistics, content: dict[str, Any], path: Path) -> None:
    """Draw the overview figure of a store.

    Args:
        store: The store.
        statistics: Statistics of its sequences.
        content: The JSON object of `info`.
        path: The PNG file to write.

    Raises:
        InputError: The file cannot be written.
    """
    figure = Figure(figsize=(15, 9.5), layout="constrained")
    top, middle, bottom = figure.subfigures(
        3, 1, squeeze=False, height_ratios=(1.15, 1.1, 1.15)
    ).flat
    _title(figure, content)
    examples = _examples(store)
    for axes, sequence in zip(top.subplots(1, _NUM_EXAMPLES), examples, strict=False):
        _skeleton(axes, store, sequence)
    for axes in top.axes[len(examples) :]:
        axes.axis("off")
    _classes(middle.subplots(), store)
    lengths, people, bones, checks = bottom.subplots(1, 4, width_ratios=(1, 1, 1, 1.25))
    _lengths(lengths, store)
    _people(people, store)
    _bones(bones, store, statistics, content)
    _checks(checks, content)
    try:
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise InputError(
            f"--picture '{path}' cannot be written ({error.strerror}); name another file"
        ) from None


def _title(figure: Figure, content: dict[str, Any]) -> None:
    benchmarks = "      ".join(
        f"{name}: {', '.join(f'{split} {count:,}' for split, count in counts.items())}"
        for name, counts in content["benchmarks"].items()
    )
    rules = content["provenance"].get("rules", {}).get("name", "unknown")
    figure.suptitle(
        f"{content['dataset']}: {content['sequences']:,} sequences, "
        f"{content['frames']['total']:,} frames, {content['joints']} joints of "
        f"{content['joint_set']}, rules {rules}\n{benchmarks}",
        fontsize=13,
    )


def _examples(store: Store) -> list[int]:
    """Return the first sequence of each of 12 classes, or several per class if there are fewer."""
    labels, first = np.unique(store.label, return_index=True)
    if len(labels) < _NUM_EXAMPLES:
        first = np.argsort(store.label, kind="stable")
    chosen = np.linspace(0, len(first) - 1, min(_NUM_EXAMPLES, len(first))).round().astype(int)
    return [int(first[index]) for index in chosen]


def _skeleton(axes: Axes, store: Store, sequence: int) -> None:
    """Draw the bodies of the middle frame as the camera saw them."""
    flat = flat_view(store, sequence)
    seen = np.flatnonzero(np.isfinite(flat).any(axis=(1, 2, 3)))
    middle = flat[seen[len(seen) // 2]]
    SkeletonLines(axes, Bones.of(store), len(middle), width=1.6).show(middle)
    set_window(axes, middle, (1, 2))
    axes.set_title(shorten(store.class_names[store.label[sequence]], 17), fontsize=8.5)


def _classes(axes: Axes, store: Store) -> None:
    classes = np.arange(len(store.class_names))
    single = np.bincount(store.label[store.bodies == 1], minlength=len(classes))
    multiple = np.bincount(store.label[store.bodies > 1], minlength=len(classes))
    axes.bar(classes, single, color=_BLUE, label="one body")
    axes.bar(classes, multiple, bottom=single, color=_ORANGE, label="two or more bodies")
    few, wide = len(classes) <= 60, len(classes) <= 12  # names fit, names fit horizontally
    names = [shorten(name, 22) if few else "" for name in store.class_names]
    axes.set_xticks(classes[:: 1 if few else 10])
    axes.set_xticklabels(
        names if few else [str(label) for label in classes[::10]],
        rotation=55 if few and not wide else 0,
        ha="right" if few and not wide else "center",
        rotation_mode="anchor",
        fontsize=7.5,
    )
    axes.set_xlim(-0.7, len(classes) - 0.3)
    _label_axes(axes, "", "sequences of each class")
    if multiple.any():
        axes.legend(frameon=False, fontsize=8, ncols=2, loc="lower right", bbox_to_anchor=(1, 0.99))


def _lengths(axes: Axes, store: Store) -> None:
    shortest, longest = int(store.length.min()), int(store.length.max())
    bars = min(40, math.isqrt(len(store.length)))
    step = (longest - shortest) // bars + 1  # an integer, so that all bars have the same width
    edges = (np.arange(shortest, longest + step + 1, step) - 0.5).tolist()
    axes.hist(store.length, bins=edges, color=_BLUE)
    median = float(np.median(store.length))
    axes.axvline(median, color=_GREY, linestyle="--", linewidth=1)
    axes.annotate(
        f" median {median:g}", (median, 0.93), xycoords=("data", "axes fraction"), fontsize=8
    )
    _label_axes(axes, "length in frames", "sequences")


def _people(axes: Axes, store: Store) -> None:
    """Draw sequences by subject and camera or, if subjects are unknown, by number of bodies."""
    if "subject" in store.columns:
        subjects, row = np.unique(store.columns["subject"], return_inverse=True)
        camera_of = store.columns.get("camera", np.zeros(len(row), np.int64))
        cameras, column = np.unique(camera_of, return_inverse=True)
        counts = np.zeros((len(cameras), len(subjects)), np.int64)
        np.add.at(counts, (column, row), 1)
        left = np.zeros(len(subjects))
        for camera, number, shade in zip(
            cameras, counts, np.linspace(1, 0.4, len(cameras)), strict=True
        ):
            axes.bar(range(len(subjects)), number, bottom=left, color=_BLUE, alpha=shade)
            name = f" camera {camera}" if "camera" in store.columns else ""
            axes.text(len(subjects) - 0.3, left[-1] + number[-1] / 2, name, fontsize=7.5)
            left += number
        step = max(1, len(subjects) // 12)
        axes.set_xticks(range(0, len(subjects), step), [str(s) for s in subjects[::step]])
        _label_axes(axes, "subject", "sequences")
        return
    numbers, counts = np.unique(store.bodies, return_counts=True)
    axes.bar([str(number) for number in numbers], counts, color=_BLUE)
    _label_axes(axes, "bodies", "sequences")


def _bones(
    axes: Axes, store: Store, statistics: SequenceStatistics, content: dict[str, Any]
) -> None:
    unit = {"metre": "m", "body size": "as recorded"}.get(store.unit, store.unit)
    suspects = np.isin(store.names, [suspect["name"] for suspect in content["suspects"]])
    for chosen, colour, label in ((~suspects, _BLUE, None), (suspects, _RED, "suspicious")):
        lengths, variation = statistics.bone_length[chosen], statistics.bone_variation[chosen]
        axes.scatter(lengths, variation, s=6, alpha=0.5, color=colour, label=label)
    axes.set_ylim(bottom=0)
    if suspects.any():
        axes.legend(frameon=False, fontsize=8, loc="upper right")
    _label_axes(axes, f"mean bone length ({unit})", "variation of a bone's length")


def _checks(axes: Axes, content: dict[str, Any]) -> None:
    axes.axis("off")
    lines = [
        (f"{'passed' if check['passed'] else 'failed'}: {check['check']}", check["passed"])
        for check in content["checks"]
    ]
    for row, (line, passed) in enumerate(lines):
        axes.text(0, 1 - 0.075 * row, line, va="top", fontsize=8.5, color=_GREY if passed else _RED)
    below = 1 - 0.075 * (len(lines) + 0.6)
    shares = [f"{percent(share)} {name}" for name, share in content["shares"].items()]
    axes.text(0, below, "\n".join(shares), va="top", fontsize=8.5, color="black", linespacing=1.4)


def _label_axes(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
