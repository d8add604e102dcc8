"""One page of HTML on a store: its checks and counts, and its recordings to look at."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.console.writing import write_text
from action_rec.drawing.page_text import render
from action_rec.drawing.players import Shown, encode, players
from action_rec.store.reader import Store
from data_prep.inspect.checks import percent

_SUSPECTS = 60  # that are shown moving; the table lists more
_PER_CLASS = 2
_LISTED = 200
_BINS = 30
_COLUMNS = ("subject", "camera", "setup")


def write_page(store: Store, content: dict[str, Any], path: Path) -> None:
    """Write the page.

    Args:
        store: The store.
        content: Its summary and the results of its checks.
        path: The file, .html.
    """
    reasons = {one["name"]: "; ".join(one["reasons"]) for one in content["suspects"]}
    page = render(
        "data_prep.inspect",
        "data",
        _data(store, reasons),
        content=content,
        facts=_facts(store, content),
        splits=list(dict.fromkeys(s for counts in content["benchmarks"].values() for s in counts)),
        lengths=_histogram(store.length),
        suspects=content["suspects"][:_LISTED],
        rejected=list(content["rejected"].items())[:_LISTED],
        largest=max(one["sequences"] for one in content["classes"]),
        columns={
            name: np.unique(store.columns[name]).tolist()
            for name in _COLUMNS
            if name in store.columns
        },
    )
    write_text(path, page)


def _facts(store: Store, content: dict[str, Any]) -> list[tuple[str, str]]:
    frames = content["frames"]
    facts = [(name, str(content[name])) for name in ("dataset", "joint_set", "joints", "unit")]
    for name, value in content["provenance"].items():
        listed = value.items() if isinstance(value, dict) else None
        facts.append(
            (name, str(value) if listed is None else ", ".join(f"{k} {v}" for k, v in listed))
        )
    facts.append(("sequences", f"{content['sequences']:,}"))
    facts.append(
        (
            "frames",
            f"{frames['total']:,}: {frames['shortest']} to {frames['longest']} a sequence, "
            f"median {frames['median']:g}",
        )
    )
    facts += [(f"sequences of {n} bodies", f"{count:,}") for n, count in content["bodies"].items()]
    facts += [(name, percent(share)) for name, share in content["shares"].items()]
    return facts


def _histogram(lengths: NDArray[np.int64]) -> list[tuple[str, int]]:
    """Names and numbers of bars of equal width."""
    counts, edges = np.histogram(lengths, bins=min(_BINS, int(np.ptp(lengths)) + 1))
    names = [f"{np.ceil(low):.0f}" for low in edges[:-1]]
    return list(zip(names, counts.tolist(), strict=True))


def _data(store: Store, reasons: dict[str, str]) -> dict[str, Any]:
    """What the script of the page reads."""
    names = store.names.tolist()
    decisions = store.decisions()
    suspects = [number for number, name in enumerate(names) if name in reasons]
    order = {name: rank for rank, name in enumerate(reasons)}
    suspects.sort(key=lambda number: order[names[number]])
    return {
        "classes": list(store.class_names),
        "names": names,
        "labels": encode(store.label, np.uint16),
        "lengths": encode(store.length, np.uint32),
        "bodies": encode(store.bodies, np.uint16),
        "columns": {
            name: encode(store.columns[name], np.uint32)
            for name in _COLUMNS
            if name in store.columns
        },
        "suspects": [[number, reasons[names[number]]] for number in suspects],  # worst first
        "decisions": {str(n): text for n, text in enumerate(decisions) if text},
        "skeletons": players(store, [Shown(n, store, n) for n in _chosen(store, suspects)]),
    }


def _chosen(store: Store, suspects: list[int]) -> list[int]:
    """The sequences that are shown moving: suspicious ones, then some of each class."""
    seen: dict[int, int] = {}
    by_class = []
    for number, label in enumerate(store.label.tolist()):
        seen[label] = seen.get(label, 0) + 1
        if seen[label] <= _PER_CLASS:
            by_class.append(number)
    return list(dict.fromkeys([*suspects[:_SUSPECTS], *by_class]))
