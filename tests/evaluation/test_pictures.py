"""The picture of a confusion matrix: which classes it shows."""

import csv
from pathlib import Path

import numpy as np
import pytest

from action_rec.evaluation.pictures import draw_confusion
from action_rec.evaluation.report import Report
from action_rec.evaluation.summary import summarize
from tests.evaluation.made_up import scores

NAMES = ("drink", "eat", "hug", "nod", "wave")


def test_classes_that_neither_occur_nor_were_predicted_are_left_out() -> None:
    counts = np.zeros((5, 5), np.int64)
    counts[1, 1], counts[1, 4] = 3, 1  # 75 % of eat, 25 % of it taken for wave, which never occurs
    figure = draw_confusion(counts, NAMES, "ntu60 xsub")
    panel = figure.axes[0]
    for axis in (panel.xaxis, panel.yaxis):
        assert [label.get_text() for label in axis.get_ticklabels()] == ["eat  2", "wave  5"]
    (image,) = panel.images
    np.testing.assert_array_equal(np.asarray(image.get_array()), [[75, 25], [0, 0]])
    assert [text.get_text() for text in panel.texts] == ["75", "25"]
    assert panel.get_title() == (
        "ntu60 xsub\nwithout 3 of 5 classes that neither occur nor were predicted"
    )


def test_where_every_class_is_there_the_title_says_nothing_of_it() -> None:
    panel = draw_confusion(np.eye(5, dtype=np.int64), NAMES, "ntu60 xsub").axes[0]
    assert panel.get_title() == "ntu60 xsub"
    labels = [label.get_text() for label in panel.get_yticklabels()]
    assert labels == [f"{name}  {number}" for number, name in enumerate(NAMES, start=1)]


def test_the_table_beside_the_picture_stays_complete(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = scores(10 * np.eye(5)[[1, 4]], [1, 1], classes=NAMES)
    cost = {"versions": {}, "parameters": 1}
    Report(tmp_path, "test", made, {**summarize(made), **cost}).publish()
    with (tmp_path / "test_confusion.csv").open(newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["true class", *NAMES]
    assert [row[0] for row in rows] == list(NAMES)
    assert rows[1] == ["eat", "0", "1", "0", "0", "1"]
    assert (tmp_path / "test_confusion.png").stat().st_size > 1_000
    capsys.readouterr()
