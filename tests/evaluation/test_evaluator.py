"""Test the files that `test` and `validate` write: scores, metrics, tables and a picture."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from action_rec.checkpoints.trained import load_trained
from action_rec.cli import main
from action_rec.evaluation.scores import Scores
from action_rec.evaluation.scoring import score
from action_rec.store.reader import Store
from tests.experiment import experiment, into, last


def table(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def tested(run: Path) -> tuple[Scores, dict[str, Any], Path]:
    """Return the scores, results and folder of the test of a run."""
    folder = run / "version_1"
    result = json.loads((folder / "test_results.json").read_text())
    return Scores.read(folder / "test_scores.npz"), result, folder


def test_scores_are_the_logits_of_every_test_sequence_by_name(
    tested: tuple[Scores, dict[str, Any], Path], run: Path, store_path: Path
) -> None:
    scores, _, _ = tested
    store = Store(store_path)
    sequences = store.split("xsub", "test")
    assert scores.names.tolist() == store.names[sequences].tolist()
    assert scores.labels.tolist() == store.label[sequences].tolist()
    clips = score(load_trained(last(run)), store, sequences, clips=20)
    np.testing.assert_allclose(scores.logits, clips.mean(axis=1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(scores.first_clip, clips[:, 0], rtol=1e-5, atol=1e-6)
    assert scores.metadata["seed"] == 0
    assert scores.metadata["network"] == "ResidualIndRNN"


@pytest.mark.parametrize(("batch_size", "workers"), [("1", "0"), ("7", "1")])
def test_scores_do_not_depend_on_batch_size_and_workers(
    batch_size: str, workers: str, run: Path, store_path: Path, tmp_path: Path
) -> None:
    options = ("--data.batch_size", batch_size, "--data.num_workers", workers)
    seed = ("--seed_everything", batch_size, "--ckpt_path", str(last(run)))
    assert main(["test", *experiment(store_path), *into(tmp_path), *options, *seed]) == 0
    (written,) = tmp_path.rglob("test_scores.npz")
    assert written.read_bytes() == (run / "version_1" / "test_scores.npz").read_bytes()


def test_results_equal_metrics_of_the_scores(tested: tuple[Scores, dict[str, Any], Path]) -> None:
    scores, result, folder = tested
    correct = scores.logits.argmax(axis=1) == scores.labels
    assert result["accuracy"] == pytest.approx(correct.mean())
    one = scores.first_clip.argmax(axis=1) == scores.labels
    assert result["one_clip"]["accuracy"] == pytest.approx(one.mean())
    by_class = [correct[scores.labels == label].mean() for label in range(3)]
    assert result["mean_class_accuracy"] == pytest.approx(np.mean(by_class))
    rows = table(folder / "test_classes.csv")
    assert [row["class"] for row in rows] == ["drink", "eat", "hug"]
    assert [float(row["top-1"]) for row in rows] == pytest.approx(by_class)
    rows = table(folder / "test_results.csv")
    assert [row["clips"] for row in rows] == ["20", "1"]
    assert [float(row["accuracy"]) for row in rows] == pytest.approx([correct.mean(), one.mean()])


def test_the_confusion_matrix_counts_every_sequence(
    tested: tuple[Scores, dict[str, Any], Path],
) -> None:
    scores, _, folder = tested
    rows = table(folder / "test_confusion.csv")
    counts = np.array([[int(row[name]) for name in scores.class_names] for row in rows])
    for truth, predicted in zip(scores.labels, scores.logits.argmax(axis=1), strict=True):
        counts[truth, predicted] -= 1
    assert not counts.any()
    wrong = (scores.logits.argmax(axis=1) != scores.labels).sum()
    assert sum(int(row["sequences"]) for row in table(folder / "test_confused.csv")) == wrong
    assert (folder / "test_confusion.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_results_contain_cost_and_provenance(
    tested: tuple[Scores, dict[str, Any], Path],
) -> None:
    _, result, _ = tested
    assert result["macs_per_clip"] > 20 * result["parameters"] / 2
    assert result["clips_per_second"] > 0
    assert result["batch_norm"] == "running statistics of training"
    assert result["chosen"].startswith("step 3, where val/accuracy was 0.")
    assert "of the 6 train sequences of xsub" in result["selection"]
    assert {"action_rec", "torch"} <= result["versions"].keys()


def test_a_result_describes_the_selection_of_its_checkpoint(
    run: Path, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    best = ("--ckpt_path", str(last(run).with_name("best.ckpt")))
    assert main(["test", *experiment(store_path), *into(tmp_path), *best]) == 0
    printed = capsys.readouterr().out
    assert "the best of its run so far" in printed
    assert "checkpoints are chosen on val, never on test" in printed


def test_validate_writes_the_scores_of_val(run: Path, store_path: Path) -> None:
    scores = Scores.read(run / "version_2" / "val_scores.npz")
    store = Store(store_path)
    assert scores.metadata["split"] == "val"
    assert set(scores.names) < set(store.names[store.split("xsub", "train")])


def test_fit_writes_no_scores(run: Path) -> None:
    assert not list((run / "version_0").glob("*scores*"))


def test_a_class_without_sequences_is_an_empty_cell_in_wandb(
    run: Path, store_path: Path, tmp_path: Path
) -> None:
    store = Path(shutil.copy(store_path, tmp_path / "store.h5"))
    with h5py.File(store, "r+") as file:
        labels = file["sequences/label"]
        labels[...] = np.minimum(labels[()], 1)
    words = (*experiment(store), *into(tmp_path), "--ckpt_path", str(last(run)))
    assert main(["validate", *words]) == 0
    (logged,) = tmp_path.glob("wandb/offline-run-*/files/media/table/*/classes_*.json")
    rows = json.loads(logged.read_text())["data"]
    assert [row[4] is None for row in rows] == [False, False, True]
