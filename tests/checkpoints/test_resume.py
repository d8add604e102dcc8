"""Resume runs that were interrupted, that had ended, or that were short trials."""

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning import Callback, Trainer

from tests.command_line import SMALL, checkpoint, final_state, run


class CrashAfter(Callback):
    """Raises after some optimizer steps, as if the machine had failed."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        if trainer.global_step == self.steps:
            raise RuntimeError("crashed as asked")


PLATEAU = (
    *("--trainer.callbacks+", "action_rec.training.callbacks.PlateauRestart"),
    *("--trainer.callbacks.patience", "1", "--trainer.callbacks.stages", "99"),
)


@pytest.mark.parametrize(
    ("save", "crash_after"),
    [
        pytest.param(("--trainer.val_check_interval", "2"), 5, id="saved by validation"),
        # A case of its own: restoring the best weights would hide differences in the others.
        pytest.param(PLATEAU, 5, id="plateau"),
        pytest.param(("--trainer.max_epochs", "9"), 7, id="saved at the end of an epoch"),
        pytest.param(
            ("--trainer.max_epochs", "-1", "--trainer.max_steps", "17"),
            7,
            id="counted in steps, saved at the end of an epoch",
        ),
        pytest.param(
            (
                *("--trainer.max_epochs", "-1", "--trainer.max_steps", "17"),
                *("--trainer.limit_val_batches", "0"),
            ),
            7,
            id="counted in steps, without validation",
        ),
        pytest.param(
            ("--data.num_workers", "1", "--trainer.limit_train_batches", "2"), 5, id="limited"
        ),
        pytest.param(
            ("--trainer.val_check_interval", "2", "--model.schedule", "one_cycle"),
            5,
            id="one_cycle",
        ),
    ],
)
def test_a_crashed_and_resumed_run_ends_with_the_weights_of_an_undisturbed_one(
    store_path: Path, tmp_path: Path, save: tuple[str, ...], crash_after: int
) -> None:
    arguments = (*SMALL, "--trainer.max_epochs", "9", *save)
    whole, crashed, resumed = (tmp_path / name for name in ("whole", "crashed", "resumed"))
    assert run("fit", store_path, whole, *arguments) == 0
    crash = ("--trainer.callbacks+", "tests.checkpoints.test_resume.CrashAfter")
    steps = ("--trainer.callbacks.steps", str(crash_after))
    with pytest.raises(RuntimeError, match="crashed as asked"):
        run("fit", store_path, crashed, *arguments, *crash, *steps)
    assert 0 < final_state(crashed)["global_step"] <= crash_after
    assert run("fit", store_path, resumed, *arguments, "--ckpt_path", checkpoint(crashed)) == 0
    one, other = final_state(whole), final_state(resumed)
    assert one["global_step"] == other["global_step"] > crash_after
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)
    torch.testing.assert_close(one["optimizer_states"], other["optimizer_states"], rtol=0, atol=0)


def test_a_resumed_run_keeps_the_best_checkpoint_of_before(
    store_path: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert run("fit", store_path, first, *SMALL, "--trainer.max_epochs", "2") == 0
    state = torch.load(checkpoint(first), weights_only=True)
    (key,) = (key for key in state["callbacks"] if key.startswith("BestCheckpoint"))
    state["callbacks"][key]["best_model_score"] = torch.tensor(2.0)  # cannot be exceeded
    torch.save(state, tmp_path / "last.ckpt")
    more = ("--trainer.max_epochs", "4", "--ckpt_path", str(tmp_path / "last.ckpt"))
    assert run("fit", store_path, second, *SMALL, *more) == 0
    assert final_state(second)["global_step"] == 12
    assert (
        Path(checkpoint(second, "best")).read_bytes()
        == Path(checkpoint(first, "best")).read_bytes()
    )
    assert final_state(second)["callbacks"][key]["best_model_path"] == checkpoint(second, "best")


def test_a_trial_of_some_steps_leaves_a_checkpoint_that_can_be_resumed(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, trial, resumed = (tmp_path / name for name in ("whole", "trial", "resumed"))
    rarely = ("--trainer.val_check_interval", "280", "--trainer.check_val_every_n_epoch", "null")
    steps = (*SMALL, "--trainer.max_epochs", "-1", *rarely)
    assert run("fit", store_path, whole, *steps, "--trainer.max_steps", "8") == 0
    assert run("fit", store_path, trial, *steps, "--trainer.max_steps", "4") == 0
    assert "no best checkpoint" in capsys.readouterr().out
    go_on = ("--trainer.max_steps", "8", "--ckpt_path", checkpoint(trial))
    assert run("fit", store_path, resumed, *steps, *go_on) == 0
    one, other = final_state(whole), final_state(resumed)
    assert one["global_step"] == other["global_step"] == 8
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)


def test_a_finished_run_reports_that_nothing_was_left(
    store_path: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--trainer.max_epochs", "30", "--ckpt_path", checkpoint(trained))
    assert run("fit", store_path, tmp_path, *SMALL, *more) == 0
    assert "nothing left to train: the run had ended at step 90" in capsys.readouterr().err


def test_a_cycle_of_the_learning_rate_is_not_continued_with_another_length(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cycle = (*SMALL, "--model.schedule", "one_cycle")
    assert run("fit", store_path, tmp_path / "first", *cycle, "--trainer.max_epochs", "2") == 0
    more = ("--trainer.max_epochs", "4", "--ckpt_path", checkpoint(tmp_path / "first"))
    assert run("fit", store_path, tmp_path / "second", *cycle, *more) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: the checkpoint has a one-cycle schedule of 6 steps")
    assert "this run has 12 steps; resume with the trainer.max_epochs" in error
