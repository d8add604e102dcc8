"""User errors on the command line: each ends with one sentence and status 2."""

import shutil
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from action_rec.cli import main
from action_rec.long_memory.cli import main as long_memory
from data_prep.__main__ import main as data_prep
from tests.command_line import SMALL, checkpoint, run


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
