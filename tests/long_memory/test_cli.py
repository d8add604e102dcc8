"""The command line: every card trains, and a run goes from fit to test and into a picture."""

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

CONFIGS = Path(__file__).parents[2] / "configs" / "long_memory"
CARDS = sorted(path.stem for path in CONFIGS.glob("*.yaml"))
QUIET = (
    *("--trainer.accelerator", "cpu", "--trainer.precision", "32-true"),
    *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    *("--trainer.log_every_n_steps", "1"),
)
SMALL = ("--model.network.init_args.encoder.init_args.hidden_size", "8")
SIZE = "--model.network.init_args.embedding.init_args.size"
RIVALS = {
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
    "ReLU": (
        *("--model.network.recurrence", "SimpleRNN"),
        *("--model.network.recurrence.nonlinearity", "relu"),
    ),
    "LSTM": ("--model.network.recurrence", "LSTM"),
    "GRU": ("--model.network.recurrence", "GRU"),
    "leaky": ("--model.network.recurrence.activation", "leaky_relu"),
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
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    mnist_folder(folder / "mnist")
    text_folder(folder / "text")
    return folder


def options(card: str, made_up: Path) -> list[str]:
    """A card on small data, with a small network."""
    words = ["--config", str(CONFIGS / f"{card}.yaml"), *QUIET, *SMALL]
    if card.startswith("adding"):
        return [*words, "--data.num_steps", "6", "--data.val_sequences", "20"]
    if card.startswith("mnist"):
        return [*words, "--data.path", str(made_up / "mnist"), "--data.batch_size", "10"]
    words += [SIZE, "8"] if "word" in card else []
    return [*words, "--data.path", str(made_up / "text"), "--data.batch_size", "4"]


def fit(card: str, made_up: Path, folder: Path, *more: str) -> int:
    words = [*options(card, made_up), "--save_dir", str(folder), *more]
    return main(["fit", *words])


@pytest.mark.parametrize("card", CARDS)
def test_a_card_trains_and_names_no_data(card: str, made_up: Path, tmp_path: Path) -> None:
    dry = ("--trainer.fast_dev_run", "2", "--trainer.default_root_dir", str(tmp_path))
    assert fit(card, made_up, tmp_path, *dry) == 0
    content: dict[str, Any] = yaml.safe_load((CONFIGS / f"{card}.yaml").read_text())
    assert "path" not in content["data"]["init_args"]


@pytest.mark.parametrize("rival", RIVALS.values(), ids=RIVALS.keys())
def test_another_layer_or_stack_takes_its_place_by_a_word(
    rival: tuple[str, ...], made_up: Path, tmp_path: Path
) -> None:
    dry = ("--trainer.fast_dev_run", "1", "--trainer.default_root_dir", str(tmp_path))
    assert fit("adding_100", made_up, tmp_path, *dry, *rival) == 0


@pytest.mark.parametrize("name", ["LSTM", "LSTMVariant", "GRU", "IRNN", "SimpleRNN"])
def test_a_layer_that_takes_its_place_has_its_own_defaults(
    name: str, made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        fit("adding_100", made_up, tmp_path, "--model.network.recurrence", name, "--print_config")
    printed = yaml.safe_load(capsys.readouterr().out)
    layer = printed["model"]["network"]["init_args"]["recurrence"]
    signature = inspect.signature(getattr(models, name))
    defaults = {n: p.default for n, p in signature.parameters.items() if p.default is not p.empty}
    assert layer == {"class_path": f"action_rec.models.{name}", "init_args": defaults}


def test_figures_beyond_all_bounds_are_written_as_valid_json(made_up: Path, tmp_path: Path) -> None:
    card = "ptb_char_small"
    assert fit(card, made_up, tmp_path, "--trainer.max_epochs", "1") == 0
    last = tmp_path / card / "version_0" / "checkpoints" / "last.ckpt"
    state = torch.load(last, weights_only=True)
    state["state_dict"]["network.head.weight"] *= 1e5
    torch.save(state, last)
    tested = [*options(card, made_up), "--save_dir", str(tmp_path), "--ckpt_path", str(last)]
    assert main(["test", *tested]) == 0
    written = (tmp_path / card / "version_1" / "test_results.json").read_text()
    assert "Infinity" not in written
    figures = json.loads(written)["figures"]
    assert figures["bits"] > 1024
    assert figures["perplexity"] is None


def test_from_fit_to_a_picture(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ("--trainer.max_steps", "40", "--data.train_sequences", "500")
    assert fit("adding_100", made_up, tmp_path, *short, "--seed_everything", "7") == 0
    run = tmp_path / "adding_100" / "version_0"
    best = str(run / "checkpoints" / "best.ckpt")
    tested = [*options("adding_100", made_up), "--save_dir", str(tmp_path), "--ckpt_path", best]
    assert main(["test", *tested]) == 0
    assert main(["validate", *tested]) == 0
    result = json.loads((tmp_path / "adding_100" / "version_1" / "test_results.json").read_text())
    assert result["seed"] == 7
    assert result["data"]["num_steps"] == 6
    assert result["figures"]["baseline"] == pytest.approx(1 / 6, abs=0.01)
    assert 0 < result["figures"]["loss"] < 2
    assert (tmp_path / "adding_100" / "version_2" / "val_results.json").is_file()
    assert "constant prediction 1" in capsys.readouterr().out

    out = tmp_path / "two.png"
    assert main(["compare", f"first={run}", f"again={run}", str(out)]) == 0
    assert out.stat().st_size > 10_000
    with out.with_suffix(".csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows} == {"first", "again"}
    steps = [int(r["step"]) for r in rows if (r["run"], r["metric"]) == ("first", "val/loss")]
    assert steps == [9, 19, 29, 39]


def test_a_text_goes_from_fit_to_test(made_up: Path, tmp_path: Path) -> None:
    assert fit("ptb_char_small", made_up, tmp_path, "--trainer.max_epochs", "2") == 0
    last = str(tmp_path / "ptb_char_small" / "version_0" / "checkpoints" / "last.ckpt")
    losses = []
    for steps in ("3", "1000"):
        words = [*options("ptb_char_small", made_up), "--save_dir", str(tmp_path / steps)]
        more = ("--ckpt_path", last, "--data.eval_steps", steps)
        assert main(["test", *words, *more]) == 0
        path = tmp_path / steps / "ptb_char_small" / "version_0" / "test_results.json"
        losses.append(json.loads(path.read_text())["figures"]["bits"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


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
        pytest.param(("fit", "--trainer.strategy", "dpp"), "invalid strategy", id="no strategy"),
    ],
)
def test_a_mistake_ends_with_a_sentence(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command, *rest = words
    card = [] if "--config" in rest else ["--config", str(CONFIGS / "adding_100.yaml")]
    assert main([command, *card, *QUIET, *rest]) == 2
    said = capsys.readouterr().err
    assert "error: " in said
    assert message in said


def test_a_checkpoint_of_another_network_is_refused(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ("--trainer.max_steps", "10", "--data.train_sequences", "500")
    assert fit("adding_100", made_up, tmp_path, *short) == 0
    last = str(tmp_path / "adding_100" / "version_0" / "checkpoints" / "last.ckpt")
    other = [*options("adding_100", made_up), "--model.network.recurrence", "LSTM"]
    assert main(["test", *other, "--ckpt_path", last, "--save_dir", str(tmp_path)]) == 2
    assert "the checkpoint is of another network" in capsys.readouterr().err
