"""What is wrong with a store, and which of its recordings look suspicious."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.store.reader import Store
from data_prep.inspect.completeness import completeness, known_totals
from data_prep.inspect.statistics import Measures

_BONES = (0.05, 0.5)  # metres: the mean length of a person's bones in any joint set
_SHOWN = 3

# A recording is suspicious where a measure is above its limit; its score is the sum of those
# measures, each over its limit. Limits lie above what good recordings of NTU RGB+D reach.
SYMPTOMS: dict[str, tuple[float, str]] = {
    "bone_variation": (0.25, "bone lengths vary by {:.0%}"),
    "jump": (0.4, "a body jumps by {:.1f} of its size between two frames"),
    "zero_joints": (0.05, "{:.0%} of the joints are recorded at zero"),
    "wide": (0.7, "a body is wider than high in {:.0%} of the frames"),
    "absent": (0.5, "bodies are absent from {:.0%} of the frames"),
}


@dataclass(frozen=True)
class Check:
    """Something that holds for a good store, and what was found instead.

    Attributes:
        check: What holds.
        passed: Whether it does.
        found: What was found instead, in short.
        names: All that it does not hold for: sequences, files, classes or benchmarks.
    """

    check: str
    passed: bool
    found: str = ""
    names: Sequence[str] = ()


@dataclass(frozen=True)
class Suspect:
    """A sequence with symptoms."""

    name: str
    score: float
    reasons: list[str]


def suspects(store: Store, measures: Measures) -> list[Suspect]:
    """The suspicious sequences, the worst first."""
    limits = np.array([limit for limit, _ in SYMPTOMS.values()])
    over = np.stack([getattr(measures, name) for name in SYMPTOMS], axis=1) / limits
    over[over <= 1] = 0
    scores = over.sum(axis=1)
    order = np.argsort(-scores, kind="stable")
    return [
        Suspect(str(store.names[index]), round(float(scores[index]), 2), _reasons(measures, index))
        for index in order.tolist()
        if scores[index] > 0
    ]


def _reasons(measures: Measures, index: int) -> list[str]:
    return [
        f"{sentence.format(value)} (limit {limit:.0%})"
        if "%" in sentence
        else f"{sentence.format(value)} (limit {limit:g})"
        for name, (limit, sentence) in SYMPTOMS.items()
        if (value := float(getattr(measures, name)[index])) > limit
    ]


def checks(store: Store, measures: Measures, shortest: int) -> list[Check]:
    """Examine a store.

    Args:
        store: The store.
        measures: Of its sequences.
        shortest: Frames that a sequence should have at least.
    """
    return [
        _check(store, "all numbers are finite", ~measures.finite),
        _check(store, "every body is seen", measures.unseen_bodies > 0),
        _check(store, f"sequences have {shortest} frames or more", store.length < shortest),
        _check(store, "no two sequences are the same", _repeated(measures.checksum)),
        *_no_leaks(store, measures.checksum),
        *_names_once(store),
        *_plausible_bones(store, measures),
        *_classes_and_splits(store),
        *_counts(store),
    ]


def _check(store: Store, what: str, bad: NDArray[np.bool_]) -> Check:
    return _holds_for_all(what, store.names[bad].tolist(), len(store.names), "sequences")


def _holds_for_all(what: str, bad: list[str], total: int, things: str) -> Check:
    if not bad:
        return Check(what, passed=True)
    more = ", ..." if len(bad) > _SHOWN else ""
    found = f"{len(bad):,} of {total:,} {things}: {', '.join(bad[:_SHOWN])}{more}"
    return Check(what, passed=False, found=found, names=bad)


def _repeated(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    _, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    repeated: NDArray[np.bool_] = counts[index] > 1
    return repeated


def _no_leaks(store: Store, checksum: NDArray[np.int64]) -> Iterator[Check]:
    """Sequences that a benchmark tests on, and trains on under another name."""
    for benchmark in store.benchmarks:
        train, test = store.split(benchmark, "train"), store.split(benchmark, "test")
        known = np.zeros(len(store.names), np.bool_)
        known[test] = np.isin(checksum[test], checksum[train])
        yield _check(store, f"{benchmark} tests on nothing it trains on", known)


def _names_once(store: Store) -> Iterator[Check]:
    rejected = store.rejected()
    again = [file for file, reason in rejected.items() if "a second file" in reason]
    yield _holds_for_all("names are unique", again, len(rejected), "rejected files")


def _plausible_bones(store: Store, measures: Measures) -> Iterator[Check]:
    if store.unit == "metre":
        least, most = _BONES
        bad = (measures.bone_length < least) | (measures.bone_length > most)
        yield _check(store, f"bones are {least:g} to {most:g} m long on average", bad)


def _classes_and_splits(store: Store) -> Iterator[Check]:
    per_class = np.bincount(store.label, minlength=len(store.class_names))
    empty = [name for name, count in zip(store.class_names, per_class, strict=True) if not count]
    yield _holds_for_all("every class has sequences", empty, len(per_class), "classes")
    one_sided = [
        name
        for name in store.benchmarks
        if not (len(store.split(name, "train")) and len(store.split(name, "test")))
    ]
    total = len(store.benchmarks)
    yield _holds_for_all("every benchmark trains and tests", one_sided, total, "benchmarks")


def _counts(store: Store) -> Iterator[Check]:
    counts = store.provenance.get("counts", {})
    if {"found", "converted", "rejected", "outside"} <= counts.keys():
        parts = counts["converted"] + counts["rejected"] + counts["outside"]
        found = f"{counts['found']:,} found, {parts:,} accounted for, {len(store.names):,} stored"
        equal = counts["found"] == parts and counts["converted"] == len(store.names)
        yield Check("nothing got lost on the way", equal, "" if equal else found)
    against = completeness(store)
    if against is None or not against.claimed:
        return
    lacks = f"{len(against.missing):,} missing, {len(against.rejected):,} rejected, "
    lacks += f"{len(against.extra):,} extra of {against.expected:,}"
    names = [*against.missing, *against.rejected, *against.extra]
    yield Check(f"{store.dataset} is complete", not names, lacks if names else "", names)
    differing = [
        f"{name} {counts[0]:,} / {counts[1]:,}, not {known[0]:,} / {known[1]:,}"
        for name, known in known_totals(store).items()
        if name in store.benchmarks
        and (counts := (len(store.split(name, "train")), len(store.split(name, "test")))) != known
    ]
    yield Check("benchmarks have the published counts", not differing, "; ".join(differing))


def diagnosis(store: Store, measures: Measures, shortest: int) -> dict[str, Any]:
    """Checks, suspects and shares of a store, as a JSON object."""
    poses = store.length * store.bodies
    seen = poses * (1 - measures.absent)
    zero = float((measures.zero_joints * seen).sum() / max(seen.sum(), 1))
    against = completeness(store)
    left_out = 1 - store.length.sum() / store.recorded_frames.sum()
    return {
        "shares": {
            "frames without anybody, left out": round(float(left_out), 6),
            "frames without a body of theirs": round(float(1 - seen.sum() / poses.sum()), 6),
            "sequences of two bodies or more": round(float((store.bodies > 1).mean()), 6),
            "joints recorded at zero": round(zero, 6),
        },
        "part": against.part if against else "",
        "checks": [asdict(check) for check in checks(store, measures, shortest)],
        "suspects": [asdict(suspect) for suspect in suspects(store, measures)],
    }


def percent(share: float) -> str:
    """A share, told from none at all however small it is."""
    return "below 0.01%" if 0 < share < 1e-4 else f"{share:.2%}"
