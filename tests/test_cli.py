"""The command line end to end on a tiny store: fit, test, validate."""

import csv
import json
import shutil
from pathlib import Path

import pytest
import torch
import wandb

from action_rec.cli import main
from action_rec.recognizer import ActionRecognizer
from action_rec.store.reader import Store
from tests.command_line import CONFIGS, SMALL, checkpoint, final_state, run


def test_fit_writes_config_metrics_and_checkpoints(trained: Path) -> None:
    files = {path.name for path in (trained / "version_0").rglob("*")}
    assert {"config.yaml", "metrics.csv", "best.ckpt", "last.ckpt"} <= files
    with (trained / "version_0" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    keys = {"train/loss", "train/accuracy", "val/loss", "val/accuracy", "val/accuracy_top5"}
    assert keys <= rows[0].keys()
    losses = [float(row["train/loss"]) for row in rows if row["train/loss"]]
    assert sum(losses[-9:]) < 0.5 * sum(losses[:9])


def test_a_checkpoint_describes_its_network(trained: Path, store_path: Path) -> None:
    recognizer = ActionRecognizer.load_from_checkpoint(checkpoint(trained), weights_only=True)
    assert type(recognizer.network).__name__ == "ResidualIndRNN"
    assert recognizer.class_names == list(Store(store_path).class_names)
    assert recognizer(torch.zeros(1, 20, 2, 25, 3)).shape == (1, 3)


@pytest.mark.parametrize(
    ("command", "split", "count"), [("test", "test", 6), ("validate", "val", 3)]
)
def test_results_are_printed_and_written(
    trained: Path,
    store_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    split: str,
    count: int,
) -> None:
    assert run(command, store_path, tmp_path, *SMALL, "--ckpt_path", checkpoint(trained)) == 0
    (path,) = tmp_path.rglob("*_results.json")
    result = json.loads(path.read_text())
    assert (result["split"], result["sequences"], result["benchmark"]) == (split, count, "xsub")
    assert result["accuracy"] * count == pytest.approx(round(result["accuracy"] * count))
    assert result["accuracy_top5"] == 1  # of three classes
    printed = capsys.readouterr().out
    assert f"{100 * result['accuracy']:.2f}" in printed
    assert str(path) in printed


def test_the_config_of_a_run_tests_its_checkpoint(trained: Path, tmp_path: Path) -> None:
    config = ("--config", str(trained / "version_0" / "config.yaml"))
    quiet = ("--trainer.enable_progress_bar", "false", "--save_dir", str(tmp_path))
    logger = ("--trainer.logger", "CSVLogger", "--trainer.logger.save_dir", str(tmp_path))
    assert main(["test", *config, *quiet, *logger, "--ckpt_path", checkpoint(trained)]) == 0
    assert list(tmp_path.rglob("test_results.json"))


def test_wandb_and_all_loggers_can_be_switched_off(
    store_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "disabled")
    arguments = ["fit", "--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store_path)]
    more = ("--trainer.max_epochs", "1", "--trainer.log_every_n_steps", "1", "--save_dir", "here")
    assert main([*arguments, *SMALL, *more]) == 0
    assert (tmp_path / "here" / "demo" / "version_0" / "metrics.csv").exists()
    assert not list(tmp_path.rglob("wandb"))
    assert main([*arguments, *SMALL, *more, "--trainer.logger", "false"]) == 0


def test_two_runs_of_one_seed_are_equal_and_of_two_seeds_are_not(
    store_path: Path, tmp_path: Path
) -> None:
    for seed, name in (("3", "a"), ("3", "b"), ("4", "c")):
        more = (*SMALL, "--trainer.max_epochs", "2", "--seed_everything", seed)
        assert run("fit", store_path, tmp_path / name, *more) == 0
    a, b, c = (final_state(tmp_path / name)["state_dict"] for name in "abc")
    torch.testing.assert_close(a, b, rtol=0, atol=0)
    assert not torch.equal(a["network.encoder.first.weight"], c["network.encoder.first.weight"])


def test_the_recurrent_weights_stay_within_their_bound(store_path: Path, tmp_path: Path) -> None:
    fast = ("--model.optimizer", "torch.optim.SGD", "--model.optimizer.lr", "1000")
    assert run("fit", store_path, tmp_path, *SMALL, *fast, "--trainer.max_epochs", "1") == 0
    weights = final_state(tmp_path)["state_dict"]
    largest = max(value.abs().max() for name, value in weights.items() if name.endswith(".u"))
    assert largest == pytest.approx(5 ** (1 / 20))


def losses(store: Path, folder: Path, *more: str) -> list[float]:
    network = "--model.network.init_args"
    quick = (f"{network}.num_blocks", "1", f"{network}.dropout", "0", "--trainer.max_epochs", "2")
    assert run("fit", store, folder, *SMALL, *quick, *more) == 0
    with (folder / "version_0" / "metrics.csv").open() as file:
        return [float(row["train/loss"]) for row in csv.DictReader(file) if row["train/loss"]]


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs g++ on the CPU")
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated")  # inside torch 2.13
def test_a_compiled_network_trains_to_the_same_losses(store_path: Path, tmp_path: Path) -> None:
    plain = losses(store_path, tmp_path / "plain")
    compiled = losses(store_path, tmp_path / "compiled", "--model.compile", "true")
    assert len(plain) == 6
    assert compiled == pytest.approx(plain, rel=1e-3)
    names = [final_state(tmp_path / name)["state_dict"].keys() for name in ("plain", "compiled")]
    assert names[0] == names[1]


def test_bf16_mixed_trains(store_path: Path, tmp_path: Path) -> None:
    more = ("--data.batch_size", "3", "--trainer.max_epochs", "30")
    plain = losses(store_path, tmp_path / "plain", *more)
    mixed = losses(store_path, tmp_path / "mixed", *more, "--trainer.precision", "bf16-mixed")
    assert mixed[0] != plain[0]
    assert mixed[0] == pytest.approx(plain[0], rel=0.05)
    assert sum(mixed[-10:]) < 0.5 * sum(mixed[:10])


def test_wandb_files_are_written_offline_and_stdout_has_results_alone(
    store_path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    wandb.teardown()  # W&B's process may have begun in the folder of an earlier test
    arguments = ["fit", "--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store_path)]
    more = ("--trainer.max_epochs", "1", "--trainer.log_every_n_steps", "1")
    assert main([*arguments, *SMALL, *more]) == 0
    assert list(tmp_path.glob("demo/runs/wandb/offline-run-*/*.wandb"))
    printed = capsys.readouterr()
    kinds = [line.partition(" checkpoint")[0] for line in printed.out.splitlines()]
    assert kinds == ["best", "last"]
    assert "Epoch 0: " in printed.err
    assert "'wandb sync demo/runs/wandb/offline-run-" in printed.err
    assert (tmp_path / "demo" / "runs" / "demo" / "version_0" / "config.yaml").exists()
