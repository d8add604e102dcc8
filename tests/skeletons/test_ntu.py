"""Tests of the constants of NTU RGB+D against the published numbers."""

import gzip
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import KINECT_V2
from action_rec.skeletons.ntu import (
    BENCHMARKS,
    KNOWN_TOTALS,
    TWO_PERSON_ACTIONS,
    Dataset,
    SampleName,
    action_names,
    all_names,
    missing_names,
)

# Shahroudy et al. 2016 and Liu et al. 2020: (train, test) over all names.
TOTALS_OF_ALL_NAMES: dict[tuple[Dataset, str], tuple[int, int]] = {
    ("ntu60", "xsub"): (40_320, 16_560),
    ("ntu60", "xview"): (37_920, 18_960),
    ("ntu120", "xsub"): (63_360, 51_120),
    ("ntu120", "xset"): (54_720, 59_760),
}
# (joint, parent) counted from 1; joint 21 is the root.
BONES = (
    *((1, 2), (2, 21), (3, 21), (4, 3), (5, 21), (6, 5), (7, 6), (8, 7), (9, 21), (10, 9)),
    *((11, 10), (12, 11), (13, 1), (14, 13), (15, 14), (16, 15), (17, 1), (18, 17), (19, 18)),
    *((20, 19), (22, 23), (23, 8), (24, 25), (25, 12)),
)


@pytest.mark.parametrize(("dataset", "benchmark"), KNOWN_TOTALS, ids=map("-".join, KNOWN_TOTALS))
def test_train_and_test_counts(dataset: Dataset, benchmark: str) -> None:
    every, stored = Counter[bool](), Counter[bool]()
    for name in all_names(dataset):
        train = name.is_train(dataset, benchmark)
        every[train] += 1
        stored[train] += str(name) not in missing_names()
    assert (every[True], every[False]) == TOTALS_OF_ALL_NAMES[dataset, benchmark]
    assert (stored[True], stored[False]) == KNOWN_TOTALS[dataset, benchmark]


def test_known_totals_cover_every_benchmark() -> None:
    assert set(KNOWN_TOTALS) == {(d, name) for d, names in BENCHMARKS.items() for name in names}


def test_535_recordings_are_missing_302_of_them_in_ntu60() -> None:
    missing = [SampleName.parse(name) for name in missing_names()]
    assert len(missing) == 535
    assert sum(name.belongs_to("ntu60") for name in missing) == 302
    assert set(missing) < set(all_names("ntu120"))


@pytest.mark.parametrize(("dataset", "number"), [("ntu60", 56_880), ("ntu120", 114_480)])
def test_all_names_are_unique_sorted_and_of_the_data_set(dataset: Dataset, number: int) -> None:
    names = list(all_names(dataset))
    assert len(names) == number
    assert all(one < other for one, other in pairwise(names))
    assert all(name.belongs_to(dataset) for name in names)


def test_all_names_are_those_of_the_published_list(shared_data: Path) -> None:
    with gzip.open(shared_data / "ntu120_sample_names.txt.gz", "rt") as file:
        assert sorted(file.read().split()) == [str(name) for name in all_names("ntu120")]


def test_missing_names_are_those_of_the_published_list(shared_data: Path) -> None:
    published = (shared_data / "ntu_missing_samples.txt").read_text().split()
    assert missing_names() == {text for text in published if text.startswith("S")}


def test_actions() -> None:
    assert len(action_names("ntu60")) == 60
    assert len(set(action_names("ntu120"))) == 120
    assert action_names("ntu120")[:60] == action_names("ntu60")
    assert action_names("ntu60")[0].startswith("drink")
    assert sorted(TWO_PERSON_ACTIONS) == [*range(50, 61), *range(106, 121)]


def test_bones_are_the_published_ones() -> None:
    bones = {
        (joint + 1, parent + 1)
        for joint, parent in enumerate(KINECT_V2.parents)
        if joint != KINECT_V2.root
    }
    assert bones == set(BONES)
    assert KINECT_V2.joints[KINECT_V2.root] == "spine shoulder"
    assert len(KINECT_V2.joints) == len(KINECT_V2.parents) == 25


def test_a_name_survives_parsing_and_printing() -> None:
    name = SampleName.parse("S017C003P020R002A060")
    assert name == SampleName(setup=17, camera=3, subject=20, replication=2, action=60)
    assert str(name) == "S017C003P020R002A060"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("S1C1P1R1A1", "does not match"),
        ("S001C001P001R001A001_rgb", "does not match"),
        ("s001c001p001r001a001", "does not match"),
        ("S001C001P001R001A00٣", "does not match"),  # a digit, but not an ASCII one
        ("S033C001P001R001A001", "setup 33, but NTU RGB.D has setups 1 to 32"),
        ("S001C000P001R001A001", "camera 0, but .* cameras 1 to 3"),
        ("S001C001P107R001A001", "subject 107"),
        ("S001C001P001R003A001", "replication 3"),
        ("S001C001P001R001A121", "action 121"),
    ],
)
def test_an_invalid_name_raises(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        SampleName.parse(text)


@pytest.mark.parametrize(
    ("text", "in_ntu60"),
    [
        ("S017C001P001R001A060", True),
        ("S018C001P001R001A060", False),
        ("S017C001P001R001A061", False),
    ],
)
def test_ntu60_is_17_setups_and_60_actions(text: str, in_ntu60: bool) -> None:
    name = SampleName.parse(text)
    assert name.belongs_to("ntu60") == in_ntu60
    assert name.belongs_to("ntu120")


def test_a_benchmark_of_the_other_data_set_raises() -> None:
    with pytest.raises(InputError, match="'xset' is not defined for dataset 'ntu60'; use 'xsub'"):
        SampleName(1, 1, 1, 1, 1).is_train("ntu60", "xset")
