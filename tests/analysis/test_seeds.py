"""Several seeds by one command."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from action_rec.analysis.seeds import run_seeds
from action_rec.cli import main
from action_rec.errors import InputError
from tests.experiment import experiment


class Recorder:
    """Runs the command line here, without a process of its own, and remembers what it ran."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, str]] = []

    def __call__(self, arguments: Sequence[str]) -> int:
        seed = arguments[arguments.index("--seed_everything") + 1]
        self.ran.append((arguments[0], seed))
        return main(arguments)


def test_each_seed_is_fitted_and_tested_once(
    store_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    arguments = [*experiment(store_path), "--trainer.max_epochs", "1"]
    run = Recorder()
    run_seeds([3, 4], arguments, tmp_path, run)
    assert run.ran == [("fit", "3"), ("test", "3"), ("fit", "4"), ("test", "4")]
    written = json.loads((tmp_path / "seeds.json").read_text())
    one, other = (written["seeds"][seed] for seed in ("3", "4"))
    assert (one["seed"], other["seed"]) == (3, 4)
    assert one["loss"] != other["loss"]
    for key in ("accuracy", "mean_class_accuracy"):
        assert written[key]["mean"] == pytest.approx((one[key] + other[key]) / 2)
        assert written[key]["std"] == pytest.approx(abs(one[key] - other[key]) / 2**0.5)
    printed = capsys.readouterr().out
    assert f"{100 * written['accuracy']['mean']:.2f} ± " in printed
    assert "checkpoints are chosen on val" in printed

    again = Recorder()
    run_seeds([3, 4], arguments, tmp_path, again)
    assert again.ran == []
    with pytest.raises(InputError, match="has runs of other arguments"):
        run_seeds([3, 4], [*arguments, "--data.clip_len", "10"], tmp_path, again)


def test_a_run_that_fails_ends_the_command(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fit with seed 0 failed"):
        run_seeds([0, 1], ["--config", "config.yaml"], tmp_path, lambda _: 2)
    with pytest.raises(InputError, match="fit with seed 0 left no checkpoint"):
        run_seeds([0, 1], ["--config", "config.yaml"], tmp_path, lambda _: 0)


@pytest.mark.parametrize("content", [b"[", b"\xff", b"[" * 20_000], ids=["cut", "bytes", "deep"])
def test_arguments_that_cannot_be_read_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "arguments.json").write_bytes(content)
    with pytest.raises(InputError, match=r"arguments\.json cannot be read"):
        run_seeds([0, 1], ["--config", "config.yaml"], tmp_path, lambda _: 0)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["0", "--", "--config", "x"], "two or more different seeds"),
        (["1", "1", "--", "--config", "x"], "two or more different seeds"),
        (["0", "-1", "--", "--config", "x"], "two or more different seeds"),
        (["0", "1"], "needs the arguments of fit after '--'"),
        (["0", "1", "--"], "needs the arguments of fit after '--'"),
    ],
    ids=["one", "twice", "negative", "no arguments", "nothing after --"],
)
def test_a_mistake_ends_with_one_sentence(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["seeds", *words]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert "\n" not in error
    assert not list(tmp_path.iterdir())
