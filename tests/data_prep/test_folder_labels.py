"""labels.csv and the options that make benchmarks of it: every mistake is one sentence."""

from pathlib import Path

import pytest

from tests.data_prep.folders import COCO, LABELS, convert, good, mistake, written


def test_the_labels_may_lie_elsewhere_and_give_a_val(tmp_path: Path) -> None:
    raw = written(
        tmp_path / "raw", {**good(), "../mine.csv": LABELS.replace("2,2,train", "2,2,val")}
    )
    (raw / "labels.csv").unlink()
    store = convert(raw, tmp_path / "out.h5", "--labels", str(tmp_path / "mine.csv"))
    assert store.benchmarks["split"].tolist() == [0, 2, 1]


LABEL_MISTAKES = {
    "no labels.csv": (None, "labels.csv' cannot be read"),
    "not text": (b"\xff\xfe\0", "labels.csv' is not CSV in UTF-8"),
    "open quote": (LABELS + '"a', "labels.csv' is not CSV in UTF-8"),
    "empty": ("", "line 1: the columns are ''; needed are file,label"),
    "no label": ("file,subject\na.npy,1\n", "line 1: the columns are 'file,subject'"),
    "other column": ("file,label,person\na.npy,wave,1\n", "line 1: the columns are 'file,lab"),
    "column twice": ("file,label,label\na.npy,a,b\n", "line 1: the columns are 'file,label,label'"),
    "semicolons": (LABELS.replace(",", ";"), "line 1: the columns are 'file;label;subject;"),
    "no file": ("file,label\n", "names no file"),
    "cells": (LABELS + "\nd.npy,wave\n", "line 6: 2 cells where the header has 5"),
    "no name": (LABELS + ",wave,1,1,test\n", "line 5: file is empty"),
    "empty label": (LABELS + "d.npy,,1,1,test\n", "line 5: label is empty"),
    "subject": (LABELS + "d.npy,wave,anna,1,test\n", "line 5: subject 'anna' is not a whole num"),
    "negative": (LABELS + "d.npy,wave,-1,1,test\n", "line 5: subject '-1' is not a whole number"),
    "long": (LABELS + f"d.npy,wave,{10**12},1,test\n", "line 5: subject '1000000000000' is not"),
    "escapes": ("file,label\0\x1b[2J\n", r"line 1: the columns are 'file,label\x00\x1b[2j'"),
    "a bell": (LABELS + "d.npy,wave,1\x07,1,test\n", r"line 5: subject '1\x07' is not"),
    "split": (LABELS + "d.npy,wave,1,1,Test\n", "line 5: split 'Test' is not train, val, test or"),
    "file twice": (LABELS + "a.csv,wave,1,1,test\n", "line 5: 'a.csv' would have the same name"),
    "outside": (LABELS + "../a.npy,wave,1,1,test\n", "line 5: file '../a.npy' is not named from"),
    "no test": (LABELS.replace("test", "train"), "gives benchmark split nothing to test on"),
    "no benchmark": (LABELS.replace("split", "setup").replace("train", "1").replace("test", "2"),
                     "gives no benchmark: add a column split"),
}  # fmt: skip


@pytest.mark.parametrize(("labels", "sentence"), LABEL_MISTAKES.values(), ids=LABEL_MISTAKES.keys())
def test_a_mistake_in_the_labels_is_one_sentence_and_no_store(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    labels: bytes | str | None,
    sentence: str,
) -> None:
    files = good()
    del files["labels.csv"]
    raw = written(tmp_path, files if labels is None else {**files, "labels.csv": labels})
    assert sentence in mistake(capsys, "folder", raw, tmp_path / "out.h5", *COCO)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--joint_set=coco",), "joint set 'coco' is unknown"),
        ((*COCO, "--test_subjects=[4]"), "--test_subjects names 4, but"),
        ((*COCO, "--test_subjects=[1,2,3]"), "gives benchmark xsub nothing to train on"),
        ((*COCO, "--test_subjects=[]"), "gives benchmark xsub nothing to test on"),
        ((*COCO, "--test_setups=[1]"), "has no column setup; add it or leave out --test_setups"),
        ((*COCO, "--labels=none.csv"), "'none.csv' cannot be read"),
        (
            ("--joint_set=kinect_v2",),
            "none of the 3 recordings can be converted, the first one, a,",
        ),
    ],
)
def test_a_mistaken_option_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], sentence: str
) -> None:
    raw = written(tmp_path / "raw", good())
    assert sentence in mistake(capsys, "folder", raw, tmp_path / "out.h5", *options)
    assert list(tmp_path.iterdir()) == [raw]
