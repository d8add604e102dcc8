"""Checkpoints that are written at most every so many seconds."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning import Trainer

from action_rec.checkpoints import writing
from action_rec.checkpoints.pacing import Pace
from action_rec.console.writing import write_durably
from action_rec.errors import InputError
from tests.checkpoints.test_saving import EPOCHS, FullDisk
from tests.command_line import final_state, run

_ROOM = "action_rec.checkpoints.saving"


def callbacks(min_seconds: float, *more: dict[str, Any]) -> tuple[str, ...]:
    """The arguments that replace the callbacks by the two that save, and others."""
    init = {"min_seconds": min_seconds}
    both = [{"class_path": f"{_ROOM}.{n}Checkpoint", "init_args": init} for n in ("Best", "Last")]
    return ("--trainer.callbacks", json.dumps([*both, *more]))


HOUR = callbacks(3600.0)


@pytest.fixture
def always_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every validation is better than the one before."""

    def metrics(trainer: Trainer) -> dict[str, torch.Tensor]:
        return {"val/accuracy": torch.tensor(trainer.global_step / 100), "val/loss": torch.ones(())}

    monkeypatch.setattr(Trainer, "callback_metrics", property(metrics))


def best_score(state: dict[str, Any]) -> float:
    (best,) = (v for k, v in state["callbacks"].items() if k.startswith("BestCheckpoint"))
    return float(best["best_model_score"])


@pytest.mark.usefixtures("always_better")
def test_a_run_that_ends_leaves_the_files_of_one_without_a_pace(
    store_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often, rarely = tmp_path / "often", tmp_path / "rarely"
    assert run("fit", store_path, often, *EPOCHS, *callbacks(0.0)) == 0
    written: list[tuple[str, int]] = []

    def write(path: Path, content: memoryview) -> None:
        write_durably(path, content)
        if path.suffix == ".ckpt":
            state = torch.load(path, weights_only=True)
            written.append((path.stem, state["global_step"]))
            if path.stem == "last":  # it never tells of a best that is not on the disk
                best = torch.load(path.with_name("best.ckpt"), weights_only=True)
                assert best_score(best) == best_score(state)

    monkeypatch.setattr(writing, "write_durably", write)
    assert run("fit", store_path, rarely, *EPOCHS, *HOUR) == 0
    # The first validation, and the end of the run.
    assert written == [("best", 3), ("last", 3), ("best", 9), ("last", 9)]
    for name in ("best", "last"):
        one, other = final_state(often, name), final_state(rarely, name)
        for key in ("global_step", "epoch", "loops"):
            assert one[key] == other[key]
        assert best_score(one) == best_score(other) == pytest.approx(0.09)
        for key in ("state_dict", "optimizer_states"):
            torch.testing.assert_close(one[key], other[key], rtol=0, atol=0)


@pytest.mark.usefixtures("always_better")
@pytest.mark.parametrize(("what", "step"), [("signal", 8), ("signal in val", 6)])
def test_a_signal_saves_the_last_step_and_the_best_validation(
    what: str, step: int, store_path: Path, tmp_path: Path
) -> None:
    at = {"step": step, "what": what}
    stop = {"class_path": "tests.checkpoints.test_saving.AtStep", "init_args": at}
    with pytest.raises(SystemExit) as status:
        run("fit", store_path, tmp_path, *EPOCHS, *callbacks(3600.0, stop))
    assert status.value.code == 128 + signal.SIGTERM
    assert final_state(tmp_path)["global_step"] == step
    assert final_state(tmp_path, "best")["global_step"] == 6


@pytest.mark.usefixtures("always_better")
def test_a_crash_leaves_the_best_validation_and_an_earlier_last(
    store_path: Path, tmp_path: Path
) -> None:
    crash = {
        "class_path": "tests.checkpoints.test_resume.CrashAfter",
        "init_args": {"steps": 8},
    }
    with pytest.raises(RuntimeError, match="crashed as asked"):
        run("fit", store_path, tmp_path, *EPOCHS, *callbacks(3600.0, crash))
    assert final_state(tmp_path)["global_step"] == 3
    assert final_state(tmp_path, "best")["global_step"] == 6


@pytest.mark.usefixtures("always_better")
def test_a_best_that_was_put_off_and_does_not_fit_on_the_disk_is_forgotten(
    store_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(FullDisk, "full", False)
    monkeypatch.setattr(writing, "write_durably", FullDisk.write)
    at = {"step": 5, "what": "fill"}
    fill = {"class_path": "tests.checkpoints.test_saving.AtStep", "init_args": at}
    assert run("fit", store_path, tmp_path, *EPOCHS, *callbacks(3600.0, fill)) == 0
    captured = capsys.readouterr()
    assert "best.ckpt is still the previous one" in captured.err
    assert "best checkpoint by val/accuracy (0.03" in captured.out
    assert final_state(tmp_path, "best")["global_step"] == 3


@pytest.mark.parametrize("seconds", [-1.0, float("inf"), float("nan")])
def test_a_pace_is_finite_and_not_negative(seconds: float) -> None:
    with pytest.raises(InputError, match="min_seconds must be finite and at least 0, got"):
        Pace(seconds)
