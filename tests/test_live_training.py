"""Networks that are read at every frame, from training to a prediction, by their commands."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from action_rec.analysis.early_recognition import SHARES
from action_rec.batch import ClipBatch
from action_rec.checkpoints.trained import load_trained
from action_rec.cli import main
from action_rec.data.clips import ClipDataset, ClipRequest
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.data.sampling import name_keys
from action_rec.data.start_normalization import StartNormalization
from action_rec.errors import InputError
from action_rec.evaluation.over_time import OverTime
from action_rec.evaluation.scores import Scores
from action_rec.evaluation.scoring import score
from action_rec.models import LinearOnMeanPose, StackedIndRNN
from action_rec.recognizer import ActionRecognizer
from action_rec.store.reader import Store
from tests.command_line import CONFIGS, SMALL, checkpoint, final_state, run

EVERY_FRAME = (
    *("--data.sampling", "frames", "--data.normalize", "start", "--data.clip_len", "30"),
    *("--data.train_frame_step", "[1,2]", "--data.join_recordings", "1"),
    *("--model.loss", "every_frame", "--model.label_smoothing", "0.1"),
    *("--model.network.gamma", "1.0", "--model.network.norm", "before"),
    *("--data.num_val_clips", "null", "--data.num_test_clips", "null", "--data.batch_size", "2"),
    *("--data.val_from", "sequences", *SMALL),
)


@pytest.fixture(scope="module")
def fitted(store_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run with the loss of every frame, tested in version_1."""
    folder = tmp_path_factory.mktemp("live")
    assert run("fit", store_path, folder, *EVERY_FRAME, "--trainer.max_epochs", "4") == 0
    last = ("--ckpt_path", checkpoint(folder))
    assert run("test", store_path, folder, *EVERY_FRAME, *last) == 0
    return folder


