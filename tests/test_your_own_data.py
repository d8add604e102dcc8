"""The commands of docs/your_own_data.md, as a stranger would type them."""

import csv
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from action_rec.cli import main as action_rec
from action_rec.skeletons.joint_sets import load_joint_set
from action_rec.store.reader import Store
from benchmarks.own_folder import write_folder
from data_prep.__main__ import main as data_prep

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "your_own_data.md").read_text(encoding="utf-8")
RUN = {"data_prep": data_prep, "action_rec": action_rec}


def block(language: str) -> str:
    """The first block of the page in a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def gym(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the made-up recordings of the page, and the repository's configs beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    exec(compile(block("python"), "docs/your_own_data.md", "exec"), {})
    return tmp_path


def commands() -> list[str]:
    """The five commands, each in one line."""
    return block("sh").replace("\\\n", " ").splitlines()


def run_page(*more: str) -> None:
    for line in commands():
        python, flag, program, *words = shlex.split(line)
        assert (python, flag) == ("python", "-m")
        fit = more if words[0] == "fit" else ()
        assert RUN[program]([*words, *fit]) == 0


def test_five_commands_from_a_folder_to_predictions(gym: Path) -> None:
    assert len(commands()) == 5
    run_page("--trainer.max_epochs", "16", "--trainer.check_val_every_n_epoch", "16")
    (results,) = gym.rglob("test_results.json")
    result = json.loads(results.read_text())
    assert (result["benchmark"], result["sequences"]) == ("xsub", 48)
    assert result["accuracy"] > 0.6  # of three classes; chance is a third
    (predictions,) = gym.rglob("predictions.csv")
    assert len(predictions.read_text().splitlines()) == 1 + 48


def test_a_folder_of_27_classes_is_walked_to_an_accuracy_above_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    write_folder(tmp_path / "moves", subjects=5, repetitions=1)
    (section,) = re.findall(r"## What it reaches\n(.*?)\n## ", PAGE, re.DOTALL)
    lines = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)[0].replace("\\\n", " ").splitlines()
    convert, fit, test = (shlex.split(line)[3:] for line in lines[1:4])
    convert[convert.index("[3,6,8]")] = "[2,4]"
    assert data_prep(convert) == 0
    short = ("--trainer.max_epochs", "80", "--trainer.check_val_every_n_epoch", "40")
    assert action_rec([*fit, *short]) == 0
    assert action_rec(test) == 0
    (results,) = tmp_path.rglob("test_results.json")
    result = json.loads(results.read_text())
    assert (result["benchmark"], result["sequences"]) == ("xsub", 2 * 27)
    assert result["accuracy"] > 0.2  # of 27 classes; chance is 0.04
    assert "27 of the 81 train sequences of xsub, drawn by whole subjects" in result["selection"]


def test_a_folder_of_tables_trains_too(gym: Path) -> None:
    names = load_joint_set("coco17").joints
    with (gym / "gym" / "labels.csv").open() as file:
        labels = list(csv.reader(file))[:60]
    for row in labels[1:]:
        poses = np.load(gym / "gym" / row[0]).round(2)
        row[0] = row[0].replace(".npy", ".csv")
        lines = [f"{t},{names[v]},{x},{y}" for (t, v), (x, y) in _joints(poses)]
        (gym / "gym" / row[0]).write_text("\n".join(["frame,joint,x,y", *lines]))
    with (gym / "gym" / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(labels)
    words = ["folder", "gym", "tables.h5", "--joint_set", "coco17", "--test_subjects", "[3]"]
    assert data_prep(words) == 0
    store = Store("tables.h5")
    np.testing.assert_allclose(store.recorded(0), np.load("gym/jump_1_0.npy")[:, None], atol=0.006)
    trial = ["--trainer.max_steps", "2"]
    card = ["--config", "configs/own.yaml", "--data.path", "tables.h5"]
    assert action_rec(["fit", *card, *trial]) == 0


def _joints(poses: np.ndarray) -> list[tuple[tuple[int, ...], np.ndarray]]:
    return [(index, poses[index]) for index in np.ndindex(poses.shape[:2])]


def test_the_joint_set_of_the_page_is_one(tmp_path: Path) -> None:
    path = tmp_path / "sticks.yaml"
    path.write_text(block("yaml"))
    assert load_joint_set(str(path)).mirror == (0, 1, 3, 2)


def test_nw_ucla_trains(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert data_prep(["nw_ucla", str(shared_data / "nw_ucla.zip"), "nw_ucla.h5"]) == 0
    card = ["--config", str(ROOT / "configs" / "nw_ucla.yaml"), "--data.path", "nw_ucla.h5"]
    trial = ["--trainer.max_steps", "3", "--trainer.val_check_interval", "3"]
    assert action_rec(["fit", *card, *trial]) == 0
