"""Files that version 0.1.0 wrote, and the bytes of what it writes, hold in every later version."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch

from action_rec import __version__
from action_rec.cli import main
from action_rec.evaluation.scores import Scores
from action_rec.store.reader import Store
from data_prep.__main__ import main as prepare
from tests.data_prep.folders import written
from tests.data_prep.test_nw_ucla import GOOD
from tests.evaluation.given_scores import scores
from tests.synthetic import recording, skeleton_text, standing, tiny_store

OLD = Path(__file__).parent / "written_by_0_1_0"
QUIET = ("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false")


def digest(path: Path) -> str:
    """The SHA-256 of a file in which this version stands as 0.1.0."""
    content = path.read_bytes().replace(f"action_rec {__version__}".encode(), b"action_rec 0.1.0")
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("options", "sha256"),
    [
        ((), "0a40f13e312cbfc44757b40015a308402c64e8c1fa46e6b72c71da60c2fd029e"),
        (
            ("--rules", "energy", "--view", "normalized"),
            "a0846c0e84b3bfa7c322776f0e2f6ba2dd50a47d25db171dc7045389938f061e",
        ),
    ],
)
def test_the_bytes_of_an_ntu_store(options: tuple[str, ...], sha256: str, tmp_path: Path) -> None:
    calm, lively = standing(1, 16), standing(2, 16, scale=3)
    raw = written(
        tmp_path / "raw",
        {
            "S001C001P001R001A001.skeleton": recording(20),
            "S001C002P003R001A002.skeleton": recording(14, seed=7),
            "S001C003P002R002A050.skeleton": skeleton_text(
                [[(1, calm[t]), (2, lively[t])] for t in range(16)]
            ),
            "S001C001P001R001A003.skeleton": recording(9)[:-400],
        },
    )
    assert prepare(["ntu", str(raw), str(tmp_path / "out.h5"), *options]) == 0
    assert digest(tmp_path / "out.h5") == sha256


def test_the_bytes_of_an_nw_ucla_store(tmp_path: Path) -> None:
    raw = written(tmp_path / "raw", GOOD)
    assert prepare(["nw_ucla", str(raw), str(tmp_path / "out.h5")]) == 0
    assert (
        digest(tmp_path / "out.h5")
        == "a7c2703b6e9b512c551c0946c6699a0cdc5a506ed36f09da1f419336f4236bc5"
    )


def test_the_bytes_of_a_scores_file(tmp_path: Path) -> None:
    scores([[1.5, 0.25, -2.0], [0.0, 1.0, 3.0]], [0, 2]).write(tmp_path / "scores.npz")
    assert (
        digest(tmp_path / "scores.npz")
        == "3a86a36209e5a923d2482f289a00d662699c7e1e8d5670779bbb5de741112bc0"
    )


def test_a_store_written_by_0_1_0_reads(tmp_path: Path) -> None:
    old, new = Store(OLD / "store.h5"), tiny_store(tmp_path / "store.h5")
    assert old.names.tolist() == new.names.tolist()
    assert all(
        np.array_equal(old.sequence(index), new.sequence(index)) for index in range(len(old.names))
    )


def test_a_checkpoint_written_by_0_1_0_tests_to_the_same_scores(tmp_path: Path) -> None:
    arguments = ("--config", str(OLD / "config.yaml"), "--data.path", str(OLD / "store.h5"))
    checkpoint = ("--ckpt_path", str(OLD / "last.ckpt"), "--save_dir", str(tmp_path))
    assert main(["test", *arguments, *checkpoint, *QUIET]) == 0
    now = Scores.read(next(tmp_path.rglob("test_scores.npz")))
    then = Scores.read(OLD / "test_scores.npz")
    assert now.names.tolist() == then.names.tolist()
    assert now.labels.tolist() == then.labels.tolist()
    assert now.class_names == then.class_names
    np.testing.assert_allclose(now.logits, then.logits, rtol=0, atol=1e-5)
    same = set(then.metadata) - {"checkpoint", "versions"}
    assert {key: now.metadata[key] for key in same} == {key: then.metadata[key] for key in same}


def test_a_run_begun_by_0_1_0_is_resumed(tmp_path: Path) -> None:
    arguments = ("--config", str(OLD / "config.yaml"), "--data.path", str(OLD / "store.h5"))
    resumed = ("--ckpt_path", str(OLD / "last.ckpt"), "--save_dir", str(tmp_path))
    assert (
        main(
            [
                "fit",
                *arguments,
                *resumed,
                "--trainer.max_steps",
                "8",
                "--trainer.log_every_n_steps",
                "1",
                *QUIET,
            ]
        )
        == 0
    )
    last = torch.load(next(tmp_path.rglob("last.ckpt")), weights_only=True)
    assert last["global_step"] == 8
    first = torch.load(OLD / "last.ckpt", weights_only=True)
    assert last["callbacks"].keys() == first["callbacks"].keys()
