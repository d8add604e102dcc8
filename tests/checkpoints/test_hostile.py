"""No command runs or imports what a checkpoint or a store holds or names."""

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

from action_rec.checkpoints.trained import load_trained
from action_rec.cli import main
from action_rec.errors import InputError
from action_rec.long_memory.cli import main as long_memory
from tests.command_line import CONFIGS, SMALL, checkpoint, final_state, run
from tests.experiment import into


class Payload:
    """Creates a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.mark}'",)


def pickled(state: dict[str, Any], mark: Path) -> None:
    state["callbacks"]["Payload"] = Payload(mark)


def at(*keys: str) -> Callable[[dict[str, Any]], tuple[dict[str, Any], str]]:
    """The dictionary of the hyper-parameters that holds a value, and the value's key."""

    def find(state: dict[str, Any]) -> tuple[dict[str, Any], str]:
        found = state["hyper_parameters"]
        for key in keys[:-1]:
            found = found[key]
        return found, keys[-1]

    return find


CLASS = "hostile_canary.Network"  # importable, but not of this package
ARGUMENTS = ("network", "init_args")
PLACES = {
    "network": at("network"),
    "class_path": at("network", "class_path"),
    "optimizer": at("optimizer"),
    "recurrence": at(*ARGUMENTS, "recurrence"),
    "features": at(*ARGUMENTS, "features"),
    "readout": at(*ARGUMENTS, "readout"),
    "dict_kwargs": at("network", "dict_kwargs"),
    "_class_path": at("_class_path"),
    "_instantiator": at("_instantiator"),
}
FORMS: dict[str, Any] = {
    "text": CLASS,
    "lookalike": "hostile_canary.action_rec.models.IndRNN",
    "class": {"class_path": CLASS},
    "arguments": {"class_path": "action_rec.models.IndRNN", "init_args": {"activation": CLASS}},
    "list": [[{"class_path": CLASS}]],
    "kwargs": {"class_path": CLASS, "dict_kwargs": {"network": CLASS}},
    "shorthand": {"class_path": "Network", "init_args": {"_class_path": CLASS}},
}


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that exists once something hostile was run or imported."""
    mark = tmp_path / "mark"
    canary = f"from pathlib import Path\nPath({str(mark)!r}).touch()\nclass Network: pass\n"
    (tmp_path / "hostile_canary.py").write_text(canary)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "hostile_canary", raising=False)
    return mark


def saved(state: dict[str, Any], mark: Path) -> str:
    """The path of a file with this content."""
    path = mark.with_name("hostile.ckpt")
    torch.save(state, path)
    return str(path)


def test_the_mark_is_left_where_the_payload_is_run(trained: Path, mark: Path) -> None:
    """Check that the tests below can fail."""
    state = torch.load(checkpoint(trained), weights_only=True)
    pickled(state, mark)
    torch.load(saved(state, mark), weights_only=False)
    assert mark.exists()
    mark.unlink()
    importlib.import_module("hostile_canary")
    assert mark.exists()


@pytest.mark.parametrize("command", ["fit", "test", "predict"])
def test_a_pickled_call_is_not_run(
    command: str,
    store_path: Path,
    trained: Path,
    mark: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = torch.load(checkpoint(trained), weights_only=True)
    pickled(state, mark)
    path = saved(state, mark)
    if command == "predict":
        status = main(["predict", "--ckpt_path", path, str(store_path)])
    else:
        status = run(command, store_path, tmp_path, *SMALL, "--ckpt_path", path)
    assert status == 2
    assert not mark.exists()
    assert "names posix.system" in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_a_class_that_a_checkpoint_names_is_not_imported(
    place: str, form: str, trained: Path, mark: Path
) -> None:
    state = torch.load(checkpoint(trained), weights_only=True)
    holder, key = PLACES[place](state)
    holder[key] = FORMS[form]
    if place in ("optimizer", "_class_path", "_instantiator"):  # what is not needed is not read
        load_trained(Path(saved(state, mark)))
    else:
        with pytest.raises(InputError, match=r"hyper_parameters\.network"):
            load_trained(Path(saved(state, mark)))
    assert not mark.exists()
    assert "hostile_canary" not in sys.modules


@pytest.mark.parametrize("place", ["network", "optimizer"])
@pytest.mark.parametrize("command", ["fit", "test", "predict", "early", "attention", "long_memory"])
def test_no_command_imports_a_class_that_a_checkpoint_names(
    command: str,
    place: str,
    store_path: Path,
    trained: Path,
    mark: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = torch.load(checkpoint(trained), weights_only=True)
    holder, key = PLACES[place](state)
    holder[key] = CLASS
    path, out = saved(state, mark), str(tmp_path / "out.png")
    if command in ("fit", "test"):
        more = (*SMALL, "--trainer.max_epochs", "30", "--ckpt_path", path)
        status = run(command, store_path, tmp_path, *more)
    elif command == "predict":  # builds everything from the checkpoint
        status = main(["predict", "--ckpt_path", path, str(store_path), "--clips", "1"])
    elif command == "long_memory":
        config = str(CONFIGS / "long_memory" / "adding_100.yaml")
        words = ["test", "--config", config, *into(tmp_path), "--ckpt_path", path]
        status = long_memory(words)
    else:
        status = main([command, path, str(store_path), out])
    assert not mark.exists()
    assert "hostile_canary" not in sys.modules
    if status != 0:
        assert status == 2
        assert capsys.readouterr().err.strip().splitlines()[-1].startswith("error: ")
    else:
        assert place in ("optimizer", "_instantiator") or command in ("fit", "test")


def test_classes_are_named_as_version_0_1_0_did(trained: Path, mark: Path) -> None:
    state = torch.load(checkpoint(trained), weights_only=True)
    network = state["hyper_parameters"]["network"]
    network["class_path"] = "action_rec.models.networks.ResidualIndRNN"
    network["init_args"]["recurrence"] = "action_rec.models.rivals.GRU"
    with pytest.raises(InputError, match="is of another network"):
        load_trained(Path(saved(state, mark)))


NETWORKS = {
    "plain": ("--model.network", "StackedIndRNN", "--model.network.recurrence", "LSTM"),
    "convolution": (
        *("--model.network.features", "JointConvolution", "--model.network.features.channels"),
        *("4", "--model.network.init_args.hidden_size", "200"),  # of 2 bodies of 25 joints
    ),
    "dense": ("--model.network", str(CONFIGS / "network" / "dense_aug.yaml")),
    "graph": ("--model.network", "GraphIndRNN", "--model.network.num_layers", "2"),
    "joint graph": ("--model.network.features", "JointGraph", *SMALL),
    "baseline": ("--model.network", "LinearOnMeanPose"),
}


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_a_network_is_built_as_its_config_describes_it(
    network: tuple[str, ...], store_path: Path, tmp_path: Path
) -> None:
    more = (*network, "--trainer.max_steps", "1", "--data.num_val_clips", "1")
    more += ("--data.batch_size", "2")  # batch norm needs two values
    assert run("fit", store_path, tmp_path, *more) == 0
    trained = load_trained(Path(checkpoint(tmp_path)))
    state = final_state(tmp_path)["state_dict"]
    assert all(torch.equal(v, state[k]) for k, v in trained.recognizer.state_dict().items())
    described = final_state(tmp_path)["hyper_parameters"]["network"]
    assert type(trained.recognizer.network).__name__ == described["class_path"].split(".")[-1]


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


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [
        ("hyper_parameters", {"network": torch.zeros(3)}, "holds a tensor"),
        ("state_dict", {"network.classifier.bias": [0.0]}, "is a list, but a tensor is needed"),
        ("class_names", ["a", 1, "b"], "class_names.1. is 1, but a text is needed"),
        ("loops", {"fit_loop": {}}, "lacks 'predict_loop'"),
        ("callbacks", {"RunIdentity": None}, "is None, but a dictionary is needed"),
        ("optimizer_states", [{"state": {}, "param_groups": [{}]}], "lacks 'lr'"),
        ("global_step", -1, "is -1, but an integer of at least 0 is needed"),
        ("pytorch-lightning_version", "\x1b[31m", r"written by lightning '\\x1b"),
        ("extra", [[[[]]]] * 3, None),
        ("extra", b"bytes", "of type bytes|names _codecs"),
    ],
)
def test_parts_of_other_types_are_refused(
    part: str, value: object, sentence: str | None, trained: Path, mark: Path
) -> None:
    state = torch.load(checkpoint(trained), weights_only=True)
    state[part] = value
    path = Path(saved(state, mark))
    if sentence is None:
        load_trained(path)
    else:
        with pytest.raises(InputError, match=sentence):
            load_trained(path)


def test_sizes_that_a_file_does_not_have_take_no_memory(trained: Path, mark: Path) -> None:
    state = torch.load(checkpoint(trained), weights_only=True)
    state["state_dict"]["x"] = torch.zeros(1).expand(1 << 40)
    with pytest.raises(InputError, match="a tensor that is larger than its storage"):
        load_trained(Path(saved(state, mark)))
    state["state_dict"].pop("x")
    state["hyper_parameters"]["network"]["init_args"]["hidden_size"] = 1_000_000
    with pytest.raises(InputError, match="hidden_size 1000000 in 7 layers would need"):
        load_trained(Path(saved(state, mark)))


def without_optimizer(state: dict[str, Any]) -> None:
    del state["optimizer_states"]


def other_groups(state: dict[str, Any]) -> None:
    state["optimizer_states"][0]["param_groups"][0]["params"].pop()


def no_rate(state: dict[str, Any]) -> None:
    del state["optimizer_states"][0]["param_groups"][0]["betas"]


def large_rate(state: dict[str, Any]) -> None:
    state["optimizer_states"][0]["param_groups"][0]["weight_decay"] = 1e39


def other_moment(state: dict[str, Any]) -> None:
    state["optimizer_states"][0]["state"][0]["exp_avg"] = torch.zeros(2)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (without_optimizer, "holds no optimizer and no schedule"),
        (other_groups, "an optimizer for groups of"),
        (no_rate, "an optimizer whose betas is None"),
        (large_rate, "an optimizer whose weight_decay is 1e+39"),
        (other_moment, "of shape (2,) as 'exp_avg' of weights"),
    ],
)
def test_a_fit_refuses_the_optimizer_of_another_run(
    spoil: Callable[[dict[str, Any]], None],
    sentence: str,
    store_path: Path,
    trained: Path,
    mark: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    state = torch.load(checkpoint(trained), weights_only=True)
    spoil(state)
    # Without callbacks, since the check must not depend on one.
    more = (
        *SMALL,
        "--trainer.callbacks",
        "null",
        "--trainer.max_epochs",
        "31",
        "--ckpt_path",
        saved(state, mark),
    )
    assert run("fit", store_path, tmp_path, *more) == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]
