"""Ensembles of scores: the mean of probabilities, weights from val, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from action_rec.analysis.ensemble import combine, fit_weights
from action_rec.cli import main
from action_rec.evaluation.scores import Scores
from tests.evaluation.given_scores import scores

ONE = [[0.8, 0.1, 0.1], [0.6, 0.2, 0.2]]
OTHER = [[0.2, 0.2, 0.6], [0.1, 0.8, 0.1]]


def made(probabilities: list[list[float]], labels: list[int], **facts: Any) -> Scores:  # noqa: ANN401
    return scores(np.log(np.array(probabilities)), labels, **facts)


def probabilities(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    weights = np.exp(logits.astype(np.float64))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def test_probabilities_are_averaged() -> None:
    members = [made(ONE, [0, 1]), made(OTHER, [0, 1])]
    combined = combine(members, np.array([0.75, 0.25]), "given")
    expected = [[0.65, 0.125, 0.225], [0.475, 0.35, 0.175]]
    np.testing.assert_allclose(probabilities(combined.logits), expected, rtol=1e-6)
    np.testing.assert_allclose(probabilities(combined.first_clip), expected, rtol=1e-6)


def test_how_large_logits_are_does_not_matter_where_probabilities_saturate() -> None:
    loud = scores([[4000.0, 0.0, 0.0]], [1])
    quiet = scores([[0.0, 20.0, 0.0]], [1])
    combined = combine([loud, quiet], np.array([0.4, 0.6]), "given")
    assert combined.logits.argmax() == 1
    assert np.isfinite(combined.logits).all()


def test_fitted_weights_are_the_minimum() -> None:
    # -log(0.8 w + 0.2 (1 - w)) - log(0.3 w + 0.6 (1 - w)) is least where its derivative
    # 0.6 / (0.2 + 0.6 w) = 0.3 / (0.6 - 0.3 w) is 0: w = 5/6.
    weights = fit_weights(np.array([[0.8, 0.3], [0.2, 0.6]]))
    np.testing.assert_allclose(weights, [5 / 6, 1 / 6], atol=1e-5)


def test_a_member_that_only_harms_gets_no_weight() -> None:
    weights = fit_weights(np.array([[0.9, 0.8, 0.7], [0.1, 0.2, 0.3]]))
    np.testing.assert_allclose(weights, [1, 0], atol=1e-9)


def test_fitted_weights_beat_equal_ones_and_every_other() -> None:
    likelihoods = np.random.default_rng(0).uniform(0.01, 1, (4, 200)) ** [[1], [2], [3], [0.5]]
    weights = fit_weights(likelihoods)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1)

    def loss(mixture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.asarray(-np.log(mixture @ likelihoods).mean(axis=-1))

    others = np.random.default_rng(1).dirichlet(np.ones(4), 2000)
    assert loss(weights) < loss(np.full(4, 0.25))
    assert loss(weights) <= loss(others).min()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Test and val scores of two networks, and some that do not belong to them."""
    val = {"names": ["v", "w"], "split": "val", "clips": 5}
    made(ONE, [0, 1]).write(tmp_path / "a.npz")
    made(OTHER, [0, 1], seed=1).write(tmp_path / "b.npz")
    made([[0.8, 0.1, 0.1], [0.4, 0.3, 0.3]], [0, 1], **val).write(tmp_path / "val_a.npz")
    made([[0.2, 0.4, 0.4], [0.3, 0.6, 0.1]], [0, 1], seed=1, **val).write(tmp_path / "val_b.npz")
    others: dict[str, dict[str, Any]] = {
        "xview": {"benchmark": "xview"},
        "val": {"split": "val"},
        "ntu120": {"dataset": "ntu120"},
        "classes": {"classes": ("drink", "eat", "juggle")},
        "names": {"names": ["a", "c"]},
    }
    for name, facts in others.items():
        made(OTHER, [0, 1], **facts).write(tmp_path / f"{name}.npz")
    made(OTHER, [0, 2]).write(tmp_path / "labels.npz")
    made([*OTHER, OTHER[0]], [0, 1, 1]).write(tmp_path / "more.npz")
    (tmp_path / "text.npz").write_text("no scores")
    (tmp_path / "folder.npz").mkdir()
    return tmp_path


