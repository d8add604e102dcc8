"""The command ``export``, and ``predict`` with what it writes."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

pytest.importorskip("onnxscript")

from action_rec.cli import main
from action_rec.onnx_file.network import load_model
from tests.experiment import CONFIGS, into, last
from tests.export.networks import CASES, export_to, trained
from tests.synthetic import tiny_store

_SMALL = (
    *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    *("--trainer.max_epochs", "1", "--trainer.log_every_n_steps", "1"),
    *("--model.network.init_args.hidden_size", "8", "--model.network.init_args.num_blocks", "1"),
    *("--data.val_share", "0", "--trainer.limit_val_batches", "0"),
)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a small causal network."""
    folder = tmp_path_factory.mktemp("trained")
    store = tiny_store(folder / "store.h5").path
    config = ("--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store))
    assert main(["fit", *config, *_SMALL, *into(folder)]) == 0
    return last(folder)


def probabilities(model: Path, store: Path, folder: Path) -> NDArray[np.float64]:
    """What `predict` writes for a store."""
    out = folder / "out.json"
    words = ["--clips", "2", "--out", str(out)]
    assert main(["predict", "--ckpt_path", str(model), str(store), *words]) == 0
    predictions = json.loads(out.read_text())["predictions"]
    return np.array([one["probabilities"] for one in predictions])


@pytest.mark.parametrize("options", [(), ("--clip",)])
def test_predict_gives_the_same_with_an_exported_file(
    options: tuple[str, ...],
    checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    store = tiny_store(tmp_path / "store.h5").path
    path = tmp_path / "it.onnx"
    assert main(["export", "--ckpt_path", str(checkpoint), str(path), *options]) == 0
    assert "largest difference to the checkpoint" in capsys.readouterr().out
    expected = probabilities(checkpoint, store, tmp_path)
    np.testing.assert_allclose(probabilities(path, store, tmp_path), expected, atol=1e-5)


def test_clips_of_different_lengths_are_read_to_their_ends(tmp_path: Path) -> None:
    path = tmp_path / "step.onnx"
    one = trained(CASES["residual"])
    export_to(path, one, "step")
    network = load_model(path).recognizer.network
    torch.manual_seed(0)
    bodies, joints, size = one.frame_shape
    clip = torch.randn(2, 5, bodies, joints, size // len(one.format.streams))
    both = network(clip, torch.tensor([3, 5]))
    torch.testing.assert_close(both[:1], network(clip[:1, :3]))
    torch.testing.assert_close(both[1:], network(clip[1:]))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "give one of the two"),
        (["one.onnx", "two.onnx"], "give one of the two"),
        (["one.pt"], "must end in .onnx"),
        (["no/such/folder/one.onnx"], "does not exist"),
        (["one.onnx", "--ort", "folder"], "--ort needs --web"),
        (["--web", "page", "--clip"], "--clip needs an .onnx file"),
        (["one.onnx"], "no.ckpt does not exist"),
    ],
)
def test_what_cannot_be_exported_is_named(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--ckpt_path", "no.ckpt", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_the_extra_is_named_where_it_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    assert main(["export", "--ckpt_path", "no.ckpt", "one.onnx"]) == 2
    assert "pip install 'action_rec[export]'" in capsys.readouterr().err
