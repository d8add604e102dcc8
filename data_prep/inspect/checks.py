"""Checks of a store, and detection of suspicious sequences."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.store.reader import Store
from data_prep.inspect.bone_lengths import fit_bones
from data_prep.inspect.completeness import completeness, known_totals
from data_prep.inspect.statistics import SequenceStatistics

_MEAN_BONE_LENGTH = (0.05, 0.5)  # metres: plausible range for a person in any joint set
_SIZE_FACTOR = 8  # between a sequence and the median; metres and centimetres differ by 100
_NAMES_SHOWN = 3

# A sequence is suspicious if a statistic is above its limit; its score is the sum of statistic /
# limit over those. The limits are above the values of valid recordings of NTU RGB+D.
LIMITS: dict[str, tuple[float, str]] = {
    "bone_variation": (0.25, "bone lengths vary by {:.0%}"),
    "jump": (0.4, "a body jumps by {:.1f} of its size between two frames"),
    "zero_joints": (0.05, "{:.0%} of the joints are recorded at zero"),
    "wide": (0.7, "a body is wider than high in {:.0%} of the frames"),
    "absent": (0.5, "bodies are absent from {:.0%} of the frames"),
}


@dataclass(frozen=True)
class Check:
    """Result of a check.

    Attributes:
        check: The property that is checked.
        passed: Whether the store has it.
        found: Summary of the violations.
        names: Names of all sequences, files, joints, classes or benchmarks that violate it.
    """

    check: str
    passed: bool
    found: str = ""
    names: Sequence[str] = ()


@dataclass(frozen=True)
class SuspiciousSequence:
    """A sequence with statistics above their limits, its score and the reasons."""

    name: str
    score: float
    reasons: list[str]


def suspicious_sequences(store: Store, statistics: SequenceStatistics) -> list[SuspiciousSequence]:
    """Return the suspicious sequences, sorted by decreasing score."""
    limits = np.array([limit for limit, _ in LIMITS.values()])
    ratios = np.stack([getattr(statistics, name) for name in LIMITS], axis=1) / limits
    scores = np.where(ratios > 1, ratios, 0).sum(axis=1)
    order = np.argsort(-scores, kind="stable")
    return [
        SuspiciousSequence(
            str(store.names[index]), round(float(scores[index]), 2), _reasons(statistics, index)
        )
        for index in order.tolist()
        if scores[index] > 0
    ]


def _reasons(statistics: SequenceStatistics, index: int) -> list[str]:
    return [
        f"{template.format(value)} (limit {limit:{'.0%' if '%' in template else 'g'}})"
        for name, (limit, template) in LIMITS.items()
        if (value := float(getattr(statistics, name)[index])) > limit
    ]


def checks(store: Store, statistics: SequenceStatistics, shortest: int) -> list[Check]:
    """Check a store.

    Args:
        store: The store.
        statistics: Statistics of its sequences.
        shortest: Minimum number of frames of a sequence.
    """
    return [
        _check(store, "all numbers are finite", ~statistics.finite),
        _check(store, "every body is present in some frame", statistics.unseen_bodies > 0),
        _check(store, f"sequences have {shortest} frames or more", store.length < shortest),
        _check(store, "no two sequences are equal", _repeated(statistics.checksum)),
        *_check_leakage(store, statistics.checksum),
        *_check_unique_names(store),
        *_check_bone_lengths(store, statistics),
        *_check_sizes(store, statistics),
        *_check_joint_set(store),
        *_check_detection(store, statistics),
        *_check_classes_and_splits(store),
        *_check_counts(store),
    ]


def _check(store: Store, description: str, violating: NDArray[np.bool_]) -> Check:
    names = store.names[violating].tolist()
    return _check_names(description, names, len(store.names), "sequences")


def _check_names(description: str, violating: list[str], total: int, kind: str) -> Check:
    if not violating:
        return Check(description, passed=True)
    more = ", ..." if len(violating) > _NAMES_SHOWN else ""
    shown = ", ".join(violating[:_NAMES_SHOWN])
    found = f"{len(violating):,} of {total:,} {kind}: {shown}{more}"
    return Check(description, passed=False, found=found, names=violating)


def _repeated(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    _, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    repeated: NDArray[np.bool_] = counts[index] > 1
    return repeated


def _check_leakage(store: Store, checksum: NDArray[np.int64]) -> Iterator[Check]:
    """Find test sequences that are equal to a train sequence of another name."""
    for benchmark in store.benchmarks:
        train, test = store.split(benchmark, "train"), store.split(benchmark, "test")
        leaked = np.zeros(len(store.names), np.bool_)
        leaked[test] = np.isin(checksum[test], checksum[train])
        yield _check(store, f"no test sequence of {benchmark} is in train", leaked)


def _check_unique_names(store: Store) -> Iterator[Check]:
    rejected = store.rejected()
    repeated = [file for file, reason in rejected.items() if "a second file" in reason]
    yield _check_names("names are unique", repeated, len(rejected), "rejected files")


def _check_bone_lengths(store: Store, statistics: SequenceStatistics) -> Iterator[Check]:
    if store.unit == "metre":
        minimum, maximum = _MEAN_BONE_LENGTH
        violating = (statistics.bone_length < minimum) | (statistics.bone_length > maximum)
        yield _check(store, f"the mean bone length is {minimum:g} to {maximum:g} m", violating)


def _check_sizes(store: Store, statistics: SequenceStatistics) -> Iterator[Check]:
    """Find sequences in another unit than the others, such as one file in millimetres."""
    measured = statistics.bone_length > 0
    if not measured.any():
        return
    ratio = np.ones(len(measured))
    ratio[measured] = statistics.bone_length[measured]
    ratio[measured] /= np.median(ratio[measured])
    violating = (ratio > _SIZE_FACTOR) | (ratio < 1 / _SIZE_FACTOR)
    yield _check(store, f"bodies are alike in size (within a factor of {_SIZE_FACTOR})", violating)


def _check_joint_set(store: Store) -> Iterator[Check]:
    fit = fit_bones(store)
    if fit is not None:
        yield Check("bones keep their length", fit.fits, "" if fit.fits else fit.describe())


def _check_detection(store: Store, statistics: SequenceStatistics) -> Iterator[Check]:
    names = [store.joint_names[joint] for joint in np.flatnonzero(statistics.never_detected)]
    yield _check_names("every joint is detected", names, len(store.joint_names), "joints")


def _check_classes_and_splits(store: Store) -> Iterator[Check]:
    per_class = np.bincount(store.label, minlength=len(store.class_names))
    empty = [name for name, count in zip(store.class_names, per_class, strict=True) if not count]
    yield _check_names("every class has sequences", empty, len(per_class), "classes")
    incomplete = [
        name
        for name in store.benchmarks
        if not (len(store.split(name, "train")) and len(store.split(name, "test")))
    ]
    description = "every benchmark has train and test sequences"
    yield _check_names(description, incomplete, len(store.benchmarks), "benchmarks")


def _check_counts(store: Store) -> Iterator[Check]:
    counts = store.provenance.get("counts", {})
    if {"found", "converted", "rejected", "outside"} <= counts.keys():
        total = counts["converted"] + counts["rejected"] + counts["outside"]
        found = f"{counts['found']:,} found, {total:,} accounted for, {len(store.names):,} stored"
        equal = counts["found"] == total and counts["converted"] == len(store.names)
        yield Check("counts of recordings add up", equal, "" if equal else found)
    comparison = completeness(store)
    if comparison is None or not comparison.covers_all:
        return
    found = f"{len(comparison.missing):,} missing, {len(comparison.rejected):,} rejected, "
    found += f"{len(comparison.extra):,} extra of {comparison.expected:,}"
    names = [*comparison.missing, *comparison.rejected, *comparison.extra]
    yield Check(f"{store.dataset} is complete", not names, found if names else "", names)
    differing = [
        f"{name} {counts[0]:,} / {counts[1]:,}, not {known[0]:,} / {known[1]:,}"
        for name, known in known_totals(store).items()
        if name in store.benchmarks
        and (counts := (len(store.split(name, "train")), len(store.split(name, "test")))) != known
    ]
    yield Check("benchmarks have the published counts", not differing, "; ".join(differing))


def check_results(store: Store, statistics: SequenceStatistics, shortest: int) -> dict[str, Any]:
    """Return checks, suspicious sequences and proportions of a store as a JSON object."""
    poses = store.length * store.bodies
    present = poses * (1 - statistics.absent)
    zero = (statistics.zero_joints * present).sum() / max(present.sum(), 1)
    comparison = completeness(store)
    shares = {
        "dropped frames (no body)": 1 - store.length.sum() / store.recorded_frames.sum(),
        "absent bodies (of all bodies and frames)": 1 - present.sum() / poses.sum(),
        "sequences with two or more bodies": (store.bodies > 1).mean(),
        "joints recorded at zero": zero,
    }
    return {
        "shares": {name: round(float(share), 6) for name, share in shares.items()},
        "part": comparison.part if comparison else "",
        "checks": [asdict(check) for check in checks(store, statistics, shortest)],
        "suspects": [asdict(sequence) for sequence in suspicious_sequences(store, statistics)],
    }


def percent(share: float) -> str:
    """Format a fraction in percent; a small fraction is not rounded to zero."""
    return "below 0.01%" if 0 < share < 1e-4 else f"{share:.2%}"
