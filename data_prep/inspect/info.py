"""``python -m data_prep info FILE.h5``: print the contents of a store and check them."""

from json import dumps
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from action_rec.console.output_path import check_out
from action_rec.console.text import printable
from action_rec.errors import InputError
from action_rec.store.format import VERSION
from action_rec.store.reader import Store
from data_prep.convert.progress import progress
from data_prep.inspect.bodies import RawBodies
from data_prep.inspect.checks import check_results, percent
from data_prep.inspect.listing import write_listing
from data_prep.inspect.page import write_page
from data_prep.inspect.statistics import compute_statistics

_REJECTED_SHOWN = 20
_SUSPECTS_SHOWN = 10


def info(
    file: Path,
    *,
    json: bool = False,
    shortest: int = 10,
    log: Path | None = None,
    picture: Path | None = None,
    page: Path | None = None,
    raw: list[Path] | None = None,
) -> None:
    """Print the contents of a store, check all its poses, and list suspicious recordings.

    Args:
        file: The store.
        json: Print one JSON object with complete lists, for programs.
        shortest: Minimum number of frames of a sequence.
        log: CSV file to write, with the state of every recording, including missing ones.
        picture: PNG file to write, with an overview of the data set.
        page: HTML file to write, with all of it and moving skeletons, suspicious recordings first.
        raw: The folder or zip of the recordings, or several: the page then shows the bodies that
            the rules dropped, too.

    Raises:
        InputError: The store cannot be read, or an output file cannot be written.
    """
    if picture is not None and picture.suffix != ".png":
        raise InputError(f"--picture '{picture}' does not end in .png; give it such a name")
    if page is not None:
        check_out(page, (".html",), name="--page")
    elif raw:
        raise InputError("--raw is for the page; add --page with the file to write")
    store = Store(file)
    bodies = RawBodies(store, raw) if raw else None
    with progress(len(store.names), things="sequences") as advance:
        statistics = compute_statistics(store, advance)
    content = summary(store) | check_results(store, statistics, shortest)
    if json:
        print(dumps(content, indent=2, ensure_ascii=False))
    else:
        _print(content)
    if log is not None:
        write_listing(store, log)
    if picture is not None:
        from data_prep.inspect.picture import draw  # matplotlib takes a second to import

        draw(store, statistics, content, picture)
    if page is not None:
        write_page(store, content, page, bodies)


def summary(store: Store) -> dict[str, Any]:
    """Return the contents of a store as a JSON object; lengths are in frames."""
    bodies, sequences = np.unique(store.bodies, return_counts=True)
    per_class = np.bincount(store.label, minlength=len(store.class_names))
    return {
        "path": str(store.path),
        "version": VERSION,
        "dataset": store.dataset,
        "joint_set": store.joint_set,
        "joints": len(store.joint_names),
        "unit": store.unit,
        "provenance": store.provenance,
        "sequences": len(store.names),
        "frames": {
            "total": int(store.length.sum()),
            "shortest": int(store.length.min()),
            "median": float(np.median(store.length)),
            "longest": int(store.length.max()),
        },
        "bodies": dict(zip(map(str, bodies), sequences.tolist(), strict=True)),
        "benchmarks": {
            name: {"train": len(store.split(name, "train")), "test": len(store.split(name, "test"))}
            | ({"val": val} if (val := len(store.split(name, "val"))) else {})
            for name in store.benchmarks
        },
        "classes": [
            {"class": name, "sequences": number}
            for name, number in zip(store.class_names, per_class.tolist(), strict=True)
        ],
        "rejected": store.rejected(),
    }


def _print(content: dict[str, Any]) -> None:
    # Names and reasons may contain brackets or colons that rich would read as markup or emoji.
    console = Console(markup=False, emoji=False, highlight=False)
    console.print(_facts(content), _benchmarks(content), _classes(content))
    rejected = content["rejected"]
    for name, reason in list(rejected.items())[:_REJECTED_SHOWN]:
        console.print(printable(f"rejected {name}: {reason}"), soft_wrap=True)
    if len(rejected) > _REJECTED_SHOWN:
        console.print(f"{len(rejected) - _REJECTED_SHOWN:,} more were rejected; --log lists all")
    console.print(_checks(content))
    if content["part"]:
        console.print(printable(content["part"]), soft_wrap=True)
    if content["suspects"]:
        console.print(_suspects(content))
    else:
        console.print("no recording is suspicious")


def _facts(content: dict[str, Any]) -> Table:
    frames = content["frames"]
    table = Table("store", printable(content["path"]))
    for name in ("version", "dataset", "joint_set", "joints", "unit"):
        table.add_row(name, printable(str(content[name])))
    for name, value in content["provenance"].items():
        shown = _listed(value) if isinstance(value, dict) else str(value)
        table.add_row(printable(str(name)), printable(shown))
    table.add_row("sequences", f"{content['sequences']:,}")
    table.add_row(
        "frames",
        f"{frames['total']:,}: {frames['shortest']} to {frames['longest']} a sequence, "
        f"median {frames['median']:g}",
    )
    for number, sequences in content["bodies"].items():
        table.add_row(
            f"sequences of {number} bod{'y' if number == '1' else 'ies'}", f"{sequences:,}"
        )
    for name, share in content["shares"].items():
        table.add_row(name, percent(share))
    return table


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _benchmarks(content: dict[str, Any]) -> Table:
    splits = dict.fromkeys(split for counts in content["benchmarks"].values() for split in counts)
    table = Table("benchmark", *splits)
    for name, counts in content["benchmarks"].items():
        table.add_row(printable(name), *(f"{counts.get(split, 0):,}" for split in splits))
    return table


def _classes(content: dict[str, Any]) -> Table:
    table = Table("label", "class", "sequences")
    classes = content["classes"]
    for label, entry in enumerate(classes):
        if entry["sequences"]:
            table.add_row(str(label), printable(entry["class"]), f"{entry['sequences']:,}")
    empty = sum(not entry["sequences"] for entry in classes)
    if empty:
        table.caption = f"{empty} of {len(classes)} classes have no sequence"
    return table


def _checks(content: dict[str, Any]) -> Table:
    table = Table("check", "", "found")
    for check in content["checks"]:
        style, result = ("green", "passed") if check["passed"] else ("bold red", "failed")
        texts = (Text(result, style), Text(printable(check["found"]), style))
        table.add_row(printable(check["check"]), *texts)
    return table


def _suspects(content: dict[str, Any]) -> Table:
    suspects = content["suspects"]
    more = len(suspects) - _SUSPECTS_SHOWN
    caption = "score: the sum of value / limit" + (f"; {more:,} more with --json" * (more > 0))
    table = Table("suspicious", "score", "because", caption=caption)
    for suspect in suspects[:_SUSPECTS_SHOWN]:
        reasons = "; ".join(suspect["reasons"])
        table.add_row(printable(suspect["name"]), f"{suspect['score']:.1f}", reasons)
    return table
