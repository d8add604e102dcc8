"""Predicting stores and raw recordings from a checkpoint alone."""

import csv
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from action_rec.cli import main
from action_rec.evaluation.scores import Scores
from action_rec.prediction.inputs import find_inputs
from action_rec.skeletons.ntu import action_names
from action_rec.skeletons.parser import parse_skeleton
from action_rec.skeletons.recording import Recording
from action_rec.store.reader import Store
from data_prep.__main__ import main as data_prep
from tests.experiment import CONFIGS, last
from tests.prediction.predicting import changed, predict
from tests.synthetic import recording, skeleton_text, standing

BAD = "S001C002P002R001A001"


def card(store: Path, folder: Path) -> tuple[str, ...]:
    """The arguments of a quick experiment, whose runs go into a folder."""
    return (
        *("--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store)),
        *("--model.network.readout", "attention"),
        *("--trainer.logger", "CSVLogger", "--trainer.logger.save_dir", str(folder)),
        *("--trainer.logger.name", "", "--trainer.enable_progress_bar", "false"),
        *("--trainer.enable_model_summary", "false", "--trainer.max_epochs", "3"),
        *("--trainer.log_every_n_steps", "1"),
    )


def write_raw(folder: Path) -> Path:
    """13 good recordings in two folders, some of several people, and a truncated one."""
    for subject in (1, 2, 3, 4):
        for action in (1, 2, 50):
            name = f"S001C001P00{subject}R001A{action:03}.skeleton"
            path = folder / f"part{subject % 2}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            seed = 10 * subject + action
            still, lively = standing(seed, 25, 0.1), standing(seed + 100, 25, 3.0)
            # Whom the rules put first: the still body is listed first, the lively one moves more.
            pairs = zip(still, lively, strict=True)
            both = skeleton_text([[(7, a), (8, b + np.array((1, 0, 0)))] for a, b in pairs])
            path.write_bytes(both if action == 50 else recording(20 + subject, seed))
    (folder / "S001C003P001R001A003.skeleton").write_bytes(recording(70))
    (folder / f"{BAD}.skeleton").write_bytes(b"\n".join(recording(30).split(b"\n")[:-5]))
    return folder


@pytest.fixture(scope="module", params=[("sgn", "recorded"), ("first", "normalized")], ids=str)
def prepared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, Path]:
    """Raw recordings, the store made of them by rules and view, and a checkpoint trained on it."""
    folder = tmp_path_factory.mktemp("prepared")
    raw, store = write_raw(folder / "raw"), folder / "store.h5"
    rules, view = request.param
    words = ["ntu", str(raw), str(store), "--rules", rules, "--view", view, "--workers", "1"]
    assert data_prep(words) == 0
    assert main(["fit", *card(store, folder), "--data.batch_size", "4"]) == 0
    return raw, store, last(folder)


def read(path: Path) -> dict[str, dict[str, Any]]:
    return {row["sequence"]: row for row in json.loads(path.read_text())["predictions"]}


