"""Fixtures that several test modules share."""

from pathlib import Path

import pytest

from tests.synthetic import tiny_store

REAL_RECORDINGS = Path(__file__).parents[2] / "shared" / "data" / "ntu_samples"


@pytest.fixture(scope="session")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a store of 12 sequences."""
    return tiny_store(tmp_path_factory.mktemp("store") / "tiny.h5").path


@pytest.fixture(scope="session")
def real_recordings() -> Path:
    """The folder of the real recordings that some checkouts have beside them."""
    if not REAL_RECORDINGS.is_dir():
        pytest.skip(f"no real recordings in {REAL_RECORDINGS}")
    return REAL_RECORDINGS
