"""Every config trains by its name from any folder, and says where its numbers come from."""

import contextlib
import io
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from action_rec.cli import main
from action_rec.long_memory.cli import main as long_memory

ROOT = Path(__file__).parents[1]
CONFIGS = ROOT / "configs"
EXPERIMENTS = sorted({path.stem for path in CONFIGS.glob("*.yaml")} - {"cluster", "sweep"})
PAPERS = [name for name in EXPERIMENTS if name.endswith("_paper")]
LONG_MEMORY = sorted(path.stem for path in CONFIGS.glob("long_memory/*.yaml"))
PARAMETERS = {
    "plain6": 1_430_588,
    "residual11": 2_751_548,
    "residual21": 5_393_468,
    "dense": 2_314_428,
    "dense_aug": 5_640_108,
}
STACK = "--model.network StackedIndRNN --model.network.num_layers 2 --model.network.recurrence"
# What README, docs and CHANGELOG name in the place of a file.
OPTIONS = (
    "--config demo --model.network.readout mean",
    "--config demo --model.network.bidirectional true",
    "--config demo --model.network.num_blocks 10",
    "--config demo --model.network.recurrence.activation leaky_relu",
    "--config demo --model.network.features JointConvolution --model.network.features.channels 3"
    " --model.network.hidden_size 150",
    "--config demo --model.network network/dense --model.network.growth 12",
    "--config demo --model.network network/dense_aug --model.network.growth 12",
    "--config demo --model.network.features FlatFrames --data.streams [joint,joint_motion]",
    "--config demo --model.network.features.num_layers 2",
    "--config demo --model.network GraphIndRNN --model.network.channels 4"
    " --model.network.norm before",
    f"--config demo {STACK} IndRNN",
    f"--config demo {STACK} LSTM",
    f"--config demo {STACK} LSTM --model.network.bidirectional true",
    f"--config demo {STACK} LSTMVariant --model.network.recurrence.peephole true",
    f"--config demo {STACK} LSTMVariant --model.network.recurrence.coupled true",
    f"--config demo {STACK} GRU",
    f"--config demo {STACK} IRNN --model.network.recurrence.scale 0.01",
    f"--config demo {STACK} SimpleRNN",
    f"--config demo {STACK} SimpleRNN --model.network.recurrence.nonlinearity relu",
    f"--config nw_ucla {STACK} LSTM",
    f"--config nw_ucla {STACK} GRU",
    f"--config nw_ucla {STACK} MinGRU",
    f"--config nw_ucla {STACK} LRU --model.network.recurrence.min_radius 0.5",
    f"--config nw_ucla {STACK} TCN --model.network.recurrence.levels 3",
    f"--config nw_ucla {STACK} CausalAttention --model.network.recurrence.window 32",
    "--config demo --model.network.recurrence.activation prelu",
    "--config nw_ucla --data.streams [bone]",
    "--config ntu60_xsub_paper --config cluster --trainer.accelerator cpu --trainer.devices 1"
    " --trainer.sync_batchnorm false --trainer.strategy auto --trainer.precision 32",
)


