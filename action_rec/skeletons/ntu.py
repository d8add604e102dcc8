"""Sample names, splits and actions of NTU RGB+D (``ntu60``) and NTU RGB+D 120 (``ntu120``).

Sources: Shahroudy et al., "NTU RGB+D", CVPR 2016; Liu et al., "NTU RGB+D 120", TPAMI 2020
(arXiv 1905.04757); the README of the public repository of the data set, which also lists the
recordings with missing or incomplete skeletons.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, Self

from action_rec.errors import InputError

Dataset = Literal["ntu60", "ntu120"]

NAME_FORMAT = "SsssCcccPpppRrrrAaaa, e.g. S001C002P003R002A013"
_NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})", re.ASCII)
_LIMITS = {"setup": 32, "camera": 3, "subject": 106, "replication": 2, "action": 120}

NUM_ACTIONS: dict[Dataset, int] = {"ntu60": 60, "ntu120": 120}
NUM_SETUPS: dict[Dataset, int] = {"ntu60": 17, "ntu120": 32}
TWO_PERSON_ACTIONS = frozenset((*range(50, 61), *range(106, 121)))

_TRAIN_SUBJECTS_60 = frozenset(
    (1, 2, 4, 5, 8, 9, *range(13, 20), 25, 27, 28, 31, 34, 35, 38),
)
_TRAIN_SUBJECTS_120 = _TRAIN_SUBJECTS_60 | {
    *(45, 46, 47, 49, 50, *range(52, 60), 70, 74, 78, *range(80, 87), 89),
    *(*range(91, 96), 97, 98, 100, 103),
}
TRAIN_SUBJECTS: dict[Dataset, frozenset[int]] = {
    "ntu60": _TRAIN_SUBJECTS_60,
    "ntu120": _TRAIN_SUBJECTS_120,
}
TRAIN_CAMERAS = frozenset((2, 3))

BENCHMARKS: dict[Dataset, tuple[str, ...]] = {
    "ntu60": ("xsub", "xview"),
    "ntu120": ("xsub", "xset"),
}

# Number of (train, test) sequences of the complete sets, without the recordings of `missing_names`.
KNOWN_TOTALS: dict[tuple[Dataset, str], tuple[int, int]] = {
    ("ntu60", "xsub"): (40_091, 16_487),
    ("ntu60", "xview"): (37_646, 18_932),
    ("ntu120", "xsub"): (63_026, 50_919),
    ("ntu120", "xset"): (54_468, 59_477),
}

# Subjects of each setup. Every pair of setup and subject has 360 recordings: 3 cameras, 2
# replications and 60 actions (1-60 in setups 1-17, 61-120 in setups 18-32).
_FREQUENT = (7, 8, 15, 16, 17)
SETUP_SUBJECTS: dict[int, tuple[int, ...]] = {
    1: tuple(range(1, 9)),
    2: (3, *range(7, 15)),
    3: (1, 2, 7, 8, *range(15, 20)),
    4: (3, 7, 8, 20),
    5: (4, 10, 13, 15, 16, 17, 18, 21),
    6: (1, *_FREQUENT, 19, 22, 23, 24),
    7: (1, *_FREQUENT, 18, 19, 25, 26, 27, 28),
    8: (1, 7, 8, 15, 19, 25, *range(29, 37)),
    9: (*_FREQUENT, 19, 25),
    10: (7, 8, 13, *range(15, 20), 21, 25),
    11: (1, 2, *_FREQUENT, 18, 19, 25, 27, 28, 38),
    12: (*_FREQUENT, 18, 19, 25, 27, 28, 37),
    13: (*_FREQUENT, 18, 19, 25, 27, 28, 37),
    14: (7, 8, 15, 17, 19, 25, 27, 37, 39),
    15: (*_FREQUENT, 19, 25, 37),
    16: (7, 8, 19, 21, 25, 39, 40),
    17: (3, 7, 8, 9, 15, 16, 17, 20),
    18: (8, *range(41, 46)),
    19: (8, 41, 42, *range(46, 52)),
    20: (8, 41, 43, 44, 52, 53, 54),
    21: tuple(range(55, 61)),
    22: tuple(range(61, 68)),
    23: tuple(range(55, 69)),
    24: (57, *range(60, 65), 67),
    25: (55, 56, 58, 59, 65, 66, 68),
    26: (8, 41, 44, 49, 50, 51, *range(69, 73), *range(74, 78)),
    27: (6, 8, 11, 41, 43, 44, *range(78, 87)),
    28: (8, 41, 42, 43, 46, 48, 70, 73, 87),
    29: (6, 8, 41, 43, 44, 48, 49, 51, 67, 74, 75, 80, 88, 89, 90),
    30: (8, 11, 41, 43, 44, 48, 67, 75, 76, 81, 85, 88, *range(91, 97)),
    31: (6, 8, *range(41, 45), 51, 67, 82, 85, *range(96, 102)),
    32: (8, 41, 43, 44, 67, *range(102, 107)),
}


@dataclass(frozen=True, order=True)
class SampleName:
    """The name of a recording: setup, camera, subject, replication and action, each from 1."""

    setup: int
    camera: int
    subject: int
    replication: int
    action: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a name such as ``S001C002P003R002A013``.

        Raises:
            InputError: The text does not match `NAME_FORMAT`, or a number is outside its range.
        """
        match = _NAME.fullmatch(text)
        if match is None:
            raise InputError(
                f"name '{text}' does not match {NAME_FORMAT}; rename the file, or convert "
                "recordings that are not of NTU RGB+D with 'python -m data_prep folder'"
            )
        values = dict(zip(_LIMITS, map(int, match.groups()), strict=True))
        for part, value in values.items():
            if not 1 <= value <= _LIMITS[part]:
                raise InputError(
                    f"name '{text}' has {part} {value}, but NTU RGB+D has {part}s 1 to "
                    f"{_LIMITS[part]}; rename the file"
                )
        return cls(**values)

    def __str__(self) -> str:
        return (
            f"S{self.setup:03}C{self.camera:03}P{self.subject:03}"
            f"R{self.replication:03}A{self.action:03}"
        )

    def belongs_to(self, dataset: Dataset) -> bool:
        """Return whether the data set contains this recording; NTU60 is a subset of NTU120."""
        return self.setup <= NUM_SETUPS[dataset] and self.action <= NUM_ACTIONS[dataset]

    def is_train(self, dataset: Dataset, benchmark: str) -> bool:
        """Return whether the recording is in the train split, otherwise in the test split.

        Raises:
            InputError: The benchmark is not defined for the data set.
        """
        if benchmark not in BENCHMARKS[dataset]:
            known = " or ".join(f"'{name}'" for name in BENCHMARKS[dataset])
            raise InputError(
                f"benchmark '{benchmark}' is not defined for dataset '{dataset}'; use {known}"
            )
        if benchmark == "xsub":
            return self.subject in TRAIN_SUBJECTS[dataset]
        if benchmark == "xview":
            return self.camera in TRAIN_CAMERAS
        return self.setup % 2 == 0


def all_names(dataset: Dataset) -> Iterator[SampleName]:
    """Yield the names of all recordings of a data set, sorted, including `missing_names`."""
    for setup in range(1, NUM_SETUPS[dataset] + 1):
        first_action = 1 if setup <= NUM_SETUPS["ntu60"] else 61
        for camera in (1, 2, 3):
            for subject in SETUP_SUBJECTS[setup]:
                for replication in (1, 2):
                    for action in range(first_action, first_action + 60):
                        yield SampleName(setup, camera, subject, replication, action)


@cache
def action_names(dataset: Dataset) -> tuple[str, ...]:
    """Return the names of the actions; action number `a` has index `a - 1`."""
    return _read_lines("ntu_actions.txt")[: NUM_ACTIONS[dataset]]


@cache
def missing_names() -> frozenset[str]:
    """Return the 535 recordings with missing or incomplete skeletons, 302 of them in NTU60."""
    return frozenset(_read_lines("ntu_missing.txt"))


def _read_lines(file: str) -> tuple[str, ...]:
    text = files("action_rec.skeletons").joinpath(file).read_text(encoding="utf-8")
    return tuple(text.splitlines())
