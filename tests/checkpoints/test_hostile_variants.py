"""Some variants of a checkpoint and of a store, through every command that reads one.

The generators try thousands, each in a process with limits; here a few are tried in this process.
"""

import sys
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest

from tests.checkpoints import hostile_checkpoints
from tests.isolated import Outcome, Variant, shares
from tests.readers import Trained, store_commands, train, train_live
from tests.store import hostile_stores

_CHECKPOINTS, _LIVE_CHECKPOINTS, _STORES = 36, 16, 30


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trained, Path]:
    """A small training, and its store."""
    return train(tmp_path_factory.mktemp("small"))


def statuses(
    variants: Iterable[Variant], call: Callable[[], int], capsys: pytest.CaptureFixture[str]
) -> list[int]:
    """Run a command on each variant, and check how it ended."""
    found = []
    for variant in variants:
        variant.write()
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of NumPy, about values that overflow
            status = call()
        said = capsys.readouterr()
        assert Outcome(status, said.out + said.err, 0).is_clean(), f"{variant}: {said.err}"
        found.append(status)
    return found


def test_no_checkpoint_ends_in_a_traceback(
    small: tuple[Trained, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained, store = small
    sys.modules.pop(hostile_checkpoints.CANARY, None)  # another test may have imported it
    path = tmp_path / "variant.ckpt"
    live = train_live(tmp_path, store)
    for real, number in ((trained, _CHECKPOINTS), (live, _LIVE_CHECKPOINTS)):
        ended = []
        for seed, (name, count) in enumerate(shares(real.commands, number).items()):
            made = hostile_checkpoints.variants(real.checkpoint, path, count, seed)
            call = partial(real.commands[name], path, store)
            ended += statuses(made, call, capsys)
        assert len(ended) >= number
        assert ended.count(2) > len(ended) // 4  # that some were refused
    assert hostile_checkpoints.CANARY not in sys.modules


def test_no_store_ends_in_a_traceback(
    small: tuple[Trained, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained, store = small
    path, ended = tmp_path / "variant.h5", []
    commands = store_commands(trained, tmp_path)
    for seed, (name, count) in enumerate(shares(commands, _STORES).items()):
        made = hostile_stores.variants(store, path, count, seed)
        ended += statuses(
            made,
            lambda name=name: commands[name](trained.checkpoint, path),  # type: ignore[misc]
            capsys,
        )
    assert len(ended) >= _STORES
    assert ended.count(2) > len(ended) // 4
