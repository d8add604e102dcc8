"""Fixtures that several test modules share."""

from pathlib import Path

import pytest

from tests.synthetic import tiny_store

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a store of 12 sequences."""
    return tiny_store(tmp_path_factory.mktemp("store") / "tiny.h5").path


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
