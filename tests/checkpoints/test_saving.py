"""Saving on a full disk, after a signal and with a NaN loss; which checkpoint is the best."""

import errno
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
import wandb
from lightning import Callback, LightningModule, Trainer

from action_rec.checkpoints import writing
from action_rec.cli import main
from action_rec.console.writing import write_durably
from action_rec.training.loggers import RunIdentity, wandb_id
from tests.command_line import CONFIGS, SMALL, checkpoint, final_state, run

EPOCHS = (*SMALL, "--trainer.max_epochs", "3")


class AtStep(Callback):
    """Acts after an optimizer step.

    Args:
        step: The step.
        what: ``signal`` sends SIGTERM, ``signal in val`` sends it in the validation after the step,
            ``fill`` fills the disk, ``diverge`` sets a weight to NaN.
    """

    def __init__(self, step: int, what: str) -> None:
        self.step, self.what = step, what

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:  # noqa: ANN401
        if trainer.global_step != self.step or self.what == "signal in val":
            return
        if self.what == "signal":
            os.kill(os.getpid(), signal.SIGTERM)
        elif self.what == "fill":
            FullDisk.full = True
        else:
            with torch.no_grad():
                next(module.parameters()).fill_(torch.nan)

    def on_validation_start(self, trainer: Trainer, _: LightningModule) -> None:
        if self.what == "signal in val" and trainer.global_step == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


class FullDisk:
    """Replaces `write_durably` by a version for a disk that becomes full."""

    full = False

    @classmethod
    def write(cls, path: Path, content: memoryview) -> None:
        if cls.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_durably(path, content)


def at_step(step: int, what: str) -> tuple[str, ...]:
    """Return the arguments that add the callback."""
    name = "--trainer.callbacks"
    added = (f"{name}+", "tests.checkpoints.test_saving.AtStep")
    return (*added, f"{name}.step", str(step), f"{name}.what", what)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FullDisk, "full", False)
    monkeypatch.setattr(writing, "write_durably", FullDisk.write)


