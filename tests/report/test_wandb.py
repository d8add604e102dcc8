"""The page and the tables in W&B's offline files, as the loggers of the configs write them."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from action_rec.cli import main
from action_rec.report import callback
from tests.experiment import experiment, last


def media(
    run: Path, store: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, list[Path]]:
    """Test a checkpoint with the default loggers; return what W&B got, by name."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("WANDB_MODE", "offline")
    words = ("--ckpt_path", str(last(run)), "--save_dir", str(folder))
    assert main(["test", *experiment(store), *words]) == 0
    found: dict[str, list[Path]] = {}
    for path in folder.glob("wandb/offline-run-*/files/media/*/test/*"):
        found.setdefault(path.name.split("_")[0], []).append(path)
    return found


def test_the_page_is_a_panel_and_empty_cells_stay_empty(
    run: Path, store_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Path(shutil.copy(store_path, tmp_path / "store.h5"))
    with h5py.File(store, "r+") as file:
        labels = file["sequences/label"]
        labels[...] = np.minimum(labels[()], 1)  # the third class has no sequence
    found = media(run, store, tmp_path, monkeypatch)
    assert set(found) == {"results", "classes", "confused", "confusion", "report"}
    (panel,), (written,) = found["report"], tmp_path.rglob("report.html")
    assert panel.suffix == ".html"
    assert panel.read_bytes() == written.read_bytes()
    tables = {name: json.loads(found[name][0].read_text()) for name in ("classes", "results")}
    assert tables["classes"]["columns"] == ["number", "class", "sequences", "right", "top-1"]
    assert [row[4] is None for row in tables["classes"]["data"]] == [False, False, True]
    assert [row[4] for row in tables["results"]["data"]] == [20, 1]


def test_a_large_page_is_an_artifact_alone(
    run: Path,
    store_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(callback, "PANEL_BYTES", 1000)
    assert set(media(run, store_path, tmp_path, monkeypatch)) == {
        *("results", "classes", "confused", "confusion")
    }
    assert "it is the artifact 'report'" in capsys.readouterr().out
