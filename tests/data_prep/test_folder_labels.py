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
    "no good line": ("file,label\na.npy,\n,wave\n", "none of the lines of"),
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


BAD_LINES = {
    "cells": ("d.npy,wave", "'d.npy' (labels.csv, line 2)", "2 cells where the header has 5; put"),
    "no file": (",wave,1,1,test", "labels.csv, line 2", "file is empty; fill it in or leave"),
    "no label": ("d.npy,,1,1,test", "'d.npy' (labels.csv, line 2)", "label is empty; fill it in"),
    "word": ("d.npy,wave,anna,1,test", "'d.npy' (labels.csv, line 2)", "subject 'anna' is not a w"),
    "negative": ("d.npy,wave,-1,1,test", "'d.npy' (labels.csv, line 2)", "subject '-1' is not a w"),
    "long": (f"d.npy,wave,{10**12},1,test", "'d.npy' (labels.csv, line 2)", "subject '1000000000"),
    "a bell": ("d.npy,wave,1\x07,1,test", "'d.npy' (labels.csv, line 2)", r"subject '1\x07' is no"),
    "split": ("d.npy,wave,1,1,Test", "'d.npy' (labels.csv, line 2)", "split 'Test' is not train, "),
    "outside": ("../a.npy,wave,1,1,test", "'../a.npy' (labels.csv, line 2)", "the file is not giv"),
    "folder": (".,wave,1,1,test", "'.' (labels.csv, line 2)", "the file is not given rel"),
    "zero byte": ("d\0.npy,wave,1,1,test", r"'d\x00.npy' (labels.csv, line 2)", "is not printable"),
    "missing": ("d.npy,wave,1,1,test", "d", "of labels.csv, line 2, does not exist; correct the"),
    "no such name": ("d" * 300 + ",wave,1,1,test", "d" * 300, "does not exist; correct the line"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "name", "reason"), BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_left_out_by_name_and_the_others_are_converted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, name: str, reason: str
) -> None:
    header, *others = LABELS.splitlines(keepends=True)
    raw = written(tmp_path / "raw", good("".join([header, line + "\n", *others])))
    store = convert(raw, tmp_path / "out.h5")
    assert store.names.tolist() == ["a", "b", "deep/c"]
    assert store.class_names == ("nod", "wave")
    assert store.benchmarks["split"].tolist() == [0, 0, 1]
    assert store.rejected().keys() == {name}
    assert reason in store.rejected()[name]
    counts = {"found": 4, "converted": 3, "rejected": 1, "outside": 0}
    assert store.provenance["counts"] == counts
    assert f"rejected {name}: {store.rejected()[name]}\n" in capsys.readouterr().out


def test_of_two_lines_for_one_name_the_first_counts(tmp_path: Path) -> None:
    more = "a.csv,nod,1,1,test\na.npy,nod,1,1,test\na.npy,nod,1,1,test\n"
    store = convert(written(tmp_path / "raw", good(LABELS + more)), tmp_path / "out.h5")
    assert store.label.tolist() == [1, 0, 1]
    reason = "a second file of this name; that of line 2 is used instead"
    assert store.rejected() == {
        "'a.csv' (labels.csv, line 5)": reason,
        "'a.npy' (labels.csv, line 6)": reason,
        "'a.npy' (labels.csv, line 7)": reason,
    }


def test_a_file_in_a_bad_line_is_rejected_but_not_unknown(tmp_path: Path) -> None:
    raw = written(tmp_path / "raw", {**good(LABELS + "d.npy,,4,1,test\n"), "d.npy": b""})
    counts = convert(raw, tmp_path / "out.h5").provenance["counts"]
    assert counts == {"found": 4, "converted": 3, "rejected": 1, "outside": 0}


def test_a_benchmark_that_lacks_its_bad_lines_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = written(tmp_path / "raw", good(LABELS.replace("test", "Test")))
    line = mistake(capsys, "folder", raw, tmp_path / "out.h5", *COCO)
    assert "gives benchmark split nothing to test on" in line
    assert "'deep/c.npy' (labels.csv, line 4), because: split 'Test' is not train, val" in line
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