@pytest.mark.usefixtures("disk")
def test_on_a_full_disk_a_run_continues_and_keeps_its_checkpoint(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fit", store_path, tmp_path, *EPOCHS, *at_step(4, "fill")) == 0
    captured = capsys.readouterr()
    assert "the disk is full: no space for the" in captured.err
    assert "last.ckpt is still the previous one; training continues" in captured.err
    assert final_state(tmp_path)["global_step"] == 3
    best = final_state(tmp_path, "best")["callbacks"]
    (score,) = (s["best_model_score"] for n, s in best.items() if n.startswith("BestCheckpoint"))
    assert f"best checkpoint by val/accuracy ({float(score):#.4g})" in captured.out


@pytest.mark.usefixtures("disk")
def test_on_a_full_disk_a_run_stops_if_asked(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = ("--if_disk_full", "stop")
    assert run("fit", store_path, tmp_path, *EPOCHS, *at_step(4, "fill"), *stop) == 2
    assert "free some space and resume with --ckpt_path last" in capsys.readouterr().err
    assert final_state(tmp_path)["global_step"] == 3


def test_a_file_is_written_atomically(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_durably(path, memoryview(b"one"))
    write_durably(path, memoryview(b"two"))
    assert [(p.name, p.read_bytes()) for p in path.parent.iterdir()] == [("file", b"two")]
    (path.parent / "file.partial").mkdir()
    with pytest.raises(OSError, match="Is a directory"):
        write_durably(path, memoryview(b"three"))
    assert path.read_bytes() == b"two"


def test_a_run_stopped_by_a_signal_resumes_to_the_same_weights(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    assert run("fit", store_path, whole, *EPOCHS) == 0
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as status:
        run("fit", store_path, stopped, *EPOCHS, *at_step(4, "signal"))
    assert status.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is handler
    assert "SIGTERM received: saved step 4 in" in capsys.readouterr().err
    assert final_state(stopped)["global_step"] == 4
    # The last one cannot be read: the one before it, of the validation after step 3, is taken.
    last = Path(checkpoint(stopped))
    last.write_bytes(last.read_bytes()[:-3000])
    assert run("fit", store_path, stopped, *EPOCHS, "--ckpt_path", "last") == 0
    captured = capsys.readouterr().err
    assert "last.ckpt is not a complete checkpoint" in captured
    assert "the one before it is tried" in captured
    assert "previous.ckpt\n" in captured
    one = final_state(whole)
    resumed = stopped / "version_1" / "checkpoints" / "last.ckpt"
    other = torch.load(resumed, weights_only=True)
    assert one["global_step"] == other["global_step"] == 9
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)
    torch.testing.assert_close(one["optimizer_states"], other["optimizer_states"], rtol=0, atol=0)


def test_last_without_a_checkpoint_starts_a_new_run(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--trainer.max_epochs", "1", "--ckpt_path", "last")
    assert run("fit", store_path, tmp_path, *SMALL, *more) == 0
    assert "to resume from: a new run starts" in capsys.readouterr().err
    assert final_state(tmp_path)["global_step"] == 3


def test_a_run_with_a_nan_loss_stops_and_reports_step_rate_and_weight(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fit", store_path, tmp_path, *EPOCHS, *at_step(4, "diverge")) == 2
    error = capsys.readouterr().err
    assert "NaN at step 4 (learning rate 0.001, largest |u| " in error
    assert final_state(tmp_path)["global_step"] == 3
    assert all(value.isfinite().all() for value in final_state(tmp_path)["state_dict"].values())


def test_sync_batch_norm_is_refused_without_a_gpu(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fit", store_path, tmp_path, *EPOCHS, "--trainer.sync_batchnorm", "true") == 2
    assert "sync_batchnorm works on GPUs only, and this run is on cpu" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("known", "expected"),
    [("ab12cd34", "ab12cd34"), ("../etc", None), (7, None), (None, None), ("a" * 65, None)],
)
def test_the_wandb_id_of_a_checkpoint_is_used_if_it_is_valid(
    known: object, expected: str | None
) -> None:
    assert wandb_id({"callbacks": {"RunIdentity": {"wandb": known}}}) == expected


def test_a_resumed_run_continues_the_wandb_run(
    store_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    words = ["fit", "--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store_path), *SMALL]
    words += ["--save_dir", str(tmp_path), "--trainer.log_every_n_steps", "1"]
    words += ["--ckpt_path", "last", "--trainer.max_epochs"]
    assert main([*words, "1"]) == 0
    wandb.finish()
    assert main([*words, "2"]) == 0
    # offline-run-TIME-ID, and a number behind it for another one within the second
    runs = {path.name.split("-")[3] for path in tmp_path.glob("wandb/offline-run-*")}
    assert len(runs) == 1
    (state,) = (
        torch.load(path, weights_only=True)
        for path in tmp_path.glob("demo/version_1/checkpoints/last.ckpt")
    )
    assert state["callbacks"][RunIdentity.__qualname__]["wandb"] == runs.pop()


@pytest.mark.parametrize("step", [3, 6])
def test_a_run_stopped_in_a_validation_has_saved_the_step_before_it(
    step: int, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, stopped, resumed = (tmp_path / name for name in ("whole", "stopped", "resumed"))
    assert run("fit", store_path, whole, *EPOCHS) == 0
    with pytest.raises(SystemExit):
        run("fit", store_path, stopped, *EPOCHS, *at_step(step, "signal in val"))
    assert f"saved step {step} in {checkpoint(stopped)}" in capsys.readouterr().err
    assert final_state(stopped)["global_step"] == step
    assert run("fit", store_path, resumed, *EPOCHS, "--ckpt_path", checkpoint(stopped)) == 0
    one, other = final_state(whole), final_state(resumed)
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("losses", "best"),
    [([3.0, 1.0, 2.0], 6), ([1.0, 1.0, 2.0], 6), ([1.0, 2.0, 3.0], 3), ([2.0, 2.0, 2.0], 9)],
)
def test_equal_scores_are_decided_by_the_loss_and_then_by_the_step(
    losses: list[float],
    best: int,
    store_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def saturated(trainer: Trainer) -> dict[str, torch.Tensor]:
        values = {"val/accuracy": 1.0, "val/loss": losses[trainer.current_epoch]}
        return {name: torch.tensor(value) for name, value in values.items()}

    monkeypatch.setattr(Trainer, "callback_metrics", property(saturated))
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    assert run("fit", store_path, whole, *EPOCHS) == 0
    assert final_state(whole, "best")["global_step"] == best
    assert run("fit", store_path, resumed, *SMALL, "--trainer.max_epochs", "2") == 0
    assert run("fit", store_path, resumed, *EPOCHS, "--ckpt_path", checkpoint(resumed)) == 0
    path = resumed / "version_1" / "checkpoints" / "best.ckpt"
    assert torch.load(path, weights_only=True)["global_step"] == best
