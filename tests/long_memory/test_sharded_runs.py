"""Test fit, test and resume on shards, on one rank and two, and which vocabulary they read."""

import json
import sys
from pathlib import Path

import pytest
import torch

from action_rec.long_memory import ShardedTextData
from action_rec.long_memory.cli import main
from action_rec.long_memory.vocabulary_file import count_words_to_file
from tests.cluster.ranks import run_module
from tests.command_line import checkpoint, final_state
from tests.long_memory.corpora import corpus, train_shard
from tests.long_memory.test_cli import CONFIGS, CUTOFFS, QUIET, SIZE, SMALL

CONFIG = "billion_word_lstm"
CRASH = (
    *("--trainer.callbacks+", "tests.checkpoints.test_resume.CrashAfter"),
    *("--trainer.callbacks.steps", "5"),
)
TWO = ("--trainer.devices", "2", "--trainer.strategy", "ddp", "--data.batch_size", "2")


def words(command: str, data: Path, out: Path, *more: str) -> list[str]:
    """The words of a command on a small network and corpus, of 4 rows in all."""
    return [
        *(command, "--config", str(CONFIGS / f"{CONFIG}.yaml"), *QUIET, *SMALL, SIZE, "4"),
        *(CUTOFFS, "[2,5]", "--model.network.init_args.softmax.init_args.div_value", "2"),
        *("--data.path", str(data), "--data.num_steps", "20", "--data.eval_streams", "2"),
        *("--data.batch_size", "4", "--trainer.max_epochs", "2", "--save_dir", str(out)),
        *("--trainer.val_check_interval", "3", "--data.val_shards", "[2]", *more),
    ]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus(tmp_path_factory.mktemp("corpus"), 10)


@pytest.fixture(scope="module")
def whole(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted run on one rank."""
    folder = tmp_path_factory.mktemp("whole")
    assert main(words("fit", data, folder)) == 0
    return folder / CONFIG


def test_test_reads_the_vocabulary_beside_the_run_and_is_exact(
    data: Path, whole: Path, tmp_path: Path
) -> None:
    best = checkpoint(whole, "best")
    tested = words("test", data, tmp_path, "--ckpt_path", best)
    assert main(tested) == 0
    result = json.loads((tmp_path / CONFIG / "version_0" / "test_results.json").read_text())
    here = ShardedTextData(data, eval_streams=2, batch_size=4)
    assert result["data"]["vocabulary"] == here.vocabulary.digest
    assert result["data"]["symbols"]["test"] == here.shards["test"][0].symbols
    assert 1 < result["figures"]["perplexity"] < 2 * here.num_outputs
    config = (whole / "version_0" / "config.yaml").read_text()
    assert "vocabulary: null" in config


@pytest.mark.parametrize("which", ["none", "other", "damaged"])
def test_a_vocabulary_that_does_not_belong_to_the_checkpoint_is_refused(
    which: str,
    data: Path,
    whole: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "run" / "checkpoints"
    folder.mkdir(parents=True)
    moved = folder / "best.ckpt"
    moved.write_bytes(Path(checkpoint(whole, "best")).read_bytes())
    message = "there is no vocabulary.json in"
    if which == "other":
        other = corpus(tmp_path / "other", 10)
        train_shard(other).write_text("zebra zebra zebra\n" + train_shard(other).read_text())
        count_words_to_file(other, tmp_path / "run" / "vocabulary.json")
        data = other
        message = "the checkpoint was trained with vocabulary"
    elif which == "damaged":
        (tmp_path / "run" / "vocabulary.json").write_text("{")
        message = "is not a vocabulary that fit wrote"
    for command in ("test", "fit"):
        assert main(words(command, data, tmp_path, "--ckpt_path", str(moved))) == 2
        error = capsys.readouterr().err
        assert message in error
        assert len(error.strip().splitlines()) == 1 or "Counting" in error


def test_an_adaptive_softmax_needs_symbols_sorted_by_frequency(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ("fit", "--config", str(CONFIGS / "ptb_word.yaml"), *QUIET)
    softmax = ("--model.network.tied", "false", "--model.network.softmax", "AdaptiveSoftmax")
    text = train_shard(data)
    more = ("--model.network.softmax.cutoffs", "[2,5]", "--data.path", str(text))
    assert main([*config, *softmax, *more, "--data.batch_size", "2"]) == 2
    assert "which those of TextData are not; use ShardedTextData" in capsys.readouterr().err


@pytest.fixture(scope="module")
def two_ranks(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of runs of two ranks: one whole, and one that crashed and was resumed."""
    folder = tmp_path_factory.mktemp("ranks")
    crashed = checkpoint(folder / "crashed" / CONFIG)
    jobs = [
        words("fit", data, folder / "whole", *TWO),
        words("fit", data, folder / "crashed", *TWO, *CRASH),
        words("fit", data, folder / "resumed", *TWO, "--ckpt_path", crashed),
    ]
    run_module("tests.long_memory.test_sharded_runs", jobs)
    return folder


def test_two_ranks_take_the_steps_of_one_with_their_rows_together(
    whole: Path, two_ranks: Path
) -> None:
    one, two = final_state(whole), final_state(two_ranks / "whole" / CONFIG)
    assert one["global_step"] == two["global_step"] > 8
    # Gradients are added in another order: the same but for float32's rounding.
    torch.testing.assert_close(two["state_dict"], one["state_dict"], rtol=1e-3, atol=1e-5)
    assert [len(state) for state in two["carried"][1]] == [4]


def test_two_ranks_resume_with_the_states_of_both(two_ranks: Path) -> None:
    one, other = (final_state(two_ranks / name / CONFIG) for name in ("whole", "resumed"))
    assert one["global_step"] == other["global_step"]
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)


def _run(job: list[str]) -> int:
    try:
        return main(job)
    except RuntimeError as error:
        return 0 if "crashed as asked" in str(error) else 1


if __name__ == "__main__":
    sys.exit(max(map(_run, json.loads(sys.argv[1]))))
