"""Options that cannot be parsed, or have impossible values: each is told in one sentence."""

from pathlib import Path

import pytest

from action_rec.cli import main
from tests.command_line import CONFIGS, SMALL, run


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data.streams", "[foo]"], "--data.streams: expected one of 'joint', 'bone', "),
        (
            ["--data.batch_size", "abc"],
            "--data.batch_size: expected int, got abc; 'python -m action_rec fit --help'",
        ),
        (["--data.pth", "x"], "unrecognized arguments: --data.pth x"),
        (
            ["--data.streams", "joint,bone"],
            "--data.streams: write a list in brackets, [joint,bone] instead",
        ),
        (["--model.network", "Residual"], "--model.network: no class is named 'Residual'"),
        (["--model.network.recurrence", "LSTN"], "--model.network: no class is named 'LSTN'"),
        (["--model.optimizer.lrr", "1"], "--model.optimizer: torch.optim.Adam has no option 'lrr'"),
        (
            ["--model.network.hidden_sise", "8"],
            "--model.network: action_rec.models.ResidualIndRNN has no option 'hidden_sise'",
        ),
        (["--trainer.max_epochs", "abc"], "--trainer.max_epochs: expected int or null, got abc"),
        (["--trainer.max_epoch", "1"], "unrecognized arguments: --trainer.max_epoch 1"),
        (["--config", "nope.yaml"], "'nope.yaml' is neither a file nor a config"),
    ],
    ids=[
        "a value that is none",
        "a word for a number",
        "no such option",
        "no brackets",
        "no such network",
        "no such layer",
        "no such option of the optimizer",
        "no such option of the network",
        "a word for a number or null",
        "half an option",
        "no such config",
    ],
)
def test_a_word_that_cannot_be_parsed_is_told_in_one_sentence(
    words: list[str], message: str, store_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store_path)]
    assert main(["fit", *config, *words]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith(f"error: {message}")
    assert "\n" not in error


_MANY = "1" + "0" * 12


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--model.label_smoothing 2", "label_smoothing must be from 0 to 1, got 2"),
        ("--model.recurrent_lr_factor .inf", "recurrent_lr_factor must be finite and above 0"),
        ("--model.network.gamma .nan", "gamma must be above 0, got nan"),
        ("--model.network.gamma 1e300", "gamma must be at most 1,000,000, got 1e+300"),
        ("--data.augmentation.scale [2,1]", "a maximum not below it"),
        ("--data.augmentation.rotation [.nan,0,0]", "rotation and shear of at least 0"),
        ("--model.schedule one_cycle --trainer.max_epochs -1", "but it has inf steps; set"),
        (
            "--trainer.accumulate_grad_batches 0",
            "accumulate_grad_batches must be at least 1, got 0",
        ),
        ("--trainer.gradient_clip_val -1", "gradient_clip_val must be at least 0, got -1"),
        ("--trainer.gradient_clip_val 1e308", "gradient_clip_val must be at most 1e+30"),
        ("--model.optimizer.lr 1e39", "--model.optimizer.lr must be at most 1e+15"),
        ("--model.recurrent_lr_factor 1e308", "times recurrent_lr_factor if there is one"),
        ("--trainer.devices two", "--trainer.devices must be auto, a number"),
        ("--trainer.devices -5", "--trainer.devices must be auto, a number"),
        ("--seed_everything 4294967296", "seed_everything must be at most 4,294,967,295"),
        ("--data.split_seed -1", "seed and split_seed must be at least 0"),
        (f"--model.network.hidden_size {_MANY}", "hidden_size must be at most 1,000,000"),
        ("--model.network.hidden_size 1000000", "GiB of memory, but this machine has"),
        (f"--model.network.num_blocks {_MANY}", "num_blocks must be at most 1,000"),
        (f"--data.clip_len {_MANY}", "GiB of memory, but this machine has"),
        (f"--data.num_test_clips {_MANY}", "GiB of memory, but this machine has"),
        ("--model.optimizer.capturable true", "--model.optimizer.capturable true is of no use"),
        (
            "--trainer.callbacks [{class_path:\u00a0BestCheckpoint,"
            "init_args:\u00a0{mode:\u00a0x}}]",
            "`mode` can be",
        ),
        ("--data.augmentation.scale null", "augmentation.scale must be given or left out"),
        ("--data.num_workers 1000", "on this machine, got 1000"),
        ("--trainer.callbacks [" + "{class_path:\u00a0BestCheckpoint}," * 2 + "]", "twice"),
    ],
)
def test_an_impossible_value_is_told_in_one_sentence(
    words: str, message: str, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [word.replace("\u00a0", " ") for word in words.split(" ")]
    assert run("fit", store_path, tmp_path, *given) == 2
    captured = capsys.readouterr().err
    error = captured.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
    assert "Traceback" not in captured


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--config", str(CONFIGS / "demo.yaml")], "are required: --data.path; "),
        (["--data.path", "x.h5"], "are required: --model.network; name an experiment with"),
    ],
    ids=["no data", "no config"],
)
def test_what_is_missing_is_named_as_it_is_written(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", *words]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert "\n" not in error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--trainer.strategy", "dpp"), "invalid strategy name: `strategy='dpp'`"),
        (("--model.optimizer.lr", "-1"), "Invalid learning rate: -1.0"),
        (("--trainer.val_check_interval", "999"), "`val_check_interval` (999) must be less"),
        (("--data.clip_len", "1"), "batch norm needs at least two values of each feature"),
        (("--model.network", "LinearOnMeanPose"), "use --data.batch_size 2 or more"),
    ],
    ids=["strategy", "learning rate", "val_check_interval", "batch norm", "norm of a mean"],
)
def test_what_a_library_refuses_is_told_without_a_traceback(
    words: tuple[str, ...],
    message: str,
    store_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("fit", store_path, tmp_path, *words) == 2
    captured = capsys.readouterr().err
    error = captured.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
    assert "Traceback" not in captured
    assert "litlogger" not in captured


def test_one_callback_may_stand_without_a_list(store_path: Path, tmp_path: Path) -> None:
    words = ("--trainer.callbacks", "{class_path: LearningRateMonitor}", "--trainer.max_steps", "1")
    assert run("fit", store_path, tmp_path, *SMALL, *words) == 0
