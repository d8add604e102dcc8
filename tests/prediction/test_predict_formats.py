"""Recordings of every format without labels, predicted as the store made of them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from action_rec.cli import main
from action_rec.skeletons.joint_sets import load_joint_set
from action_rec.store.reader import Store
from data_prep.__main__ import main as data_prep
from tests.data_prep.folders import table
from tests.experiment import CONFIGS, into, last
from tests.prediction.predicting import predict
from tests.skeletons.pose_files import JSON, scored, walkers, wide_table, write_openpose
from tests.synthetic import recording, skeleton_text, standing

QUIET = (
    *("--trainer.max_epochs", "2", "--trainer.enable_progress_bar", "false"),
    *("--trainer.enable_model_summary", "false"),
)


def fitted(raw: Path, folder: Path, *options: str, fit: tuple[str, ...] = ()) -> tuple[Path, Path]:
    """The store of a folder, and a checkpoint trained on it for two epochs."""
    store = folder / "store.h5"
    assert data_prep(["folder", str(raw), str(store), *options]) == 0
    words = ("--config", str(CONFIGS / "own.yaml"), "--data.path", str(store), *into(folder))
    assert main(["fit", *words, *QUIET, *fit]) == 0
    return store, last(folder)


def labelled(raw: Path, names: list[str]) -> Path:
    """A labels.csv with two classes, whose last two files are the test split."""
    rows = [
        f"{name},{('walk', 'run')[index % 2]},{'test' if index >= len(names) - 2 else 'train'}"
        for index, name in enumerate(names)
    ]
    (raw / "labels.csv").write_text("\n".join(["file,label,split", *rows]))
    return raw


def write_every_format(raw: Path) -> list[str]:
    """A recording in every format of two dimensions, two of each; the names for labels.csv."""
    names = []
    for seed in range(2):
        poses = walkers(frames=20 + seed, seed=seed)
        folder = raw / f"part{seed}"
        folder.mkdir(parents=True)
        for tool in ("alphapose", "coco", "mmpose"):
            (folder / f"{tool}.json").write_text(json.dumps(JSON[tool](poses, scored(poses))))
            names.append(f"part{seed}/{tool}.json")
        np.save(folder / "array.npy", np.concatenate([poses, scored(poses)[..., None]], axis=-1))
        (folder / "long.csv").write_text(table(poses))
        (folder / "wide.csv").write_text(wide_table(poses, scored(poses, low=(3,))))
        write_openpose(folder / "openpose", poses, scored(poses, low=(5,)))
        names += [f"part{seed}/{name}" for name in ("array.npy", "long.csv", "wide.csv")]
        names.append(f"part{seed}/openpose")
    return names


@pytest.fixture(scope="module")
def every_format(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Recordings in every format, their store, and a checkpoint; the joint set is the user's."""
    folder = tmp_path_factory.mktemp("formats")
    raw = folder / "raw"
    names = write_every_format(raw)
    coco = load_joint_set("coco17")
    content = {
        "joints": list(coco.joints),
        "root": coco.joints[coco.root],
        "bones": [
            [joint, coco.joints[parent]]
            for joint, parent in zip(coco.joints, coco.parents, strict=True)
            if joint != coco.joints[parent]
        ],
        "centre": ["left hip", "right hip"],
        "name": "body of mine",
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(content))
    options = ("--joint_set", str(folder / "mine.yaml"), "--scores", "--min_score", "0.3")
    return labelled(raw, names), *fitted(raw, folder, *options)


def read(path: Path) -> dict[str, dict[str, Any]]:
    return {row["sequence"]: row for row in json.loads(path.read_text())["predictions"]}


