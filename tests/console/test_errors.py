"""User errors on the command line: each ends with one sentence and status 2."""

import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from lightning import Callback

from action_rec.cli import main
from action_rec.long_memory.cli import main as long_memory
from data_prep.__main__ import main as data_prep
from tests.command_line import CONFIGS, SMALL, checkpoint, run


class Damage:
    """Ways to spoil a good store or checkpoint; each returns the arguments that use it."""

    @staticmethod
    def missing_store(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store.with_name("nowhere.h5")))

    @staticmethod
    def truncated_store(store: Path, _: Path, folder: Path) -> tuple[str, ...]:
        path = folder / "truncated.h5"
        path.write_bytes(store.read_bytes()[:-5000])
        return ("fit", "--data.path", str(path))

    @staticmethod
    def other_version(store: Path, _: Path, folder: Path) -> tuple[str, ...]:
        path = Path(shutil.copy(store, folder / "old.h5"))
        with h5py.File(path, "r+") as file:
            file.attrs["version"] = 99
        return ("fit", "--data.path", str(path))

    @staticmethod
    def undefined_benchmark(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store), "--data.benchmark", "xset")

    @staticmethod
    def missing_checkpoint(store: Path, _: Path, folder: Path) -> tuple[str, ...]:
        return ("test", "--data.path", str(store), "--ckpt_path", str(folder / "no.ckpt"))

    @staticmethod
    def truncated_checkpoint(store: Path, good: Path, folder: Path) -> tuple[str, ...]:
        path = folder / "truncated.ckpt"
        path.write_bytes(Path(checkpoint(good)).read_bytes()[:-3000])
        return ("test", "--data.path", str(store), "--ckpt_path", str(path))

    @staticmethod
    def no_checkpoint(store: Path, _: Path, folder: Path) -> tuple[str, ...]:
        path = folder / "text.ckpt"
        path.write_text("not a checkpoint")
        return ("test", "--data.path", str(store), "--ckpt_path", str(path))

    @staticmethod
    def other_classes(store: Path, good: Path, folder: Path) -> tuple[str, ...]:
        path = Path(shutil.copy(store, folder / "other.h5"))
        with h5py.File(path, "r+") as file:
            file["classes"][1] = "juggle"
        return ("test", "--data.path", str(path), "--ckpt_path", checkpoint(good))

    @staticmethod
    def other_shape_of_clips(store: Path, good: Path, _: Path) -> tuple[str, ...]:
        more = ("--data.num_bodies", "1", "--ckpt_path", checkpoint(good))
        return ("test", "--data.path", str(store), *more)

    @staticmethod
    def no_checkpoint_given(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("test", "--data.path", str(store))

    @staticmethod
    def other_benchmark(store: Path, good: Path, _: Path) -> tuple[str, ...]:
        more = (*SMALL, "--data.benchmark", "xview", "--ckpt_path", checkpoint(good))
        return ("test", "--data.path", str(store), *more)

    @staticmethod
    def other_settings(store: Path, good: Path, _: Path) -> tuple[str, ...]:
        more = (*SMALL, "--model.network.init_args.norm", "before", "--ckpt_path", checkpoint(good))
        return ("test", "--data.path", str(store), *more)

    @staticmethod
    def negative_workers(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store), "--data.num_workers", "-1")

    @staticmethod
    def negative_seed(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store), "--seed_everything", "-4")

    @staticmethod
    def no_gpu(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        if torch.cuda.is_available():
            pytest.skip("there is a GPU")
        return ("fit", "--data.path", str(store), "--trainer.accelerator", "gpu")

    @staticmethod
    def too_many_processes(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        more = ("--trainer.accelerator", "cpu", "--trainer.devices", "9999")
        return ("fit", "--data.path", str(store), *more)

    @staticmethod
    def impossible_gamma(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store), "--model.network.init_args.gamma", "-2")

    @staticmethod
    def impossible_network(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        more = ("--model.network.init_args.num_blocks", "-2")
        return ("fit", "--data.path", str(store), *more)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (Damage.missing_store, "nowhere.h5"),
        (Damage.truncated_store, "truncated"),
        (Damage.other_version, "version 99"),
        (Damage.undefined_benchmark, "'xset' is not defined for dataset 'ntu60'; use 'xsub' or"),
        (Damage.missing_checkpoint, "no.ckpt does not exist"),
        (Damage.truncated_checkpoint, "is not a complete checkpoint"),
        (Damage.no_checkpoint, "is not a complete checkpoint"),
        (Damage.other_classes, "class 1 was 'eat', but is 'juggle' in the data"),
        (Damage.other_shape_of_clips, "another network or another shape of inputs"),
        (Damage.no_checkpoint_given, "test needs a trained network; add --ckpt_path"),
        (Damage.other_benchmark, "trained with benchmark 'xsub', but the config has 'xview'"),
        (Damage.other_settings, "norm is after in the checkpoint and before in this network"),
        (Damage.negative_workers, "num_workers must be at least 0, got -1"),
        (Damage.negative_seed, "seed_everything must be at least 0, got -4"),
        (Damage.no_gpu, "No supported gpu backend found"),
        (Damage.too_many_processes, "--trainer.devices 9999 starts 9999 processes on a machine"),
        (Damage.impossible_gamma, "gamma must be above 0, got -2"),
        (Damage.impossible_network, "num_blocks must be at least 0, got -2"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_mistake_ends_with_one_sentence(
    damage: Any,  # noqa: ANN401
    message: str,
    store_path: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command, *arguments = damage(store_path, trained, tmp_path)
    assert run(command, store_path, tmp_path, *arguments) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error


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


def _bomb() -> str:
    lines = [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    return "\n".join(["a0: &a0 [x, x, x]", *lines, "trainer: *a9"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x89HDF\r\n", "is no text in UTF-8"),
        (_bomb().encode(), "has more than 3,000 values or is nested deeper"),
        (b"trainer: " + b"[" * 5000 + b"]" * 5000, "nested deeper than 50 levels"),
        (b"trainer: " + b"{a: " * 5000 + b"1" + b"}" * 5000, "nested deeper than 50 levels"),
        (b"trainer: &a {b: *a}", "inside of or before its anchor"),
        (b'trainer: "a\\0b"', "has a value with a NUL character"),
        (b"trainer: [", "is not valid YAML"),
        (b"trainer: odd.yaml", "names itself"),
    ],
    ids=["a store", "bomb", "lists", "mappings", "cycle", "NUL", "cut", "itself"],
)
def test_a_file_that_is_no_config_is_told_in_one_sentence(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.yaml").write_bytes(content)
    assert main(["fit", "--config", str(tmp_path / "odd.yaml")]) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert "\n" not in error


@pytest.mark.parametrize("trainer", ["[1]", "3", "[{max_epochs: 1}]"])
def test_a_trainer_that_is_no_mapping_is_told_in_one_sentence(
    trainer: str, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.yaml").write_text(f"trainer: {trainer}")
    assert run("fit", store_path, tmp_path, "--config", str(tmp_path / "odd.yaml")) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: trainer is ")
    assert "\n" not in error


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


def test_a_bug_keeps_its_traceback_and_says_where_to_report_it(
    store_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("action_rec.recognizer.ActionRecognizer.training_step", broken)
    with pytest.raises(ValueError, match="a bug") as raised:
        run("fit", store_path, tmp_path, *SMALL)
    last = "".join(traceback.format_exception(raised.value)).strip().splitlines()[-1]
    assert last.startswith("unexpected error in action_rec ")
    assert "please report it with this traceback: " in last


def test_an_error_of_a_library_on_bad_values_of_ours_is_a_bug(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A ValueError out of NumPy is not told in a sentence, whichever command it comes from."""
    (tmp_path / "metrics.csv").write_text("step,train/loss\n1,0.5\n")
    monkeypatch.setattr(
        "action_rec.analysis.curves.draw_curves", lambda *_: np.zeros(3) + np.zeros(2)
    )
    words = ["curves", str(tmp_path), "--metrics", "train/loss", "--out", str(tmp_path / "x.png")]
    with pytest.raises(ValueError, match="could not be broadcast"):
        main(words)
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("program", "commands"),
    [(main, "fit, validate"), (long_memory, "fit, validate"), (data_prep, "ntu, nw_ucla")],
    ids=["", "long_memory", "data"],
)
def test_no_command_of_that_name(
    program: Callable[[list[str]], int], commands: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program(["traain", "--config", "x"]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith(f"error: no command is named 'traain'; use one of {commands}")
    assert "\n" not in error


@pytest.mark.parametrize(
    ("old", "new"), [("memory", "recurrent-weights"), ("reestimate", "precise-bn")]
)
def test_an_old_name_of_a_command_works_with_a_warning(
    old: str, new: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(tmp_path / "no.ckpt"), *(["no.h5"] if new == "precise-bn" else [])]
    out = str(tmp_path / "out.png")
    assert main([old, *words, out]) == 2
    warning, error = capsys.readouterr().err.strip().splitlines()
    assert warning.startswith(f"warning: the command '{old}' is now '{new}'")
    assert "no.ckpt does not exist" in error


@pytest.mark.parametrize("when", ["while it is loaded", "while it works"])
def test_ctrl_c_ends_with_130_and_one_line(
    when: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    if when == "while it works":
        monkeypatch.setattr("action_rec.console.program.run_command", interrupt)
    else:
        monkeypatch.setattr("action_rec.cli._run", interrupt)
    assert main(["results", "x.json"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


_PROGRAM = """
from action_rec.console.interrupts import run_program

def load():
    print("ready", flush=True)
    from action_rec.long_memory.cli import main
    return lambda: main(["help"])

run_program(load)
"""


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0])
def test_ctrl_c_pressed_three_times_shows_no_traceback(seconds: float) -> None:
    words = [sys.executable, "-c", _PROGRAM]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(seconds)
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.02)
    _, error = process.communicate()
    # Python itself ends by the signal once it has begun to exit; a shell calls both 130.
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in error


def test_torch_is_loaded_where_ctrl_c_is_handled() -> None:
    """``python -m`` imports the package before its `__main__`."""
    code = "import sys, action_rec.long_memory; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_one_callback_may_stand_without_a_list(store_path: Path, tmp_path: Path) -> None:
    words = ("--trainer.callbacks", "{class_path: LearningRateMonitor}", "--trainer.max_steps", "1")
    assert run("fit", store_path, tmp_path, *SMALL, *words) == 0


class Interrupt(Callback):
    """Presses Ctrl-C after the first step."""

    def on_train_batch_end(self, *_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_a_fit_with_130_and_says_how_to_continue(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A process that a shell has started in the background ignores SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    switch = ("--trainer.callbacks+", "tests.console.test_errors.Interrupt")
    try:
        with pytest.raises(SystemExit) as ended:
            run("fit", store_path, tmp_path, *SMALL, *switch)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.value.code == 130
    error = capsys.readouterr().err
    assert "interrupted at step 1: " in error
    assert "Traceback" not in error
