"""Test that a resumed run continues with the next batches and the carried state."""

from pathlib import Path

import pytest
import torch

from action_rec.long_memory.cli import main
from tests.command_line import checkpoint, final_state
from tests.long_memory.small_data import mnist_folder, text_folder
from tests.long_memory.speech.small_corpus import speech_folder
from tests.long_memory.test_cli import CUTOFFS, QUIET, SMALL

CONFIGS = Path(__file__).parents[2] / "configs" / "long_memory"
TASKS = ("adding_100", "mnist", "ptb_char_small", "billion_word_lstm", "speech_irnn")
LIMITS = {
    "within an epoch": ("--trainer.max_epochs", "2", "--trainer.val_check_interval", "3"),
    "after an epoch": (
        *("--trainer.max_epochs", "-1", "--trainer.max_steps", "12"),
        *("--trainer.limit_train_batches", "3", "--trainer.val_check_interval", "1.0"),
    ),
}
CRASH = (
    *("--trainer.callbacks+", "tests.checkpoints.test_resume.CrashAfter"),
    *("--trainer.callbacks.steps", "5"),
)


def arguments(task: str, saved: str, folder: Path) -> list[str]:
    """Return the arguments of a fit with more than three batches per epoch."""
    if task == "adding_100":
        data = ["--data.num_steps", "6", "--data.train_sequences", "350"]
    elif task == "mnist":
        data = ["--data.path", str(mnist_folder(folder / task)), "--data.batch_size", "8"]
    elif task == "speech_irnn":
        path = speech_folder(folder / task, sentences=4)
        data = ["--data.path", str(path), "--data.batch_size", "1"]
        data += ["--data.test_speakers", "complete"]
    else:
        data = ["--data.path", str(text_folder(folder / task)), "--data.batch_size", "4"]
        data += [CUTOFFS, "[2]"] if task.startswith("billion") else []
    return ["fit", "--config", str(CONFIGS / f"{task}.yaml"), *QUIET, *SMALL, *LIMITS[saved], *data]


@pytest.mark.parametrize("saved", LIMITS)
@pytest.mark.parametrize("task", TASKS)
def test_a_resumed_run_has_the_weights_of_an_uninterrupted_one(
    task: str, saved: str, tmp_path: Path
) -> None:
    words = arguments(task, saved, tmp_path)
    whole, crashed, resumed = (tmp_path / name for name in ("whole", "crashed", "resumed"))
    assert main([*words, "--save_dir", str(whole)]) == 0
    with pytest.raises(RuntimeError, match="crashed as asked"):
        main([*words, "--save_dir", str(crashed), *CRASH])
    assert final_state(crashed / task)["global_step"] == 3
    assert (
        main([*words, "--save_dir", str(resumed), "--ckpt_path", checkpoint(crashed / task)]) == 0
    )
    one, other = final_state(whole / task), final_state(resumed / task)
    assert one["global_step"] == other["global_step"] > 8
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)
    torch.testing.assert_close(one["optimizer_states"], other["optimizer_states"], rtol=0, atol=0)
