"""A short run that the tests of the commands share."""

from pathlib import Path

import pytest

from action_rec.cli import main

CONFIGS = Path(__file__).parents[2] / "configs"


def experiment(store: Path) -> tuple[str, ...]:
    """The arguments of a quick experiment with attention."""
    return (
        *("--config", str(CONFIGS / "demo.yaml"), "--data.path", str(store)),
        *("--model.network", str(CONFIGS / "network" / "demo_attention.yaml")),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
        *("--trainer.max_epochs", "3", "--trainer.log_every_n_steps", "1"),
    )


def into(folder: Path) -> tuple[str, ...]:
    """Arguments that bring the runs into a folder, without W&B."""
    logger = "--trainer.logger"
    return (logger, "CSVLogger", f"{logger}.save_dir", str(folder), f"{logger}.name", "")


@pytest.fixture(scope="session")
def run(store_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run: fitted in version_0, tested in version_1, validated in version_2."""
    folder = tmp_path_factory.mktemp("run")
    arguments = (*experiment(store_path), *into(folder))
    assert main(["fit", *arguments]) == 0
    for command in ("test", "validate"):
        assert main([command, *arguments, "--ckpt_path", str(last(folder))]) == 0
    return folder


def last(run: Path) -> Path:
    """The checkpoint of a run."""
    return run / "version_0" / "checkpoints" / "last.ckpt"
