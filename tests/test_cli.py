"""The command line end to end on a tiny store: fit, test, validate, predict, resume, mistakes."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import pytest
import torch
from lightning import Callback, Trainer

from action_rec.cli import main
from action_rec.data.store import Store
from action_rec.recognizer import ActionRecognizer

CONFIGS = Path(__file__).parents[1] / "configs"
SMALL = ("--model.network.init_args.hidden_size", "16")


class CrashAfter(Callback):
    """Ends a run without warning, as a lost machine would."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:  # noqa: ANN401
        if trainer.global_step == self.steps:
            raise RuntimeError("crashed as asked")


def run(command: str, store: Path, folder: Path, *more: str, card: str = "demo") -> int:
    return main(
        [
            *(command, "--config", str(CONFIGS / f"{card}.yaml"), "--data.path", str(store)),
            *("--trainer.logger", "CSVLogger", "--trainer.logger.save_dir", str(folder)),
            *("--trainer.logger.name", "", "--trainer.enable_progress_bar", "false"),
            *("--trainer.enable_model_summary", "false", "--trainer.log_every_n_steps", "1"),
            *("--data.batch_size", "1", "--data.val_share", "0.5", *more),
        ]
    )


def checkpoint(folder: Path, name: str = "last") -> str:
    return str(folder / "version_0" / "checkpoints" / f"{name}.ckpt")


@pytest.fixture(scope="module")
def trained(store_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    folder = tmp_path_factory.mktemp("trained")
    assert run("fit", store_path, folder, "--trainer.max_epochs", "30", *SMALL) == 0
    return folder


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


def test_predictions_agree_with_test(trained: Path, store_path: Path, tmp_path: Path) -> None:
    for command in ("test", "predict"):
        assert run(command, store_path, tmp_path, *SMALL, "--ckpt_path", checkpoint(trained)) == 0
    (results,) = tmp_path.rglob("test_results.json")
    (predictions,) = tmp_path.rglob("predictions.csv")
    with predictions.open() as file:
        rows = list(csv.DictReader(file))
    store = Store(store_path)
    assert [row["sequence"] for row in rows] == store.names[store.split("xsub", "test")].tolist()
    right = sum(row["truth"] == row["class_1"] for row in rows)
    assert right / len(rows) == pytest.approx(json.loads(results.read_text())["accuracy"])
    for row in rows:
        assert sum(float(row[f"probability_{k}"]) for k in (1, 2, 3)) == pytest.approx(1, abs=2e-4)


def final_state(folder: Path, name: str = "last") -> dict[str, Any]:
    state: dict[str, Any] = torch.load(checkpoint(folder, name), weights_only=True)
    return state


PLATEAU = (
    *("--trainer.callbacks+", "action_rec.callbacks.PlateauRestart"),
    *("--trainer.callbacks.patience", "1", "--trainer.callbacks.stages", "99"),
)


@pytest.mark.parametrize(
    ("save", "crash_after"),
    [
        pytest.param(("--trainer.val_check_interval", "2"), 5, id="saved by validation"),
        pytest.param(("--trainer.max_epochs", "9"), 7, id="saved at the end of an epoch"),
        pytest.param(
            ("--data.num_workers", "1", "--trainer.limit_train_batches", "2"), 5, id="limited"
        ),
    ],
)
def test_a_crashed_and_resumed_run_ends_with_the_weights_of_an_undisturbed_one(
    store_path: Path, tmp_path: Path, save: tuple[str, ...], crash_after: int
) -> None:
    arguments = (*SMALL, "--trainer.max_epochs", "9", *save, *PLATEAU)
    whole, crashed, resumed = (tmp_path / name for name in ("whole", "crashed", "resumed"))
    assert run("fit", store_path, whole, *arguments) == 0
    crash = ("--trainer.callbacks+", "tests.test_cli.CrashAfter")
    steps = ("--trainer.callbacks.steps", str(crash_after))
    with pytest.raises(RuntimeError, match="crashed as asked"):
        run("fit", store_path, crashed, *arguments, *crash, *steps)
    assert 0 < final_state(crashed)["global_step"] <= crash_after
    assert run("fit", store_path, resumed, *arguments, "--ckpt_path", checkpoint(crashed)) == 0
    one, other = final_state(whole), final_state(resumed)
    assert one["global_step"] == other["global_step"] > crash_after
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)
    torch.testing.assert_close(one["optimizer_states"], other["optimizer_states"], rtol=0, atol=0)