@pytest.fixture(autouse=True)
def _in_a_folder_without_configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def parsed(*words: str, program: Any = main) -> dict[str, Any]:  # noqa: ANN401
    """The whole config that the words of a command line amount to."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), pytest.raises(SystemExit):
        program(["fit", *words, "--print_config"])
    config: dict[str, Any] = yaml.safe_load(printed.getvalue())
    return config


def trains(store: Path, *words: str) -> bool:
    """Whether an experiment trains with the tiny store in the place of its data set."""
    data = ("--data.path", str(store), "--data.dataset", "null", "--data.benchmark", "xsub")
    quick = ("--data.num_workers", "0", "--trainer.fast_dev_run", "1")
    return main(["fit", *words, *data, *quick]) == 0


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_config_trains(name: str, store_path: Path) -> None:
    assert trains(store_path, "--config", name)


@pytest.mark.parametrize("words", OPTIONS)
def test_an_option_of_a_config_trains(words: str, store_path: Path) -> None:
    assert trains(store_path, *words.split())


@pytest.mark.parametrize(("network", "parameters"), PARAMETERS.items())
def test_a_network_of_the_papers_trains_and_has_a_known_size(
    network: str, parameters: int, store_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--config", "ntu60_xsub_paper", "--model.network", f"network/{network}")
    assert trains(store_path, *words)
    config = parsed(*words, "--data.path", str(store_path))["model"]["network"]
    from action_rec import models

    arguments = dict(config["init_args"])
    del arguments["recurrence"]  # IndRNN
    features = arguments.pop("features", None)
    assert features is None or features["class_path"] == "action_rec.models.FlatFrames"
    if "blocks" in arguments:
        arguments["dropout"] = models.DenseDropout(**arguments["dropout"])
    built = getattr(models, config["class_path"].rpartition(".")[2])(num_classes=60, **arguments)
    assert sum(parameter.numel() for parameter in built.parameters()) == parameters


@pytest.mark.parametrize("name", [*EXPERIMENTS, *(f"long_memory/{n}" for n in LONG_MEMORY)])
def test_the_comment_of_a_config_says_where_numbers_and_val_come_from(name: str) -> None:
    text = (CONFIGS / f"{name}.yaml").read_text()
    comment = text.split("seed_everything")[0].splitlines()
    assert all(line.startswith("# ") and len(line) <= 100 for line in comment)
    assert comment[0].endswith(".")
    assert comment[1].startswith("# Source: ")
    assert "Val: " in "\n".join(comment)


@pytest.mark.parametrize("name", [name for name in EXPERIMENTS if name.startswith("ntu")])
def test_the_name_of_an_ntu_config_is_its_benchmark(name: str) -> None:
    config = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text())
    dataset, benchmark = name.removesuffix("_paper").removesuffix("_live").split("_")
    assert (config["data"]["dataset"], config["data"]["benchmark"]) == (dataset, benchmark)
    paper = name in PAPERS
    assert config["trainer"] == ("trainer/paper.yaml" if paper else "trainer/ntu.yaml")
    assert config["data"]["val_share"] == (0.05 if paper else 0.0)


def test_the_second_config_of_a_cluster_keeps_the_schedule_of_the_first(store_path: Path) -> None:
    paper = ("--config", "ntu60_xsub_paper", "--data.path", str(store_path))
    every = ("--trainer.callbacks.every_n_train_steps", "100")
    one, many = parsed(*paper), parsed(*paper, "--config", "cluster", *every)
    changed = {key for key in one["trainer"] if one["trainer"][key] != many["trainer"][key]}
    assert changed == {
        *("accelerator", "devices", "strategy", "precision", "sync_batchnorm", "callbacks")
    }
    saving = many["trainer"]["callbacks"].pop()
    assert saving["init_args"] == {"every_n_train_steps": 100, "min_seconds": 30.0}
    assert many["trainer"]["callbacks"] == one["trainer"]["callbacks"][:-1]
    assert (one["model"], one["data"]) == (many["model"], many["data"])


@pytest.mark.parametrize("name", ["demo", "nw_ucla_streams", "ntu60_xsub_paper"])
def test_a_printed_config_is_the_same_config_in_one_file(
    name: str, store_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["configs", name]) == 0
    Path("mine.yaml").write_text(capsys.readouterr().out)
    data = ("--data.path", str(store_path))
    assert parsed("--config", "mine.yaml", *data) == parsed("--config", name, *data)


def test_the_configs_of_long_memory_have_names_in_their_program_and_in_the_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert parsed("--config", "adding_100", program=long_memory) == parsed(
        "--config", str(CONFIGS / "long_memory" / "adding_100.yaml"), program=long_memory
    )
    assert main(["configs"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    files = {path.relative_to(CONFIGS).with_suffix("") for path in CONFIGS.rglob("*.yaml")}
    assert sorted(names) == sorted(path.as_posix() for path in files)


def test_the_config_of_a_run_is_the_config_that_was_named(
    store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "disabled")
    data = ("--data.path", str(store_path), "--data.batch_size", "3")
    short = ("--trainer.max_epochs", "1", "--trainer.log_every_n_steps", "1")
    words = ("--config", "demo", *data, *short, "--model.network.num_blocks", "1")
    assert main(["fit", *words]) == 0
    run = Path("demo/runs/demo/version_0")
    assert {path.name for path in run.rglob("*.ckpt")} == {"best.ckpt", "last.ckpt"}
    named, written = parsed(*words), parsed("--config", str(run / "config.yaml"))
    for config in (named, written):
        assert [one["class_path"].rpartition(".")[2] for one in config["trainer"]["callbacks"]] == [
            *("BestCheckpoint", "LearningRateMonitor", "RecurrentWeightHistograms"),
            "LastCheckpoint",
        ]
        del config["trainer"]["logger"]  # which then names the run's folder, and not W&B
    assert written == named


def test_the_packages_of_the_wheel_are_those_of_the_tree() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for top in ("action_rec", "data_prep")
        for path in (ROOT / top).rglob("__init__.py")
    }
    assert set(settings["packages"]) == {*folders, "action_rec.configs"}
    assert settings["package-dir"] == {"action_rec.configs": "configs"}
    assert settings["package-data"]["action_rec.configs"] == ["**/*.yaml"]