def passes(folder: Path, store_path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """By name of a test sequence, its logits after each frame, by a pass for each frame."""
    trained, store = load_trained(Path(checkpoint(folder))), Store(store_path)
    found = {}
    for index in store.split("xsub", "test"):
        clip = torch.tensor(store.sequence(index))
        whole = torch.zeros(len(clip), 2, *clip.shape[2:])
        whole[:, : clip.shape[1]] = clip
        whole, _ = StartNormalization(store.joint_centre, 3)(whole[None])
        with torch.inference_mode():
            logits = [trained.recognizer(whole[:, : t + 1])[0] for t in range(len(clip))]
        found[str(store.names[index])] = torch.stack(logits).numpy()
    return found


def expected(folder: Path, store_path: Path) -> list[np.ndarray[Any, Any]]:
    """By test sequence, whether the label was right after each frame."""
    store = Store(store_path)
    labels = dict(zip(store.names.tolist(), store.label.tolist(), strict=True))
    found = passes(folder, store_path)
    return [logits.argmax(axis=1) == labels[name] for name, logits in found.items()]


def test_probabilities_over_time_are_those_of_one_pass_for_each_frame(
    fitted: Path, store_path: Path
) -> None:
    written = OverTime.read(fitted / "version_1" / "test_over_time.npz", 3)
    logits = passes(fitted, store_path)
    assert written.names.tolist() == sorted(logits)
    for name, of_name in logits.items():
        found = written.after(name, np.arange(len(of_name)), len(of_name))
        assert found is not None
        classes, probabilities = found
        powers = np.exp(of_name.astype(np.float64))
        shares = (powers / powers.sum(axis=1, keepdims=True))[:, classes]
        np.testing.assert_allclose(probabilities / 255, shares, atol=0.51 / 255)


def test_validation_logs_what_a_stream_is_measured_by(fitted: Path) -> None:
    with (fitted / "version_0" / "metrics.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row.get("val/accuracy")]
    assert len(rows) == 4
    for row in rows:
        for name in ("val/accuracy", "val/auc", "val/frame_accuracy"):
            assert 0 <= float(row[name]) <= 1
    assert "val/accuracy" in str(final_state(fitted, "best")["callbacks"])


def test_test_reports_what_one_pass_for_each_frame_gives(fitted: Path, store_path: Path) -> None:
    result = json.loads((fitted / "version_1" / "test_results.json").read_text())
    right = expected(fitted, store_path)
    at = [
        np.mean([one[-(-len(one) * tenths // 10) - 1] for one in right]) for tenths in range(1, 11)
    ]
    found = result["frame_by_frame"]
    assert found["accuracy_at"] == pytest.approx(at)
    assert found["auc"] == pytest.approx(np.mean(at))
    assert found["frame_accuracy"] == pytest.approx(np.concatenate(right).mean())
    settled = [
        1 + max((t + 1 for t in range(len(one)) if not one[t]), default=0)
        for one in right
        if one[-1]
    ]
    assert found["settled"] == len(settled) == sum(one[-1] for one in right)
    assert found["delay_frames"] == (pytest.approx(np.mean(settled)) if settled else None)
    assert result["accuracy"] == pytest.approx(at[-1])
    assert result["clips"] == 1


def test_scores_are_those_of_each_recording_alone(fitted: Path, store_path: Path) -> None:
    scores = Scores.read(fitted / "version_1" / "test_scores.npz")
    trained, store = load_trained(Path(checkpoint(fitted))), Store(store_path)
    for row, name in enumerate(scores.names.tolist()):
        index = np.flatnonzero(store.names == name)
        alone = score(trained, store, index, clips=1)[0, 0]
        np.testing.assert_allclose(scores.logits[row], alone, rtol=0, atol=1e-4)


def test_early_reads_all_shares_from_one_pass(
    fitted: Path,
    trained: Path,
    store_path: Path,
    tmp_path: Path,
    capsys: Any,  # noqa: ANN401
) -> None:
    out = tmp_path / "early.png"
    words = ["early", checkpoint(fitted), str(store_path), str(out)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "frame by frame" in printed
    assert re.search(r"mean over 10..100 %: +\d", printed)
    with out.with_suffix(".csv").open() as lines:
        rows = list(csv.DictReader(lines))
    network, store = load_trained(Path(checkpoint(fitted))), Store(store_path)
    sequences = store.split("xsub", "test")
    for share, row in zip(SHARES, rows, strict=True):
        logits = score(network, store, sequences, 1, share)[:, 0]
        right = (logits.argmax(axis=1) == store.label[sequences]).mean()
        assert float(row["accuracy"]) == pytest.approx(right)
    both = tmp_path / "both.png"
    assert main([*words[:-1], str(both), "--beside", checkpoint(trained)]) == 0
    printed = capsys.readouterr().out
    assert "frame by frame, top-1 %" in printed
    assert "20 clips of what is seen, top-1 %" in printed
    with both.with_suffix(".csv").open() as lines:
        compared = list(csv.DictReader(lines))
    assert [row["checkpoint"] for row in compared] == [checkpoint(fitted)] * 10 + [
        checkpoint(trained)
    ] * 10
    assert [row["accuracy"] for row in compared[:10]] == [row["accuracy"] for row in rows]


def test_early_measures_on_val(fitted: Path, store_path: Path, tmp_path: Path) -> None:
    words = ["early", checkpoint(fitted), str(store_path), str(tmp_path / "early.png")]
    assert main([*words, "--split", "val"]) == 0


def test_predict_scores_a_recording_once(fitted: Path, store_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions.json"
    words = ["predict", "--ckpt_path", checkpoint(fitted), str(store_path), "--split", "test"]
    assert main([*words, "--out", str(out)]) == 0
    assert json.loads(out.read_text())["clips"] == 1


def test_a_crashed_and_resumed_run_ends_with_the_weights_of_an_undisturbed_one(
    fitted: Path, store_path: Path, tmp_path: Path
) -> None:
    arguments = (*EVERY_FRAME, "--trainer.max_epochs", "4")
    crash = ("--trainer.callbacks+", "tests.checkpoints.test_resume.CrashAfter")
    steps = ("--trainer.callbacks.steps", "3")
    with pytest.raises(RuntimeError, match="crashed as asked"):
        run("fit", store_path, tmp_path / "crashed", *arguments, *crash, *steps)
    last = ("--ckpt_path", checkpoint(tmp_path / "crashed"))
    assert run("fit", store_path, tmp_path / "resumed", *arguments, *last) == 0
    one, other = final_state(fitted), final_state(tmp_path / "resumed")
    torch.testing.assert_close(one["state_dict"], other["state_dict"], rtol=0, atol=0)


def test_precise_bn_reads_whole_recordings(fitted: Path, store_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "precise.ckpt"
    assert main(["precise-bn", checkpoint(fitted), str(store_path), str(out)]) == 0
    assert "1 clips of each" in torch.load(out, weights_only=True)["batch_norm"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--model.network.bidirectional", "true"), "a bidirectional network needs the whole"),
        (("--model.network.readout", "attention"), "read-out Attention needs the whole clip"),
        (("--model.network", "LinearOnMeanPose"), "LinearOnMeanPose cannot be read at every"),
        (("--model.compile", "true"), "compile is for networks that are read once a clip"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    more: tuple[str, ...],
    message: str,
    store_path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [*EVERY_FRAME, *more]
    if "LinearOnMeanPose" in more:
        at = {"--model.network.gamma", "--model.network.norm", SMALL[0]}
        kept = [
            word
            for before, word in zip(["", *EVERY_FRAME], [*EVERY_FRAME], strict=False)
            if word not in at and before not in at
        ]
        arguments = [*more, *kept]
    assert run("fit", store_path, tmp_path, *arguments, "--trainer.max_epochs", "1") == 2
    assert message in capsys.readouterr().err


def test_the_loss_of_a_padded_batch_is_the_mean_over_its_recordings(store_path: Path) -> None:
    """Loss, gradients and metrics of one batch equal those of its recordings one by one."""
    data = SkeletonDataModule(store_path, sampling="frames", clip_len=60, batch_size=4)
    batch = next(iter(data.train_dataloader()))
    assert batch.lengths is not None
    network = StackedIndRNN(
        3, data.frame_shape, hidden_size=6, num_layers=2, dropout=0, norm="none"
    )
    recognizer = ActionRecognizer(network, data.class_names, loss="every_frame")
    recognizer.log = lambda *_, **__: None  # type: ignore[method-assign]
    torch.autograd.backward(recognizer.training_step(batch))
    together = [p.grad.clone() for p in network.parameters() if p.grad is not None]
    network.zero_grad()
    for n, length in enumerate(batch.lengths.tolist()):
        alone = ClipBatch(
            batch.clip[n : n + 1, :length], batch.label[n : n + 1], batch.sequence[n : n + 1]
        )
        loss = recognizer.training_step(alone) / 4
        torch.autograd.backward(loss)
    for one, parameter in zip(together, network.parameters(), strict=True):
        torch.testing.assert_close(parameter.grad, one, rtol=1e-4, atol=1e-6)
    recognizer.eval()
    whole = recognizer.validation_step(batch)["clips"]
    assert torch.equal(whole[:, 0], network(batch.clip, batch.lengths))


def test_a_network_in_python_that_cannot_be_read_at_every_frame_is_refused() -> None:
    with pytest.raises(InputError, match="LinearOnMeanPose cannot be read at every frame"):
        ActionRecognizer(LinearOnMeanPose(3), list("abc"), loss="every_frame")


def test_the_live_configs_differ_in_data_and_length_alone() -> None:
    one, other = (
        (CONFIGS / f"{name}_live.yaml").read_text().split("\ndata:")[0].split("seed_every")[1]
        for name in ("nw_ucla", "ntu60_xsub")
    )
    assert one.replace("trainer/fixed.yaml", "trainer/ntu.yaml") == other  # 400 and 120 epochs


def test_a_rank_without_sequences_logs_the_same_metrics(store_path: Path) -> None:
    data = SkeletonDataModule(store_path, sampling="frames")
    network = StackedIndRNN(3, data.frame_shape, hidden_size=6, num_layers=1)
    recognizer = ActionRecognizer(network, data.class_names).eval()
    dataset = ClipDataset(data.store, data.format)
    logged: list[list[str]] = []
    for count in (2, 0):
        names: list[str] = []
        recognizer.log = lambda name, *_, names=names, **__: names.append(name)  # type: ignore[method-assign]
        request = ClipRequest(np.arange(count), name_keys("ab"[:count]))
        recognizer.validation_step(dataset[request])
        logged.append(names)
    assert "val/auc" in logged[0]
    assert logged[0] == logged[1]