def test_raw_recordings_are_predicted_as_the_store_made_of_them(
    prepared: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, store, checkpoint = prepared
    assert predict(checkpoint, raw, "--out", tmp_path / "raw.json") == 0
    told = capsys.readouterr().err
    assert BAD in told
    assert "is truncated" in told
    assert told.count("left out") == 1
    assert predict(checkpoint, store, "--out", tmp_path / "store.json") == 0
    assert capsys.readouterr().err == ""
    from_raw, from_store = read(tmp_path / "raw.json"), read(tmp_path / "store.json")
    assert list(from_raw) == list(from_store) == Store(store).names.tolist()
    assert len(from_raw) == 13  # more than a batch of 12
    for name, row in from_raw.items():
        assert row["probabilities"] == from_store[name]["probabilities"]
        assert (
            row["truth"] == from_store[name]["truth"] == action_names("ntu60")[int(name[-3:]) - 1]
        )
        assert sum(row["probabilities"]) == pytest.approx(1, abs=1e-5)
    different = {tuple(row["probabilities"]) for row in from_raw.values()}
    assert len(different) == 13


def test_one_raw_file_is_enough(
    prepared: tuple[Path, Path, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raw, _, checkpoint = prepared
    file = shutil.copy(raw / "S001C003P001R001A003.skeleton", tmp_path)
    os.rename(file, unknown := tmp_path / "walking in the park.skeleton")
    out = tmp_path / "out.csv"
    words = (unknown, "--out", out, "--top", "2", "--render", tmp_path / "x.gif")
    assert predict(checkpoint, *words) == 0
    printed = capsys.readouterr().out
    with out.open() as opened:
        (row,) = csv.DictReader(opened)
    assert ",".join(row) == "sequence,truth,source,class_1,probability_1,class_2,probability_2"
    assert (row["sequence"], row["truth"]) == ("walking in the park", "")
    assert f"{100 * float(row['probability_1']):.1f}"[:2] in printed
    assert "1 predicted; no label is known" in printed
    assert (tmp_path / "x.gif").read_bytes().startswith(b"GIF89a")


def test_a_second_recording_of_a_name_is_left_out(
    prepared: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw, _, checkpoint = prepared
    name = "S001C003P001R001A003.skeleton"
    first, second = tmp_path / "a" / name, tmp_path / "b" / name
    for path in (first, second):
        path.parent.mkdir()
        shutil.copy(raw / name, path)
    assert predict(checkpoint, tmp_path, tmp_path / "b", "--out", tmp_path / "x.json") == 0
    assert f"left out {second}: a second recording of this name" in capsys.readouterr().err
    content = json.loads((tmp_path / "x.json").read_text())
    assert [row["source"] for row in content["predictions"]] == [str(first)]
    assert list(content["rejected"]) == [str(second)]


def test_a_recording_in_two_sources_keeps_both_rows_and_both_pictures(
    prepared: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    raw, store, checkpoint = prepared
    name = "S001C003P001R001A003"
    out, pictures = tmp_path / "out.csv", tmp_path / "pictures"
    sources = (store, raw / f"{name}.skeleton")
    assert predict(checkpoint, *sources, "--out", out, "--render", pictures) == 0
    with out.open() as opened:
        rows = [row for row in csv.DictReader(opened) if row["sequence"] == name]
    assert [row["source"] for row in rows] == [str(source) for source in sources]
    assert {name, f"{name}_2"} <= {path.stem for path in pictures.iterdir()}


def test_predictions_of_a_split_agree_with_test(
    run: Path, store_path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    assert predict(last(run), store_path, "--split", "test", "--out", out) == 0
    with out.open() as file:
        rows = {row["sequence"]: row for row in csv.DictReader(file)}
    scores = Scores.read(run / "version_1" / "test_scores.npz")
    assert list(rows) == scores.names.tolist()
    exponentials = np.exp(scores.logits - scores.logits.max(axis=1, keepdims=True))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    for name, label, expected in zip(scores.names, scores.labels, probabilities, strict=True):
        row = rows[name]
        assert row["truth"] == scores.class_names[label]
        assert row["class_1"] == scores.class_names[expected.argmax()]
        found = [float(row[f"probability_{k}"]) for k in (1, 2, 3)]
        assert found == pytest.approx(sorted(expected, reverse=True), abs=1e-4)


@pytest.mark.parametrize(("split", "count"), [("all", 12), ("train", 3), ("val", 3), ("test", 6)])
def test_the_splits_are_those_of_the_checkpoint(
    run: Path, store_path: Path, tmp_path: Path, split: str, count: int
) -> None:
    out = tmp_path / "out.json"
    assert predict(last(run), store_path, "--split", split, "--out", out, "--clips", "1") == 0
    assert len(read(out)) == count


def test_a_store_of_other_rules_is_predicted_with_a_note(
    run: Path, store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = changed(store_path, tmp_path, provenance={"rules": {"name": "energy"}})
    assert predict(last(run), path, "--clips", "1") == 0
    assert "prepared by the rules {'name': 'energy'}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "stores", "recordings"),
    [
        (["."], "", "a deep/[1]/c deep/b"),
        (["x.h5", "deep/../x.h5"], "x", ""),
        (["deep", "a.skeleton"], "", "[1]/c a b"),
        (["*"], "x", "[1]/c a b"),
        (["?.skeleton"], "", "a"),
        (["**/[bc].skeleton"], "", "b c"),
        (["deep/[1]/c.skeleton"], "", "c"),
    ],
    ids=["folder", "once", "folder and file", "star", "mark", "depth", "brackets in a name"],
)
def test_inputs_are_expanded(
    words: list[str],
    stores: str,
    recordings: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "deep" / "[1]").mkdir(parents=True)
    for name in ("a.skeleton", "deep/b.skeleton", "deep/[1]/c.skeleton", "x.h5", "notes.txt"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    found = find_inputs(words)
    assert [path.stem for path in found.stores] == stores.split()
    assert [name for name, _ in found.recordings] == recordings.split()


def test_only_bad_recordings_are_a_mistake(
    prepared: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.skeleton").write_text("nonsense")
    assert predict(prepared[2], tmp_path, "--out", tmp_path / "x.csv") == 2
    *reasons, error = capsys.readouterr().err.strip().splitlines()
    assert [reason.split(":")[0] for reason in reasons] == [
        f"left out {tmp_path / name}.skeleton" for name in ("a", "b")
    ]
    assert error.startswith("error: none of the 2 recordings can be predicted")
    assert not (tmp_path / "x.csv").exists()


def test_raw_recordings_are_parsed_once_and_written_nowhere(
    prepared: tuple[Path, Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, _, checkpoint = prepared
    parsed: list[str] = []

    def counted(data: bytes, file: str, **options: str) -> Recording:
        parsed.append(file)
        return parse_skeleton(data, file, **options)

    monkeypatch.setattr("action_rec.skeletons.formats.reading.parse_skeleton", counted)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "no folder for temporary files"))
    files = sorted((raw / "part0").glob("*A001.skeleton"))
    assert predict(checkpoint, *files, "--render", tmp_path / "pictures", "--clips", "1") == 0
    assert parsed == [file.name for file in files]
    assert len(list((tmp_path / "pictures").iterdir())) == len(files) == 2