def test_every_format_is_predicted_as_the_store_made_of_it(
    every_format: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, store, checkpoint = every_format
    assert Store(store).joint_set == "body of mine"
    assert Store(store).decisions()[-1] == "42 joints not detected"  # joint 3 is below --min_score
    assert predict(checkpoint, raw, "--out", tmp_path / "raw.json") == 0
    assert capsys.readouterr().err == ""
    assert predict(checkpoint, store, "--out", tmp_path / "store.json") == 0
    from_raw, from_store = read(tmp_path / "raw.json"), read(tmp_path / "store.json")
    assert list(from_raw) == list(from_store) == Store(store).names.tolist()
    assert len(from_raw) == 14
    for name, row in from_raw.items():
        assert row["probabilities"] == from_store[name]["probabilities"]


def test_one_recording_of_each_format_is_enough(
    every_format: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    raw, _, checkpoint = every_format
    paths = sorted((raw / "part0").iterdir())
    assert predict(checkpoint, *paths, "--out", tmp_path / "x.json") == 0
    rows = read(tmp_path / "x.json")
    assert [row["source"] for row in rows.values()] == list(map(str, paths))
    assert list(rows) == [path.stem for path in paths]


def test_recordings_of_other_joints_are_named_with_the_reason(
    every_format: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, _, checkpoint = every_format
    np.save(tmp_path / "long.npy", np.ones((5, 25, 3)))
    np.save(tmp_path / "solid.npy", np.random.default_rng(0).normal(size=(5, 17, 4)))
    (tmp_path / "good.json").write_bytes((raw / "part0" / "coco.json").read_bytes())
    assert predict(checkpoint, tmp_path) == 0
    told = capsys.readouterr().err
    assert "long.npy: it has 25 joints, but joint set 'body of mine' has 17" in told
    assert "solid.npy: it has 3 coordinates per joint, but the network was trained on 2" in told


def test_a_recording_in_another_unit_is_refused_or_converted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for seed in range(6):
        np.save(raw / f"{seed}.npy", walkers(20, 1, 20, seed, coordinates=3) / 100)
    labelled(raw, [f"{seed}.npy" for seed in range(6)])
    options = ("--joint_set", "kinect_v1", "--unit", "metre")
    _, checkpoint = fitted(raw, tmp_path, *options, fit=("--data.normalize", "none"))
    assert predict(checkpoint, raw / "5.npy", "--out", tmp_path / "metre.json") == 0
    np.save(raw / "5.npy", np.load(raw / "5.npy") * 1000)
    words = (raw / "5.npy", "--unit", "millimetre", "--out", tmp_path / "millimetre.json")
    assert predict(checkpoint, *words) == 0
    given, converted = (read(tmp_path / f"{unit}.json")["5"] for unit in ("metre", "millimetre"))
    assert converted["probabilities"] == pytest.approx(given["probabilities"], abs=1e-5)
    capsys.readouterr()
    assert predict(checkpoint, raw, "--out", tmp_path / "x.json") == 0
    assert len(read(tmp_path / "x.json")) == 5
    told = capsys.readouterr().err
    assert "5.npy: it has bodies of a median size of" in told
    assert "a factor of 1" in told


def test_skeletons_of_ones_own_are_converted_and_predicted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    for seed in range(6):
        (raw / f"dance {seed}.skeleton").write_bytes(recording(20, seed))
    calm, lively = standing(1, 20, 0.1), standing(2, 20, 3.0)
    both = [[(1, a), (2, b + np.array((1, 0, 0)))] for a, b in zip(calm, lively, strict=True)]
    (raw / "dance 5.skeleton").write_bytes(skeleton_text(both))
    labelled(raw, [f"dance {seed}.skeleton" for seed in range(6)])
    path, checkpoint = fitted(raw, tmp_path, "--joint_set", "kinect_v2")
    store = Store(path)
    assert (store.unit, store.provenance["rules"]["name"]) == ("metre", "sgn")
    assert store.decisions()[-1] == "body 2 is actor 1; body 1 is actor 2"
    assert predict(checkpoint, raw, "--out", tmp_path / "raw.json") == 0
    assert predict(checkpoint, path, "--out", tmp_path / "store.json") == 0
    from_raw, from_store = read(tmp_path / "raw.json"), read(tmp_path / "store.json")
    assert list(from_raw) == list(from_store)
    for name, row in from_raw.items():
        assert row["probabilities"] == from_store[name]["probabilities"]
    # The same bodies in an array, which has no numbers of bodies.
    np.save(tmp_path / "dance 0.npy", standing(0, 20))
    assert predict(checkpoint, tmp_path / "dance 0.npy", "--out", tmp_path / "array.json") == 0
    (row,) = read(tmp_path / "array.json").values()
    assert row["probabilities"] == from_store["dance 0"]["probabilities"]
    # The unit applies to the array alone: that of a .skeleton file is known.
    np.save(tmp_path / "dance 0.npy", standing(0, 20) * 100)
    words = (tmp_path / "dance 0.npy", raw / "dance 1.skeleton", "--unit", "centimetre")
    assert predict(checkpoint, *words, "--out", tmp_path / "both.json") == 0
    for name, row in read(tmp_path / "both.json").items():
        expected = from_store[name]["probabilities"]
        assert row["probabilities"] == pytest.approx(expected, abs=1e-5)


def test_a_unit_that_cannot_be_converted_is_refused(
    every_format: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    raw, store, checkpoint = every_format
    assert predict(checkpoint, raw, "--unit", "metre") == 2
    assert "was trained on unit 'body size', and one cannot be" in capsys.readouterr().err
    assert predict(checkpoint, store, "--unit", "metre") == 2
    assert "stores alone were given, which name theirs" in capsys.readouterr().err
    assert predict(checkpoint, raw, "--unit", "inch") == 2
    assert "--unit" in capsys.readouterr().err


def loop(folder: Path) -> None:
    (folder / "loop.npy").symlink_to(folder / "loop.npy")


def loop_of_folders(folder: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "round.skeleton").symlink_to(folder / "round.skeleton")


def not_utf8(folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff.npy"))).write_bytes(b"")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (loop, "loop.npy"),
        (loop_of_folders, "round.skeleton: file"),
        (not_utf8, "bad�.npy: its name is not UTF-8; rename it"),
    ],
)
def test_a_bad_entry_is_named_and_the_others_are_predicted(
    spoil: Callable[[Path], None],
    told: str,
    every_format: tuple[Path, Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raw, _, checkpoint = every_format
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "good.json").write_bytes((raw / "part0" / "coco.json").read_bytes())
    spoil(folder)
    assert predict(checkpoint, folder, "--out", tmp_path / "x.json") == 0
    content = json.loads((tmp_path / "x.json").read_text())
    assert [row["sequence"] for row in content["predictions"]] == ["good"]
    assert len(content["rejected"]) == 1
    assert told in capsys.readouterr().err


def test_a_pipe_that_breaks_loses_no_file(
    every_format: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    raw, _, checkpoint = every_format
    out = tmp_path / "x.json"
    words = [sys.executable, "-m", "action_rec", "predict", "--ckpt_path", checkpoint, raw]
    process = subprocess.Popen(
        [*map(str, words), "--out", str(out), "--clips", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # as `head` does
    with process.stderr as stream:
        told = stream.read().decode()
    assert process.wait() == 0, told
    assert len(read(out)) == 14
    assert told == ""
