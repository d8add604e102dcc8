"""One rank and two: the same figures, the same optimizer step, nothing twice and nothing left out.

Two processes are started once and run all commands of this module as the ranks of one job.
"""

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import h5py
import pytest
import torch
from lightning import Callback, LightningModule, Trainer
from torch.nn.modules.batchnorm import _BatchNorm

from tests.cluster.ranks import run_module
from tests.command_line import SMALL, checkpoint, final_state, run

SPEED = ("clips_per_second", "checkpoint")
SGD = (
    *("--model.optimizer", "torch.optim.SGD", "--model.optimizer.lr", "0.1"),
    *("--model.network.init_args.dropout", "0", "--data.val_share", "0.34"),
    *("--data.val_from", "sequences"),
    *("--trainer.max_epochs", "1", "--trainer.callbacks+", "tests.test_ranks.FreezeNorm"),
)
DDP = ("--trainer.devices", "2", "--trainer.strategy", "ddp")
# Five sequences in batches of two: three batches for one rank; one of two ranks has an empty one.
UNEVEN = ("--data.num_test_clips", "100", "--data.test_split", "test")
# One batch: nothing is left for the second rank.
ONE_BATCH = ("--data.num_test_clips", "20")


class FreezeNorm(Callback):
    """Keeps batch norm at its running statistics."""

    def on_train_batch_start(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:  # noqa: ANN401
        for part in module.modules():
            if isinstance(part, _BatchNorm):
                part.eval()


@pytest.fixture(scope="module")
def store(store_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with five test sequences; 5 is divided by no number of ranks but 1 and 5."""
    path = Path(shutil.copy(store_path, tmp_path_factory.mktemp("store") / "five.h5"))
    with h5py.File(path, "r+") as file:
        split = file["benchmarks/xsub"][:]
        split[split.nonzero()[0][0]] = 255
        file["benchmarks/xsub"][:] = split
    return path


@pytest.fixture(scope="module")
def model(store: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of a short run."""
    folder = tmp_path_factory.mktemp("model")
    assert run("fit", store, folder, *SMALL, "--trainer.max_epochs", "5") == 0
    return checkpoint(folder)


@pytest.fixture(scope="module")
def two_ranks(store: Path, model: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of the commands that two ranks have run."""
    folder = tmp_path_factory.mktemp("ranks")
    tested = (*SMALL, "--ckpt_path", model)
    commands = {
        "test": ("test", *tested, *UNEVEN),
        "one_batch": ("test", *tested, *ONE_BATCH),
        "step": ("fit", *SMALL, *SGD),
        "fit": ("fit", *SMALL, "--trainer.max_epochs", "2", "--data.num_val_clips", "256"),
    }
    jobs = [
        [name, str(store), str(folder / name), *words, *DDP] for name, words in commands.items()
    ]
    run_module("tests.test_ranks", jobs)
    return folder


def alone(command: str, store: Path, folder: Path, *more: str) -> Path:
    """The folder of a command that one rank has run, with as many threads as each of two has."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert run(command, store, folder, *SMALL, *more) == 0
    finally:
        torch.set_num_threads(threads)
    return folder / "version_0"


@pytest.mark.parametrize(
    ("name", "clips"), [("test", UNEVEN), ("one_batch", ONE_BATCH)], ids=["uneven", "one batch"]
)
def test_scores_and_figures_of_one_rank_and_two_are_the_same(
    name: str, clips: tuple[str, ...], store: Path, model: str, two_ranks: Path, tmp_path: Path
) -> None:
    one = alone("test", store, tmp_path, *clips, "--ckpt_path", model)
    two = two_ranks / name / "version_0"
    files = {path.name for path in one.glob("test_*")}
    assert {"test_scores.npz", "test_results.json", "test_classes.csv"} <= files
    assert {path.name for path in two.glob("test_*")} == files
    for name in files - {"test_results.json"}:
        assert (two / name).read_bytes() == (one / name).read_bytes(), name
    results = [json.loads((folder / "test_results.json").read_text()) for folder in (one, two)]
    for result in results:
        for key in SPEED:
            result.pop(key)
    assert results[0] == results[1]
    assert results[0]["sequences"] == 5


def logged(folder: Path) -> dict[str, str]:
    """The last values of test metrics that the CSV logger wrote, as text."""
    with (folder / "metrics.csv").open() as file:
        (row,) = csv.DictReader(file)
    return {key: value for key, value in row.items() if key.startswith("test/")}


def test_logged_metrics_of_one_rank_and_two_are_the_same(
    store: Path, model: str, two_ranks: Path, tmp_path: Path
) -> None:
    one = alone("test", store, tmp_path, *UNEVEN, "--ckpt_path", model)
    metrics = logged(one)
    assert metrics.keys() >= {"test/loss", "test/accuracy", "test/accuracy_top5"}
    assert metrics == logged(two_ranks / "test" / "version_0")


@pytest.mark.parametrize(
    "batches",
    [
        pytest.param(("--data.batch_size", "2"), id="a batch of two"),
        pytest.param(("--trainer.accumulate_grad_batches", "2"), id="two accumulated"),
    ],
)
def test_two_ranks_take_the_steps_of_one_with_twice_the_batch(
    batches: tuple[str, ...], store: Path, two_ranks: Path, tmp_path: Path
) -> None:
    alone("fit", store, tmp_path, *SGD, *batches)
    one, two = final_state(tmp_path), final_state(two_ranks / "step")
    assert one["global_step"] == two["global_step"] == 2
    # Gradients are added in another order: the same but for float32's rounding.
    torch.testing.assert_close(two["state_dict"], one["state_dict"], rtol=1e-5, atol=1e-6)
    other = alone("fit", store, tmp_path / "other", *SGD)
    state = torch.load(other / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    name = "network.encoder.first.weight"
    assert not torch.allclose(state[name], one["state_dict"][name], rtol=1e-4, atol=1e-5)


def test_two_ranks_choose_the_checkpoint_by_val_of_the_weights_that_are_saved(
    store: Path, two_ranks: Path, tmp_path: Path
) -> None:
    """Three val sequences in three batches: the second rank has an empty one."""
    best = checkpoint(two_ranks / "fit", "best")
    clips = ("--data.num_val_clips", "256", "--ckpt_path", best)
    folder = alone("validate", store, tmp_path, *clips)
    with (folder / "metrics.csv").open() as file:
        (row,) = csv.DictReader(file)
    step = int(torch.load(best, weights_only=True)["global_step"])
    with (two_ranks / "fit" / "version_0" / "metrics.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["val/loss"] and int(r["step"]) == step - 1]
    assert [(r["val/loss"], r["val/accuracy"]) for r in rows] == [
        (row["val/loss"], row["val/accuracy"])
    ]


if __name__ == "__main__":
    for _, data, runs, command, *words in json.loads(sys.argv[1]):
        if run(command, Path(data), Path(runs), *words) != 0:
            sys.exit(1)
