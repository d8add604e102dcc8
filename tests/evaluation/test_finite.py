"""Logits that are not finite: no command takes NaN for class 0."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from action_rec.cli import main
from action_rec.store.reader import Store
from tests.command_line import SMALL, checkpoint, run

COMMANDS = ["test", "validate", "predict", "early"]


def act(command: str, store: Path, path: str, folder: Path) -> int:
    """Run a command on a checkpoint and a store."""
    if command == "predict":
        out = str(folder / "out.json")
        words = ["predict", "--ckpt_path", path, str(store), "--clips", "1", "--out", out]
        return main(words)
    if command == "early":
        return main(["early", path, str(store), str(folder / "x.png"), "--clips", "1"])
    return run(command, store, folder, *SMALL, "--ckpt_path", path)


@pytest.mark.parametrize("command", COMMANDS)
def test_weights_that_are_nan_are_no_class(
    command: str,
    store_path: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = torch.load(checkpoint(trained), weights_only=True)
    state["state_dict"]["network.classifier.bias"].fill_(torch.nan)
    torch.save(state, tmp_path / "nan.ckpt")
    assert act(command, store_path, str(tmp_path / "nan.ckpt"), tmp_path) == 2
    said = capsys.readouterr()
    assert "sequences have logits that are infinite or NaN" in said.err.splitlines()[-1]
    assert "top-1" not in said.out
    assert not list(tmp_path.rglob("*_results.*"))


@pytest.mark.parametrize("command", ["recurrent-weights", "precise-bn"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_named(
    value: float,
    command: str,
    store_path: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = torch.load(checkpoint(trained), weights_only=True)
    state["state_dict"]["network.encoder.last.recurrence.u"][0] = value
    torch.save(state, tmp_path / "nan.ckpt")
    store = [str(store_path)] if command == "precise-bn" else []
    out = tmp_path / ("x.ckpt" if store else "x.png")
    assert main([command, str(tmp_path / "nan.ckpt"), *store, str(out)]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "infinite or NaN in network.encoder.last.recurrence.u" in said
    assert not out.exists()


def test_precise_bn_refuses_recordings_that_are_nan(
    store_path: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(shutil.copy(store_path, tmp_path / "nan.h5"))
    with h5py.File(path, "r+") as file:
        file["poses"][...] = np.nan
    out = tmp_path / "x.ckpt"
    assert main(["precise-bn", checkpoint(trained), str(path), str(out), "--clips", "1"]) == 2
    assert "the recomputed batch norm has values that are" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_recording_that_is_nan_is_named(
    command: str,
    store_path: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    split = "val" if command == "validate" else "test"
    store = Store(store_path)
    index = int(store.split("xsub", "test")[0]) if split == "test" else None
    path = Path(shutil.copy(store_path, tmp_path / "nan.h5"))
    with h5py.File(path, "r+") as file:
        if index is None:  # whichever sequences val was given
            file["poses"][...] = np.nan
        else:
            start = store.start[index]
            file["poses"][start : start + store.length[index] * store.bodies[index]] = np.nan
    assert act(command, path, checkpoint(trained), tmp_path) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "sequences have logits that are infinite or NaN, the first is" in said
    if index is not None:
        name = str(store.names[index])
        assert f"the first is {name}" in said
        assert said.startswith("error: 1 of ")
    if command == "predict":
        found = json.loads((tmp_path / "out.json").read_text())["predictions"]
        assert len(found) == 11
        assert name not in {one["sequence"] for one in found}
