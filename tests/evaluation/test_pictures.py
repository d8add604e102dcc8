"""Test which classes the plot of a confusion matrix shows."""

import csv
from pathlib import Path

import numpy as np
import pytest

from action_rec.evaluation.pictures import draw_confusion
from action_rec.evaluation.report import Report
from action_rec.evaluation.summary import summarize
from tests.evaluation.given_scores import scores

NAMES = ("drink", "eat", "hug", "nod", "wave")


def test_classes_that_neither_occur_nor_were_predicted_are_left_out() -> None:
    counts = np.zeros((5, 5), np.int64)
    counts[1, 1], counts[1, 4] = 3, 1  # 75 % of eat correct, 25 % predicted as wave
    ax = draw_confusion(counts, NAMES, "ntu60 xsub").axes[0]
    for axis in (ax.xaxis, ax.yaxis):
        assert [label.get_text() for label in axis.get_ticklabels()] == ["eat  2", "wave  5"]
    (image,) = ax.images
    np.testing.assert_array_equal(np.asarray(image.get_array()), [[75, 25], [0, 0]])
    assert [text.get_text() for text in ax.texts] == ["75", "25"]
    assert ax.get_title() == (
        "ntu60 xsub\nwithout 3 of 5 classes that neither occur nor were predicted"
    )


def test_the_title_is_unchanged_if_all_classes_are_shown() -> None:
    ax = draw_confusion(np.eye(5, dtype=np.int64), NAMES, "ntu60 xsub").axes[0]
    assert ax.get_title() == "ntu60 xsub"
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == [f"{name}  {number}" for number, name in enumerate(NAMES, start=1)]


def test_the_csv_file_contains_all_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = scores(10 * np.eye(5)[[1, 4]], [1, 1], classes=NAMES)
    cost = {"versions": {}, "parameters": 1}
    Report(tmp_path, "test", given, {**summarize(given), **cost}).publish()
    with (tmp_path / "test_confusion.csv").open(newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["true class", *NAMES]
    assert [row[0] for row in rows] == list(NAMES)
    assert rows[1] == ["eat", "0", "1", "0", "0", "1"]
    assert (tmp_path / "test_confusion.png").stat().st_size > 1_000
    capsys.readouterr()
