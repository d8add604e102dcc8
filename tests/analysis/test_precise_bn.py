"""Precise batch norm: recomputed on train alone, and reported with results."""

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from action_rec.checkpoints.trained import load_trained
from action_rec.cli import main
from action_rec.data.clips import ClipDataset, ClipRequest
from action_rec.data.sampling import name_keys
from action_rec.evaluation.scores import Scores
from action_rec.store.reader import Store
from tests.experiment import experiment, into, last


def precise_bn(run: Path, store: Path, out: Path) -> dict[str, Any]:
    assert main(["precise-bn", str(last(run)), str(store), str(out), "--clips", "4"]) == 0
    content: dict[str, Any] = torch.load(out, weights_only=True)
    return content


def train_sequences(store: Store, run: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Those of xsub's train part that are not val's, whose scores lie beside."""
    val = Scores.read(run / "version_2" / "val_scores.npz").names
    train = store.split("xsub", "train")
    return train[~np.isin(store.names[train], val)]


def test_the_statistics_are_those_of_the_train_clips(
    run: Path, store_path: Path, tmp_path: Path
) -> None:
    content = precise_bn(run, store_path, tmp_path / "new.ckpt")
    trained, store = load_trained(last(run)), Store(store_path)
    network = trained.recognizer.network
    name, norm = next((n, m) for n, m in network.named_modules() if isinstance(m, nn.BatchNorm1d))
    seen: list[Tensor] = []
    norm.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    sequences = train_sequences(store, run)
    request = ClipRequest(sequences, name_keys(store.names[sequences]))
    with torch.no_grad():
        network(ClipDataset(store, trained.format, 4)[request].clip)
    state = content["state_dict"]
    (values,) = seen
    torch.testing.assert_close(state[f"network.{name}.running_mean"], values.mean(dim=0))
    torch.testing.assert_close(state[f"network.{name}.running_var"], values.var(dim=0))


def test_only_the_statistics_change(run: Path, store_path: Path, tmp_path: Path) -> None:
    old = torch.load(last(run), weights_only=True)["state_dict"]
    new = precise_bn(run, store_path, tmp_path / "new.ckpt")["state_dict"]
    differing = {name.rsplit(".")[-1] for name in old if not torch.equal(old[name], new[name])}
    assert differing == {"running_mean", "running_var", "num_batches_tracked"}
    assert old.keys() == new.keys()


def test_neither_val_nor_test_is_looked_at(run: Path, store_path: Path, tmp_path: Path) -> None:
    changed = Path(shutil.copy(store_path, tmp_path / "changed.h5"))
    store = Store(store_path)
    train = set(train_sequences(store, run).tolist())
    with h5py.File(changed, "r+") as file:
        for index in set(range(len(store.names))) - train:
            end = store.start[index] + store.length[index] * store.bodies[index]
            file["poses"][store.start[index] : end] = 7.0
    states = [
        precise_bn(run, path, tmp_path / "new.ckpt")["state_dict"] for path in (store_path, changed)
    ]
    torch.testing.assert_close(*states, rtol=0, atol=0)


def test_one_value_is_too_little(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = ("--model.network", "LinearOnMeanPose")
    words = (*experiment(store_path), *network, *into(tmp_path), "--trainer.max_epochs", "1")
    assert main(["fit", *words]) == 0
    small = Path(shutil.copy(store_path, tmp_path / "small.h5"))
    with h5py.File(small, "r+") as file:
        split = file["benchmarks/xsub"][:]
        split[np.flatnonzero(split == 0)[2:]] = 255  # of two, val takes one
        file["benchmarks/xsub"][:] = split
    words = ("precise-bn", str(last(tmp_path)), str(small), str(tmp_path / "x.ckpt"))
    assert main([*words, "--clips", "1"]) == 2
    assert "batch norm needs at least two values" in capsys.readouterr().err


def test_results_say_that_it_was_done(
    run: Path, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    precise_bn(run, store_path, tmp_path / "new.ckpt")
    checkpoint = ("--ckpt_path", str(tmp_path / "new.ckpt"))
    assert main(["test", *experiment(store_path), *into(tmp_path), *checkpoint]) == 0
    (path,) = tmp_path.rglob("test_results.json")
    said = json.loads(path.read_text())["batch_norm"]
    assert said == "recomputed on 4 clips of each of 3 train sequences"
    assert f"batch norm: {said}" in capsys.readouterr().out


def test_a_callback_does_it_at_the_end_of_a_fit(store_path: Path, tmp_path: Path) -> None:
    switch = ("--trainer.callbacks+", "action_rec.analysis.precise_bn.PreciseBN")
    words = (*experiment(store_path), *into(tmp_path), *switch, "--trainer.callbacks.clips", "4")
    assert main(["fit", *words]) == 0
    best = last(tmp_path).with_name("best.ckpt")
    by_command = tmp_path / "by_command.ckpt"
    command = ["precise-bn", str(best), str(store_path), str(by_command), "--clips", "4"]
    assert main(command) == 0
    one, other = (
        torch.load(path, weights_only=True)
        for path in (by_command, best.with_name("best_precise_bn.ckpt"))
    )
    assert one["batch_norm"] == other["batch_norm"]
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)
