"""Fixtures that several test modules share."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.synthetic import tiny_store

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _no_wandb_run_outlives_its_test() -> Iterator[None]:
    yield
    if "wandb" in sys.modules:
        sys.modules["wandb"].finish()


@pytest.fixture(scope="session")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a store of 12 sequences."""
    return tiny_store(tmp_path_factory.mktemp("store") / "tiny.h5").path


@pytest.fixture(scope="session")
def trained(store_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    from tests.command_line import SMALL, run  # brings lightning along, which few tests need

    folder = tmp_path_factory.mktemp("trained")
    assert run("fit", store_path, folder, "--trainer.max_epochs", "30", *SMALL) == 0
    return folder


@pytest.fixture(scope="session")
def run(store_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run: fitted in version_0, tested in version_1, validated in version_2."""
    from action_rec.cli import main
    from tests.experiment import experiment, into, last

    folder = tmp_path_factory.mktemp("run")
    arguments = (*experiment(store_path), *into(folder))
    assert main(["fit", *arguments]) == 0
    for command in ("test", "validate"):
        assert main([command, *arguments, "--ckpt_path", str(last(folder))]) == 0
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    from tests.browser import start_browser

    yield from start_browser()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data that some checkouts have beside them."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real data in {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture(scope="session")
def real_recordings(shared_data: Path) -> Path:
    """A folder of 12 real recordings; the last one, A050, has two bodies."""
    return shared_data / "ntu_samples"