def run(files: Path, *words: str) -> int:
    paths = [str(files / word) if word.endswith("npz") else word for word in words]
    return main(["ensemble", *paths])


@pytest.mark.parametrize(
    ("words", "weights", "origin"),
    [
        ((), [0.5, 0.5], "equal"),
        (("--weights", "3", "1"), [0.75, 0.25], "given"),
        (("--fit", "val_a.npz", "val_b.npz"), [5 / 6, 1 / 6], "fitted on val"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_file_of_an_ensemble_records_members_and_weights(
    words: tuple[str, ...],
    weights: list[float],
    origin: str,
    files: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(files, "a.npz", "b.npz", "--out", "out.npz", *words) == 0
    written = Scores.read(files / "out.npz")
    assert written.metadata["weights"] == pytest.approx(weights, abs=1e-5)
    assert written.metadata["weights_from"] == origin
    assert [member["seed"] for member in written.metadata["members"]] == [0, 1]
    printed = capsys.readouterr().out
    assert f"{weights[0]:.4f}" in printed
    assert "val: 3 of 6" in printed
    # In turn, it can be a member.
    assert run(files, "out.npz", "a.npz", "--out", "again.npz") == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a.npz", "xview.npz"), "xview.npz has 'xview'; use scores of the same benchmark"),
        (("a.npz", "val.npz"), "val.npz has 'val'; use scores of the same split"),
        (("a.npz", "ntu120.npz"), "ntu120.npz has 'ntu120'; use scores of the same dataset"),
        (("a.npz", "classes.npz"), "use scores with the same classes"),
        (("a.npz", "names.npz"), "'b' is in only one of them"),
        (("a.npz", "more.npz"), "has 3 sequences and"),
        (("a.npz", "labels.npz"), "have different labels for the same sequences"),
        (("a.npz", "text.npz"), "text.npz cannot be read as a scores file"),
        (("a.npz", "folder.npz"), "folder.npz cannot be read as a scores file"),
        (("a.npz", "no.npz"), "no.npz cannot be read as a scores file"),
        (("a.npz", "b.npz", "--weights", "1"), "needs 2 numbers, one per file, got 1"),
        (("a.npz", "b.npz", "--weights", "1", "-1"), "must be at least 0 and not all 0"),
        (("a.npz", "b.npz", "--weights", "0", "0"), "must be at least 0 and not all 0"),
        (("a.npz", "b.npz", "--weights", "nan", "1"), "--weights: expected float, got nan"),
        (("a.npz", "b.npz", "--fit", "val_a.npz"), "needs 2 files"),
        (
            ("a.npz", "b.npz", "--fit", "val_a.npz", "val_b.npz", "--weights", "1", "1"),
            "--weights and --fit exclude each other",
        ),
        (("a.npz", "b.npz", "--fit", "a.npz", "b.npz"), "of the split 'test', but weights are"),
        (("a.npz", "b.npz", "--fit", "val_b.npz", "val_a.npz"), "has seed 1 and"),
        (("a.npz", "b.npz", "--fit", "val.npz", "val_b.npz"), "are also in"),
    ],
    ids=lambda value: " ".join(value).replace(".npz", "") if isinstance(value, tuple) else "",
)
def test_a_mistake_ends_with_one_sentence(
    words: tuple[str, ...], message: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(files, *words[:2], "--out", "out.npz", *words[2:]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ")
    assert "\n" not in error
    assert message in error
    assert not (files / "out.npz").exists()


def test_an_ensemble_is_written_as_scores(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ensemble", str(files / "a.npz"), "--out", str(files / "out.csv")]) == 2
    assert "must end in .npz" in capsys.readouterr().err
