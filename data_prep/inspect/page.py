"""One page of HTML on a store: its checks and counts, and its recordings to look at."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.console.writing import write_text
from action_rec.drawing.page_text import render
from action_rec.drawing.players import Shown, encode, players
from action_rec.errors import InputError
from action_rec.store.reader import Store
from data_prep.inspect.bodies import Bodies, RawBodies, count_reasons, drops
from data_prep.inspect.checks import percent

_SUSPECTS = 60  # that are shown moving; the table lists more
_DROPPED = 60
_PER_CLASS = 2
_LISTED = 200
_BINS = 30
_COLUMNS = ("subject", "camera", "setup")


def write_page(
    store: Store, content: dict[str, Any], path: Path, raw: RawBodies | None = None
) -> None:
    """Write the page.

    Args:
        store: The store.
        content: Its summary and the results of its checks.
        path: The file, .html.
        raw: The recordings, to show the bodies that were dropped; None for those of the store.
    """
    reasons = {one["name"]: "; ".join(one["reasons"]) for one in content["suspects"]}
    decisions = store.decisions()
    page = render(
        "data_prep.inspect",
        "data",
        _data(store, reasons, decisions, raw),
        content=content,
        facts=_facts(store, content),
        splits=list(dict.fromkeys(s for counts in content["benchmarks"].values() for s in counts)),
        lengths=_histogram(store.length),
        suspects=content["suspects"][:_LISTED],
        dropped=count_reasons(decisions).most_common(_LISTED),
        with_dropped=sum(map(drops, decisions)),
        with_raw=raw is not None,
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


def _data(
    store: Store, reasons: dict[str, str], decisions: list[str], raw: RawBodies | None
) -> dict[str, Any]:
    """What the script of the page reads."""
    names = store.names.tolist()
    suspects = [number for number, name in enumerate(names) if name in reasons]
    order = {name: rank for rank, name in enumerate(reasons)}
    suspects.sort(key=lambda number: order[names[number]])
    dropped = [number for number, text in enumerate(decisions) if drops(text)]
    chosen = _chosen(store, suspects, dropped)
    read, unread = ({}, {}) if raw is None else _read_again(store, chosen, decisions, raw)
    shown = [
        Shown(n, read[n].sequences, 0, read[n].actors) if n in read else Shown(n, store, n)
        for n in chosen
    ]
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
        "dropped": dropped,
        "decisions": {str(n): text for n, text in enumerate(decisions) if text},
        "notes": {
            str(n): [[note, actor < 0] for note, actor in zip(one.notes, one.actors, strict=True)]
            for n, one in read.items()
        },
        "unread": {str(n): reason for n, reason in unread.items()},
        "skeletons": players(store, shown),
    }


def _chosen(store: Store, suspects: list[int], dropped: list[int]) -> list[int]:
    """The sequences that are shown moving: suspicious, with dropped bodies, some of each class."""
    seen: dict[int, int] = {}
    by_class = []
    for number, label in enumerate(store.label.tolist()):
        seen[label] = seen.get(label, 0) + 1
        if seen[label] <= _PER_CLASS:
            by_class.append(number)
    return list(dict.fromkeys([*suspects[:_SUSPECTS], *dropped[:_DROPPED], *by_class]))


def _read_again(
    store: Store, chosen: list[int], decisions: list[str], raw: RawBodies
) -> tuple[dict[int, Bodies], dict[int, str]]:
    """Read the recordings about which something was decided; also return why one cannot be read."""
    read: dict[int, Bodies] = {}
    unread: dict[int, str] = {}
    for number in (n for n in chosen if decisions[n].startswith("body ")):
        try:
            read[number] = raw.bodies(str(store.names[number]), decisions[number])
        except InputError as error:
            unread[number] = str(error)
    return read, unread
