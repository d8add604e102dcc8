"""Compare the metrics of scores with values computed by hand."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.evaluation.metrics import (
    Accuracies,
    accuracies,
    class_accuracy,
    confused_pairs,
    confusion,
    cross_entropy,
)
from action_rec.evaluation.summary import summarize
from action_rec.evaluation.tables import print_table, spread
from action_rec.skeletons.nw_ucla import is_copied_from_train
from tests.evaluation.given_scores import CLASSES, scores


def one_hot(predicted: list[int], classes: int) -> NDArray[np.float32]:
    return np.eye(classes, dtype=np.float32)[predicted]


# Class 0: two of three correct; class 1: none of one; class 2 is predicted once but never true.
LABELS = np.array([0, 0, 0, 1])
PREDICTED = [0, 0, 2, 0]


def test_mean_class_accuracy_is_over_classes_with_sequences() -> None:
    result = accuracies(one_hot(PREDICTED, 3), LABELS)
    assert result == pytest.approx((2 / 4, 1, (2 / 3 + 0 / 1) / 2))


def test_top5_accuracy() -> None:
    logits = np.tile(np.arange(10, 0, -1, dtype=np.float32), (3, 1))  # highest for class 0
    assert accuracies(logits, np.array([0, 4, 5])) == pytest.approx((1 / 3, 2 / 3, 1 / 3))


def test_rows_of_the_confusion_matrix_are_true_classes() -> None:
    counts = confusion(one_hot(PREDICTED, 3), LABELS)
    assert counts.tolist() == [[2, 0, 1], [1, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(class_accuracy(counts), [2 / 3, 0, np.nan])
    pairs = confused_pairs(counts, CLASSES)
    assert [tuple(pair) for pair in pairs] == [("drink", "hug", 1, 1 / 3), ("eat", "drink", 1, 1)]


def test_the_most_frequent_pair_comes_first() -> None:
    counts = np.array([[0, 1, 0], [0, 0, 3], [2, 0, 9]])
    pairs = confused_pairs(counts, CLASSES, most=2)
    assert [(pair.truth, pair.predicted, pair.sequences) for pair in pairs] == [
        ("eat", "hug", 3),
        ("hug", "drink", 2),
    ]


def test_cross_entropy_is_the_mean_in_nats() -> None:
    logits = np.log(np.array([[0.5, 0.5], [0.2, 0.8]], np.float32))
    assert cross_entropy(logits, np.array([0, 1])) == pytest.approx(-np.log(0.5 * 0.8) / 2)


def test_spread_has_the_sample_standard_deviation() -> None:
    results = [Accuracies(value, 1, value)._asdict() for value in (0.90, 0.92, 0.94)]
    assert spread(results)["accuracy"] == pytest.approx((0.92, 0.02))
    assert spread(results)["accuracy_top5"] == (1, 0)


NAMES = ["a01_s01_e00_v03", "a02_s01_e00_v03", "a03_s02_e01_v03", "a04_s01_e00_v03"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"dataset": "nw_ucla", "benchmark": "xview"}, {"sequences": 2, "accuracy": 0.5}),
        ({"dataset": "nw_ucla", "benchmark": "xview", "split": "val"}, {}),
        ({"dataset": "mine", "benchmark": "xview"}, {}),
    ],
    ids=["NW-UCLA's test", "its val", "another data set"],
)
def test_accuracy_without_copies_of_train(data: dict[str, Any], expected: dict[str, float]) -> None:
    result = summarize(scores(one_hot([0, 1, 1, 0], 3), [0, 1, 1, 2], NAMES, CLASSES, **data))
    assert result["accuracy"] == 0.75
    without = result.get("without_copies", {})
    assert {key: without[key] for key in ("sequences", "accuracy") if without} == expected


def test_copies_of_train_in_nw_ucla() -> None:
    assert [is_copied_from_train(name) for name in NAMES] == [False, True, True, False]
    assert not is_copied_from_train("a02_s01_e00_v02")
    assert not is_copied_from_train("my own name")


def test_names_are_printed_without_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("title [of it]", ["class", "top-1 %"], [["wave [red]hand[/red] :smile:", "1.00"]])
    printed = capsys.readouterr().out
    assert "wave [red]hand[/red] :smile:" in printed
    assert "title [of it]" in printed
