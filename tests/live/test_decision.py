"""When a label is given and kept, and the command that chooses it on val."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from action_rec.checkpoints.trained import load_trained
from action_rec.cli import main
from action_rec.errors import InputError
from action_rec.live import Decider, DecisionRule
from action_rec.live.delays import Measured, choose, choose_release, measure
from action_rec.live.engine import Array
from tests.command_line import checkpoint


def two(*first: float) -> list[Array]:
    """Probabilities of two classes by those of the first."""
    return [np.array([p, 1 - p], np.float32) for p in first]


def said(rule: DecisionRule, steps: list[Array]) -> list[int | None]:
    decider = Decider(rule)
    return [decider.step(step)[0] for step in steps]


def test_a_label_is_given_at_the_threshold_and_kept_until_the_release() -> None:
    rule = DecisionRule(smoothing=0, threshold=0.8, release=0.5)
    steps = two(0.7, 0.8, 0.6, 0.5, 0.49, 0.6, 0.1, 0.4, 0.6, 0.9)
    assert said(rule, steps) == [None, 0, 0, 0, None, None, 1, 1, None, 0]


def test_another_label_may_follow_at_once() -> None:
    assert said(DecisionRule(0, 0.8, 0.5), two(0.9, 0.1)) == [0, 1]


def test_smoothing_is_an_exponential_mean_from_the_first_frame() -> None:
    decider = Decider(DecisionRule(smoothing=4, threshold=1, release=1))
    mean = 0.2
    for step in two(0.2, 0.9, 0.9, 0.1):
        mean += (1 - np.exp(-1 / 4)) * (step[0] - mean)
        np.testing.assert_allclose(decider.step(step)[1][0], mean, rtol=1e-6)


@pytest.mark.parametrize(
    "values",
    [(-1, 0.5, 0.5), (0, 1.5, 0.5), (0, 0.5, 0.6), (0, float("nan"), 0), ("1", 0.5, 0.5)],
)
def test_a_rule_out_of_range_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="decision rule"):
        DecisionRule(*values)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rule": 3}', '{"rule": {"threshold": 1}}'])
def test_a_file_without_a_rule_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    path.write_text(text)
    with pytest.raises(InputError, match="python -m action_rec decide"):
        DecisionRule.read(path)


RECORDINGS = [
    np.stack(steps)
    for steps in (two(0.4, 0.9, 0.9, 0.9), two(0.6, 0.3, 0.1, 0.3), two(0.5, 0.5, 0.45))
]
LABELS = np.array([0, 1, 0])


def test_delay_and_accuracy_of_a_rule() -> None:
    late = measure(DecisionRule(0, 0.85, 0.85), RECORDINGS, LABELS)
    assert late == Measured(late.rule, 2 / 3, 2 / 3, (2 + 3 + 3) / 3, 1 / 3)
    early = measure(DecisionRule(0, 0.6, 0.6), RECORDINGS, LABELS)
    assert early.accuracy == 0  # both first labels are wrong
    assert early.delay == (1 + 1 + 3) / 3


def test_the_earliest_rule_of_the_accuracy_is_chosen() -> None:
    measured = [
        Measured(DecisionRule(0, threshold, threshold), accuracy, 1, delay, 0)
        for threshold, accuracy, delay in ((0.2, 0.5, 1), (0.4, 0.8, 3), (0.6, 0.9, 5))
    ]
    assert choose(measured, 0.8).rule.threshold == 0.4
    assert choose(measured, 0.4).rule.threshold == 0.2
    assert choose(measured, 0.95).rule.threshold == 0.6
    late = measure(DecisionRule(0, 0.85, 0.85), RECORDINGS, LABELS)
    kept = choose_release(late, RECORDINGS, LABELS, most=0)
    assert (kept.rule.release, kept.withdrawn) == (0.68, 0)


def test_the_command_writes_picture_numbers_and_a_rule_for_stream(
    trained: Path, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "delay.png"
    words = (checkpoint(trained), str(store_path), str(out), "--split", "train")
    assert main(["decide", *words]) == 0
    printed = capsys.readouterr()
    assert "sampling: segments" in printed.err
    written = json.loads(out.with_suffix(".json").read_text())
    rule = DecisionRule.read(out.with_suffix(".json"))
    assert f"threshold {rule.threshold:g}" in printed.out
    assert written["accuracy"] >= written["accuracy_at_end"] - 0.02
    with out.with_suffix(".csv").open() as file:
        rows = list(csv.DictReader(file))
    chosen = [
        row
        for row in rows
        if (float(row["smoothing"]), float(row["threshold"])) == (rule.smoothing, rule.threshold)
    ]
    assert [float(row["delay"]) for row in chosen] == [written["delay"]]
    assert out.read_bytes().startswith(b"\x89PNG")
    assert main(["decide", *words, "--loss", "2"]) == 2


def test_an_onnx_file_is_refused_with_what_is_needed(tmp_path: Path) -> None:
    exported = tmp_path / "step.onnx"
    exported.write_bytes(b"any")
    with pytest.raises(InputError, match=r"is an ONNX file.*give the \.ckpt file"):
        load_trained(exported)
