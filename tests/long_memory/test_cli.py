"""Test the command line: every config, fit, test, validate, compare, and error messages."""

import csv
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from action_rec import models
from action_rec.long_memory.cli import main
from tests.long_memory.small_data import mnist_folder, text_folder
from tests.long_memory.speech.small_corpus import speech_folder

CONFIGS = Path(__file__).parents[2] / "configs" / "long_memory"
NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
QUIET = (
    *("--trainer.accelerator", "cpu", "--trainer.precision", "32-true"),
    *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    *("--trainer.log_every_n_steps", "1"),
)
SMALL = ("--model.network.init_args.encoder.init_args.hidden_size", "8")
SIZE_16 = ("--model.network.encoder.hidden_size", "16")
SIZE = "--model.network.init_args.embedding.init_args.size"
CUTOFFS = "--model.network.init_args.softmax.init_args.cutoffs"
BASELINES = {
    "IRNN": ("--model.network.recurrence", "IRNN"),
    "scaled IRNN": (
        *("--model.network.recurrence", "IRNN"),
        *("--model.network.recurrence.scale", "0.01"),
    ),
    "random IRNN": (
        *("--model.network.recurrence", "IRNN"),
        *("--model.network.recurrence.start", "random"),
    ),
    "tanh": ("--model.network.recurrence", "SimpleRNN"),
    "random walk": (
        *("--model.network.recurrence", "SimpleRNN"),
        *("--model.network.recurrence.start", "random_walk"),
    ),
    "ReLU": (
        *("--model.network.recurrence", "SimpleRNN"),
        *("--model.network.recurrence.nonlinearity", "relu"),
    ),
    "LSTM": ("--model.network.recurrence", "LSTM"),
    "GRU": ("--model.network.recurrence", "GRU"),
    "MinGRU": ("--model.network.recurrence", "MinGRU"),
    "LRU": (
        *("--model.network.recurrence", "LRU", "--model.network.recurrence.min_radius", "0.9"),
    ),
    "TCN": ("--model.network.recurrence", "TCN", "--model.network.recurrence.levels", "2"),
    "CausalAttention": ("--model.network.recurrence", "CausalAttention"),
    "leaky": ("--model.network.recurrence.activation", "leaky_relu"),
    "elu": ("--model.network.recurrence.activation", "elu"),
    "prelu": ("--model.network.recurrence.activation", "prelu"),
    "residual": (
        *("--model.network.encoder", "action_rec.models.encoders.ResidualEncoder"),
        *("--model.network.encoder.hidden_size", "8", "--model.network.encoder.num_blocks", "2"),
    ),
    "dense": (
        *("--model.network.encoder", "action_rec.models.dense.DenseEncoder"),
        *("--model.network.encoder.growth", "4", "--model.network.encoder.first", "2"),
        *("--model.network.encoder.blocks", "[2, 1]"),
        *("--model.network.encoder.dropout", '{"first": 0.1}'),
    ),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    mnist_folder(folder / "mnist")
    text_folder(folder / "text")
    speech_folder(folder / "speech")
    return folder


def options(config: str, data: Path) -> list[str]:
    """Return the arguments of a config on small data, with a small network."""
    words = ["--config", str(CONFIGS / f"{config}.yaml"), *QUIET, *SMALL]
    if config.startswith("adding"):
        return [*words, "--data.num_steps", "6", "--data.val_sequences", "20"]
    if config.startswith("mnist"):
        return [*words, "--data.path", str(data / "mnist"), "--data.batch_size", "10"]
    if config.startswith("speech"):
        words += ["--data.path", str(data / "speech"), "--data.test_speakers", "complete"]
        return [*words, "--data.batch_size", "2"]
    words += [SIZE, "8"] if "word" in config else []
    words += [CUTOFFS, "[2]"] if config.startswith("billion") else []
    return [*words, "--data.path", str(data / "text"), "--data.batch_size", "4"]


def fit(config: str, data: Path, folder: Path, *more: str) -> int:
    words = [*options(config, data), "--save_dir", str(folder), *more]
    return main(["fit", *words])


@pytest.mark.parametrize("config", NAMES)
def test_every_config_trains_and_contains_no_path(config: str, data: Path, tmp_path: Path) -> None:
    dry = ("--trainer.fast_dev_run", "2", "--trainer.default_root_dir", str(tmp_path))
    assert fit(config, data, tmp_path, *dry) == 0
    content: dict[str, Any] = yaml.safe_load((CONFIGS / f"{config}.yaml").read_text())
    assert "path" not in content["data"]["init_args"]


@pytest.mark.parametrize("baseline", BASELINES.values(), ids=BASELINES.keys())
def test_options_select_another_layer_or_encoder(
    baseline: tuple[str, ...], data: Path, tmp_path: Path
) -> None:
    dry = ("--trainer.fast_dev_run", "1", "--trainer.default_root_dir", str(tmp_path))
    assert fit("adding_100", data, tmp_path, *dry, *baseline) == 0


@pytest.mark.parametrize(
    "name",
    [
        *("LSTM", "LSTMVariant", "GRU", "IRNN", "SimpleRNN"),
        *("MinGRU", "LRU", "TCN", "CausalAttention"),
    ],
)
def test_a_selected_layer_has_its_own_defaults(
    name: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        fit("adding_100", data, tmp_path, "--model.network.recurrence", name, "--print_config")
    printed = yaml.safe_load(capsys.readouterr().out)
    layer = printed["model"]["network"]["init_args"]["recurrence"]
    signature = inspect.signature(getattr(models, name))
    defaults = {n: p.default for n, p in signature.parameters.items() if p.default is not p.empty}
    assert layer == {"class_path": f"action_rec.models.{name}", "init_args": defaults}


def test_infinite_metrics_are_written_as_valid_json(data: Path, tmp_path: Path) -> None:
    config = "ptb_char_small"
    assert fit(config, data, tmp_path, "--trainer.max_epochs", "1") == 0
    last = tmp_path / config / "version_0" / "checkpoints" / "last.ckpt"
    state = torch.load(last, weights_only=True)
    state["state_dict"]["network.head.weight"] *= 1e5
    torch.save(state, last)
    tested = [*options(config, data), "--save_dir", str(tmp_path), "--ckpt_path", str(last)]
    assert main(["test", *tested]) == 0
    text = (tmp_path / config / "version_1" / "test_results.json").read_text()
    assert "Infinity" not in text
    metrics = json.loads(text)["figures"]
    assert metrics["bits"] > 1024
    assert metrics["perplexity"] is None


def test_fit_test_validate_and_compare(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ("--trainer.max_steps", "40", "--data.train_sequences", "500")
    assert fit("adding_100", data, tmp_path, *short, "--seed_everything", "7") == 0
    run = tmp_path / "adding_100" / "version_0"
    best = str(run / "checkpoints" / "best.ckpt")
    tested = [*options("adding_100", data), "--save_dir", str(tmp_path), "--ckpt_path", best]
    assert main(["test", *tested]) == 0
    assert main(["validate", *tested]) == 0
    result = json.loads((tmp_path / "adding_100" / "version_1" / "test_results.json").read_text())
    assert result["seed"] == 7
    assert result["data"]["num_steps"] == 6
    assert result["figures"]["baseline"] == pytest.approx(1 / 6, abs=0.01)
    assert 0 < result["figures"]["loss"] < 2
    assert (tmp_path / "adding_100" / "version_2" / "val_results.json").is_file()
    assert "constant prediction 1" in capsys.readouterr().out

    assert result["step_ms"] > 0
    capsys.readouterr()

    fit_file = json.loads((run / "fit.json").read_text())
    parameters = sum(value.numel() for value in torch.load(best)["state_dict"].values())
    assert (fit_file["parameters"], fit_file["steps"]) == (parameters, 40)
    out = tmp_path / "two.png"
    assert main(["compare", f"first={run}", f"again={run}", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed.count(f"{parameters} ") == printed.count("2 x IndRNN, stacked") == 2
    (run / "fit.json").write_text("[]")  # of an older run, or damaged
    assert main(["compare", f"first={run}", str(out)]) == 0
    assert main(["compare", f"first={run}", f"again={run}", str(out)]) == 0
    assert out.stat().st_size > 10_000
    with out.with_suffix(".csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows} == {"first", "again"}
    steps = [int(r["step"]) for r in rows if (r["run"], r["metric"]) == ("first", "val/loss")]
    assert steps == [9, 19, 29, 39]


def test_fit_and_test_on_a_text(data: Path, tmp_path: Path) -> None:
    assert fit("ptb_char_small", data, tmp_path, "--trainer.max_epochs", "2") == 0
    last = str(tmp_path / "ptb_char_small" / "version_0" / "checkpoints" / "last.ckpt")
    losses = []
    for steps in ("3", "1000"):
        words = [*options("ptb_char_small", data), "--save_dir", str(tmp_path / steps)]
        more = ("--ckpt_path", last, "--data.eval_steps", steps)
        assert main(["test", *words, *more]) == 0
        path = tmp_path / steps / "ptb_char_small" / "version_0" / "test_results.json"
        losses.append(json.loads(path.read_text())["figures"]["bits"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.parametrize("bidirectional", ["false", "true"])
def test_fit_and_test_on_speech(bidirectional: str, data: Path, tmp_path: Path) -> None:
    both = ("--model.network.bidirectional", bidirectional, *SIZE_16)
    epochs = ("--trainer.max_epochs", "20", "--model.optimizer.lr", "0.03")
    assert fit("speech_lstm", data, tmp_path, *both, *epochs) == 0
    last = str(tmp_path / "speech_lstm" / "version_0" / "checkpoints" / "last.ckpt")
    words = [*options("speech_lstm", data), *both, "--save_dir", str(tmp_path), *epochs]
    assert main(["test", *words, "--ckpt_path", last]) == 0
    path = tmp_path / "speech_lstm" / "version_1" / "test_results.json"
    result = json.loads(path.read_text())
    assert result["network"].endswith("bidirectional" if bidirectional == "true" else "stacked")
    assert result["network"].startswith("2 x LSTM")
    assert result["data"]["sentences"] == {"train": 4, "val": 2, "test": 2}
    assert result["figures"]["error"] < 30  # of 4 tones; 75 by chance


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(("fit", "--data.num_steps", "0"), "num_steps must be at least 2", id="T = 0"),
        pytest.param(("test",), "test needs a trained network", id="no checkpoint"),
        pytest.param(
            ("fit", "--model.network.recurrence", "NoSuchLayer"), "NoSuchLayer", id="no layer"
        ),
        pytest.param(("fit", "--data.num_step", "5"), "num_step", id="no such key"),
        pytest.param(
            ("fit", "--config", str(CONFIGS / "mnist.yaml")), "; add --data.path, for", id="no data"
        ),
        pytest.param(
            *(("fit", "--config", str(CONFIGS / "speech_irnn.yaml"), "--data.path", "no_such"),),
            "no_such is no folder; give TIMIT's folder",
            id="no corpus",
        ),
        pytest.param(("fit", "--trainer.strategy", "dpp"), "invalid strategy", id="no strategy"),
    ],
)
def test_errors_are_reported_with_status_2(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command, *rest = words
    config = [] if "--config" in rest else ["--config", str(CONFIGS / "adding_100.yaml")]
    assert main([command, *config, *QUIET, *rest]) == 2
    error = capsys.readouterr().err
    assert "error: " in error
    assert message in error


def test_a_checkpoint_of_another_network_raises(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ("--trainer.max_steps", "10", "--data.train_sequences", "500")
    assert fit("adding_100", data, tmp_path, *short) == 0
    last = str(tmp_path / "adding_100" / "version_0" / "checkpoints" / "last.ckpt")
    other = [*options("adding_100", data), "--model.network.recurrence", "LSTM"]
    assert main(["test", *other, "--ckpt_path", last, "--save_dir", str(tmp_path)]) == 2
    assert "the checkpoint is of another network" in capsys.readouterr().err


def test_the_start_of_a_layer_may_differ_from_that_of_a_checkpoint(
    data: Path, tmp_path: Path
) -> None:
    short = ("--trainer.max_steps", "2", "--data.train_sequences", "500")
    tanh = ("--model.network.recurrence", "SimpleRNN")
    assert fit("adding_100", data, tmp_path, *short, *tanh) == 0
    last = tmp_path / "adding_100" / "version_0" / "checkpoints" / "last.ckpt"
    content = torch.load(last, weights_only=True)
    layer = content["hyper_parameters"]["network"]["init_args"]["recurrence"]
    assert layer["init_args"].pop("start") == "orthogonal"  # version 0.1.0 had no such argument
    torch.save(content, last)
    words = [*options("adding_100", data), *tanh, "--save_dir", str(tmp_path)]
    assert main(["test", *words, "--ckpt_path", str(last)]) == 0


def test_a_checkpoint_that_does_not_describe_its_data_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ("--trainer.max_steps", "2", "--data.train_sequences", "500")
    assert fit("adding_100", data, tmp_path, *short) == 0
    last = tmp_path / "adding_100" / "version_0" / "checkpoints" / "last.ckpt"
    words = [*options("adding_100", data), "--ckpt_path", str(last), "--save_dir", str(tmp_path)]
    good = torch.load(last, weights_only=True)
    for state in ("text", None, 3, {}, {"seed": "\x1b[31m"}):
        torch.save(good | {"AddingData": state}, last)
        assert main(["test", *words]) == 2
        assert "the checkpoint describes its data by" in capsys.readouterr().err
