"""Every experiment card parses and runs, and names the data and network that its name says."""

from pathlib import Path

import pytest
from jsonargparse import ArgumentParser
from torch import nn

from action_rec.cli import main

CONFIGS = Path(__file__).parents[1] / "configs"
CARDS = sorted(path.stem for path in CONFIGS.glob("*.yaml") if path.stem != "sweep")
NETWORK_CARDS = sorted(path.stem for path in CONFIGS.glob("network/*.yaml"))
NETWORKS = {
    "plain6": 1_430_588,
    "residual11": 2_751_548,
    "residual21": 5_393_468,
    "dense": 2_314_428,
    "dense_aug": 5_640_108,
}
BENCHMARKS = ("ntu60_xsub", "ntu60_xview", "ntu120_xsub", "ntu120_xset")


@pytest.mark.parametrize(("network", "parameters"), NETWORKS.items())
def test_a_network_card_builds_a_network_of_known_size(network: str, parameters: int) -> None:
    parser = ArgumentParser()
    parser.add_subclass_arguments(nn.Module, "network")
    card = str(CONFIGS / "network" / f"{network}.yaml")
    config = parser.parse_args(["--network", card, "--network.num_classes", "60"])
    built = parser.instantiate_classes(config).network
    assert sum(parameter.numel() for parameter in built.parameters()) == parameters


@pytest.mark.parametrize("card", CARDS)
def test_a_card_trains(card: str, store_path: Path, tmp_path: Path) -> None:
    # The tiny store stands in for every data set.
    stand_in = (
        "--data.path",
        str(store_path),
        "--data.dataset",
        "null",
        "--data.benchmark",
        "xsub",
    )
    quick = ("--data.num_workers", "0", "--trainer.fast_dev_run", "1")
    folder = ("--trainer.default_root_dir", str(tmp_path))
    assert main(["fit", "--config", str(CONFIGS / f"{card}.yaml"), *stand_in, *quick, *folder]) == 0


@pytest.mark.parametrize("network", NETWORK_CARDS)
def test_every_network_card_trains_in_the_demo(
    network: str, store_path: Path, tmp_path: Path
) -> None:
    card = ("--model.network", str(CONFIGS / "network" / f"{network}.yaml"))
    quick = ("--data.path", str(store_path), "--trainer.fast_dev_run", "1")
    folder = ("--trainer.default_root_dir", str(tmp_path))
    assert main(["fit", "--config", str(CONFIGS / "demo.yaml"), *card, *quick, *folder]) == 0


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_a_paper_card_is_what_its_name_says(benchmark: str, network: str) -> None:
    text = (CONFIGS / f"{benchmark}_{network}.yaml").read_text()
    assert "arXiv" in text.splitlines()[0]
    assert "Val: " in text
    assert f"network: network/{network}.yaml\n" in text
    assert f"data: data/{benchmark}.yaml\n" in text
    dataset, name = benchmark.split("_")
    data = (CONFIGS / "data" / f"{benchmark}.yaml").read_text()
    assert f"dataset: {dataset}\nbenchmark: {name}\n" in data
