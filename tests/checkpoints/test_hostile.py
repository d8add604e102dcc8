"""Checkpoints and stores from strangers are data: no command runs what they hold or name."""

import importlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from action_rec.cli import main
from tests.command_line import SMALL, checkpoint, run


class Payload:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.mark}'",)


def pickled(state: dict[str, Any], mark: Path) -> None:
    state["callbacks"]["Payload"] = Payload(mark)


def nested_class(state: dict[str, Any], _: Path) -> None:
    state["hyper_parameters"]["network"] = {"class_path": "tests.checkpoints.hostile.Network"}


def optimizer_class(state: dict[str, Any], _: Path) -> None:
    state["hyper_parameters"]["optimizer"] = {"class_path": "tests.checkpoints.hostile.Network"}


def deep_class(state: dict[str, Any], _: Path) -> None:
    arguments = state["hyper_parameters"]["network"]["init_args"]
    arguments["readout"] = [{"class_path": "tests.checkpoints.hostile.Network"}]


def instantiator(state: dict[str, Any], _: Path) -> None:
    state["hyper_parameters"]["_instantiator"] = "tests.checkpoints.hostile.Network"


def lookalike(state: dict[str, Any], _: Path) -> None:
    state["hyper_parameters"]["network"]["class_path"] = (
        "tests.checkpoints.hostile.action_rec.models"
    )


KINDS = [pickled, nested_class, optimizer_class, deep_class, instantiator, lookalike]


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOSTILE_MARK", str(tmp_path / "mark"))
    monkeypatch.delitem(sys.modules, "tests.checkpoints.hostile", raising=False)
    return tmp_path / "mark"


def hostile(spoil: Callable[[dict[str, Any], Path], None], good: str, mark: Path) -> str:
    """The path of a checkpoint that is good but for what `spoil` does to it."""
    state: dict[str, Any] = torch.load(good, weights_only=True)
    spoil(state, mark)
    path = mark.with_name("hostile.ckpt")
    torch.save(state, path)
    return str(path)


def test_the_mark_is_left_where_the_payload_is_run(trained: Path, mark: Path) -> None:
    """That the tests below can fail."""
    torch.load(hostile(pickled, checkpoint(trained), mark), weights_only=False)
    assert mark.exists()
    mark.unlink()
    importlib.import_module("tests.checkpoints.hostile")
    assert mark.exists()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("command", ["fit", "test", "predict"])
def test_a_hostile_checkpoint_runs_nothing(
    command: str,
    kind: Callable[[dict[str, Any], Path], None],
    store_path: Path,
    trained: Path,
    mark: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = hostile(kind, checkpoint(trained), mark)
    if command == "predict":  # takes everything from the checkpoint
        out = str(tmp_path / "out.csv")
        status = main(["predict", "--ckpt_path", path, str(store_path), "--out", out])
    else:
        more = (*SMALL, "--trainer.max_epochs", "31", "--ckpt_path", path)
        status = run(command, store_path, tmp_path, *more)
    assert not mark.exists()
    if status != 0:
        assert status == 2
        assert capsys.readouterr().err.strip().splitlines()[-1].startswith("error: ")
    else:  # what the config says was built, and the checkpoint's word not asked for
        assert command != "predict"
        assert kind in (optimizer_class, instantiator)


def external_poses(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        shape = file["poses"].shape
        del file["poses"]
        secret = path.with_name("secret")
        secret.write_bytes(bytes(int(np.prod(shape)) * 4))
        file.create_dataset("poses", shape, "<f4", external=[(str(secret), 0, h5py.h5f.UNLIMITED)])


def linked_poses(path: Path) -> None:
    other = Path(shutil.copy(path, path.with_name("other.h5")))
    with h5py.File(path, "r+") as file:
        del file["poses"]
        file["poses"] = h5py.ExternalLink(str(other), "/poses")


def objects(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["classes"]
        file["classes"] = np.void(b"\x80\x04cos\nsystem\n.")


@pytest.mark.parametrize("spoil", [external_poses, linked_poses, objects])
def test_a_store_that_points_elsewhere_is_refused(
    spoil: Callable[[Path], None],
    store_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = Path(shutil.copy(store_path, tmp_path / "hostile.h5"))
    spoil(path)
    assert run("fit", path, tmp_path, *SMALL, "--trainer.max_epochs", "1") == 2
    assert capsys.readouterr().err.strip().splitlines()[-1].startswith("error: store ")