def test_a_resumed_run_keeps_the_best_checkpoint_of_before(
    store_path: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert run("fit", store_path, first, *SMALL, "--trainer.max_epochs", "2") == 0
    state = torch.load(checkpoint(first), weights_only=True)
    (key,) = (key for key in state["callbacks"] if key.startswith("BestCheckpoint"))
    state["callbacks"][key]["best_model_score"] = torch.tensor(2.0)  # not to be surpassed
    torch.save(state, tmp_path / "last.ckpt")
    more = ("--trainer.max_epochs", "4", "--ckpt_path", str(tmp_path / "last.ckpt"))
    assert run("fit", store_path, second, *SMALL, *more) == 0
    assert final_state(second)["global_step"] == 12
    assert (
        Path(checkpoint(second, "best")).read_bytes()
        == Path(checkpoint(first, "best")).read_bytes()
    )
    assert final_state(second)["callbacks"][key]["best_model_path"] == checkpoint(second, "best")


def test_a_trial_of_some_steps_leaves_a_checkpoint_that_can_be_resumed(
    store_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, trial, resumed = (tmp_path / name for name in ("whole", "trial", "resumed"))
    rarely = ("--trainer.val_check_interval", "280", "--trainer.check_val_every_n_epoch", "null")
    steps = (*SMALL, "--trainer.max_epochs", "-1", *rarely)
    assert run("fit", store_path, whole, *steps, "--trainer.max_steps", "8") == 0
    assert run("fit", store_path, trial, *steps, "--trainer.max_steps", "4") == 0
    assert "no best checkpoint" in capsys.readouterr().out
    go_on = ("--trainer.max_steps", "8", "--ckpt_path", checkpoint(trial))
    assert run("fit", store_path, resumed, *steps, *go_on) == 0
    one, other = final_state(whole), final_state(resumed)
    assert one["global_step"] == other["global_step"] == 8
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)


def test_a_finished_run_says_that_nothing_is_left(
    store_path: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ("--trainer.max_epochs", "30", "--ckpt_path", checkpoint(trained))
    assert run("fit", store_path, tmp_path, *SMALL, *more) == 0
    assert "nothing was left to train: the run had ended at step 90" in capsys.readouterr().out


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


def test_wandb_files_are_written_offline(
    store_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WANDB_MODE", "offline")
    arguments = ["fit", "--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store_path)]
    more = ("--trainer.max_epochs", "1", "--trainer.log_every_n_steps", "1")
    assert main([*arguments, *SMALL, *more]) == 0
    assert list(tmp_path.glob("demo/runs/wandb/offline-run-*/*.wandb"))
    assert (tmp_path / "demo" / "runs" / "demo" / "version_0" / "config.yaml").exists()


class Damage:
    """Ways to spoil a good store or checkpoint; each returns the arguments that use it."""

    @staticmethod
    def missing_store(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store.with_name("nowhere.h5")))

    @staticmethod
    def truncated_store(store: Path, _: Path, folder: Path) -> tuple[str, ...]:
        path = folder / "truncated.h5"
        path.write_bytes(store.read_bytes()[:-5000])
        return ("fit", "--data.path", str(path))

    @staticmethod
    def other_version(store: Path, _: Path, folder: Path) -> tuple[str, ...]:
        path = Path(shutil.copy(store, folder / "old.h5"))
        with h5py.File(path, "r+") as file:
            file.attrs["version"] = 99
        return ("fit", "--data.path", str(path))

    @staticmethod
    def undefined_benchmark(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store), "--data.benchmark", "xset")

    @staticmethod
    def missing_checkpoint(store: Path, _: Path, folder: Path) -> tuple[str, ...]:
        return ("test", "--data.path", str(store), "--ckpt_path", str(folder / "no.ckpt"))

    @staticmethod
    def truncated_checkpoint(store: Path, good: Path, folder: Path) -> tuple[str, ...]:
        path = folder / "truncated.ckpt"
        path.write_bytes(Path(checkpoint(good)).read_bytes()[:-3000])
        return ("test", "--data.path", str(store), "--ckpt_path", str(path))

    @staticmethod
    def no_checkpoint(store: Path, _: Path, folder: Path) -> tuple[str, ...]:
        path = folder / "text.ckpt"
        path.write_text("not a checkpoint")
        return ("test", "--data.path", str(store), "--ckpt_path", str(path))

    @staticmethod
    def other_classes(store: Path, good: Path, folder: Path) -> tuple[str, ...]:
        path = Path(shutil.copy(store, folder / "other.h5"))
        with h5py.File(path, "r+") as file:
            file["classes"][1] = "juggle"
        return ("test", "--data.path", str(path), "--ckpt_path", checkpoint(good))

    @staticmethod
    def other_shape_of_clips(store: Path, good: Path, _: Path) -> tuple[str, ...]:
        more = ("--data.num_bodies", "1", "--ckpt_path", checkpoint(good))
        return ("test", "--data.path", str(store), *more)

    @staticmethod
    def no_checkpoint_given(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("test", "--data.path", str(store))

    @staticmethod
    def other_benchmark(store: Path, good: Path, _: Path) -> tuple[str, ...]:
        more = (*SMALL, "--data.benchmark", "xview", "--ckpt_path", checkpoint(good))
        return ("test", "--data.path", str(store), *more)

    @staticmethod
    def other_settings(store: Path, good: Path, _: Path) -> tuple[str, ...]:
        more = (*SMALL, "--model.network.init_args.norm", "before", "--ckpt_path", checkpoint(good))
        return ("test", "--data.path", str(store), *more)

    @staticmethod
    def negative_workers(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store), "--data.num_workers", "-1")

    @staticmethod
    def negative_seed(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store), "--seed_everything", "-4")

    @staticmethod
    def no_gpu(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        if torch.cuda.is_available():
            pytest.skip("there is a GPU")
        return ("fit", "--data.path", str(store), "--trainer.accelerator", "gpu")

    @staticmethod
    def impossible_gamma(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        return ("fit", "--data.path", str(store), "--model.network.init_args.gamma", "-2")

    @staticmethod
    def impossible_network(store: Path, _: Path, __: Path) -> tuple[str, ...]:
        more = ("--model.network.init_args.num_blocks", "-2")
        return ("fit", "--data.path", str(store), *more)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (Damage.missing_store, "nowhere.h5"),
        (Damage.truncated_store, "truncated"),
        (Damage.other_version, "version 99"),
        (Damage.undefined_benchmark, "'xset' is not defined for dataset 'ntu60'; use 'xsub' or"),
        (Damage.missing_checkpoint, "no.ckpt does not exist"),
        (Damage.truncated_checkpoint, "is no complete checkpoint"),
        (Damage.no_checkpoint, "is no complete checkpoint"),
        (Damage.other_classes, "class 1 was 'eat', but is 'juggle' in the data"),
        (Damage.other_shape_of_clips, "another network or another shape of clips"),
        (Damage.no_checkpoint_given, "test needs a trained network; add --ckpt_path"),
        (Damage.other_benchmark, "trained with benchmark 'xsub', but the config has 'xview'"),
        (Damage.other_settings, "norm is after there and before in this config"),
        (Damage.negative_workers, "num_workers must be at least 0, got -1"),
        (Damage.negative_seed, "seed_everything must be at least 0, got -4"),
        (Damage.no_gpu, "No supported gpu backend found"),
        (Damage.impossible_gamma, "gamma must be above 0, got -2"),
        (Damage.impossible_network, "num_blocks must be at least 0, got -2"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_mistake_ends_with_one_sentence(
    damage: Any,  # noqa: ANN401
    message: str,
    store_path: Path,
    trained: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command, *arguments = damage(store_path, trained, tmp_path)
    assert run(command, store_path, tmp_path, *arguments) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert message in error
