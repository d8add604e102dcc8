"""The callback that collects scores in `test` and `validate` and reports on them."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from lightning import Callback, LightningModule, Trainer
from numpy.typing import NDArray
from torch import nn

from action_rec.checkpoints.reading import load_checkpoint
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.evaluation.cost import clips_per_second, macs_per_clip, parameters
from action_rec.evaluation.finite import check_finite, finite_rows
from action_rec.evaluation.frame_by_frame import summarize_frames
from action_rec.evaluation.over_time import OverTime, Readings, readings
from action_rec.evaluation.provenance import describe
from action_rec.evaluation.ranks import gather_lists
from action_rec.evaluation.report import Report
from action_rec.evaluation.scores import Scores
from action_rec.evaluation.summary import summarize
from action_rec.recognizer import mean_over_clips
from action_rec.training.frame_by_frame import FrameResults, frame_results
from action_rec.training.run_folder import run_folder


class _Part(NamedTuple):
    """What is kept of a batch.

    Attributes:
        sequences: (N,) indices of its sequences.
        logits: (N, K) their mean logits.
        first_clip: (N, K) the logits of their first clips.
        frames: Their results at every frame, if the network is read at every frame.
        readings: Their probabilities at every frame, if so.
    """

    sequences: NDArray[np.int64]
    logits: NDArray[np.float32]
    first_clip: NDArray[np.float32]
    frames: FrameResults | None
    readings: Readings | None


class Evaluator(Callback):
    """Collect the logits of every clip, write the scores, and report on them.

    Validations during `fit` are only logged.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remove the results of an earlier evaluation."""
        self._parts = []

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remove the results of an earlier evaluation."""
        self._parts = []

    def on_validation_batch_end(self, trainer: Trainer, *arguments: Any, **_: Any) -> None:  # noqa: ANN401
        """Collect the logits of a batch of `validate`."""
        if trainer.state.fn == "validate":
            self._collect(*arguments[1:3])

    def on_test_batch_end(self, trainer: Trainer, *arguments: Any, **_: Any) -> None:  # noqa: ANN401
        """Collect the logits of a batch."""
        self._collect(*arguments[1:3])

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report on `validate`."""
        if trainer.state.fn == "validate":
            self._report(trainer, pl_module, "val")

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report on `test`."""
        self._report(trainer, pl_module, "test")

    def _collect(self, logits: dict[str, Any], batch: Any) -> None:  # noqa: ANN401 (a ClipBatch)
        clips = logits["clips"].float()
        frames, read = None, None
        if logits["frames"] is not None:
            mean, lengths = mean_over_clips(logits["frames"], batch)
            results = frame_results(mean, batch.label, lengths)
            frames = FrameResults(*(array.cpu() for array in results))
            read = readings(mean, batch.label, lengths)
        arrays = (batch.sequence, clips.mean(dim=1), clips[:, 0])
        sequence, mean_logits, first = (array.cpu().numpy() for array in arrays)
        self._parts.append(_Part(sequence, mean_logits, first, frames, read))

    def _report(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        parts = gather_lists(self._parts)
        _check_finite(trainer.datamodule, parts)  # type: ignore[attr-defined]
        folder = run_folder(trainer)  # a collective call, which all ranks must make
        if not trainer.is_global_zero:
            return
        data: SkeletonDataModule = trainer.datamodule  # type: ignore[attr-defined]
        path = trainer.ckpt_path
        checkpoint = load_checkpoint(Path(path)) if path else {}
        network: nn.Module = pl_module.network  # type: ignore[assignment]
        scores = _scores(data, parts, describe(data, network, checkpoint, stage))
        clip_shape = (data.clip_len, *data.frame_shape)
        result = {
            **summarize(scores),
            "parameters": parameters(network),
            "macs_per_clip": macs_per_clip(network, clip_shape),
            "clips_per_second": round(clips_per_second(network, clip_shape), 1),
            "device": _device(pl_module.device),
            "checkpoint": str(path or ""),
            "store": str(data.store.path),
        }
        frames = [part.frames for part in parts if part.frames is not None]
        if frames:
            result["frame_by_frame"] = summarize_frames(frames, data.format.frame_step)
        over_time = _over_time(data, parts)
        Report(folder, stage, scores, result, over_time).publish(trainer.loggers)


def _check_finite(data: SkeletonDataModule, parts: list[_Part]) -> None:
    """Refuse to report on sequences whose logits are not finite, on all ranks."""
    bad: list[str] = []
    for part in parts:
        finite = finite_rows(part.logits) & finite_rows(part.first_clip)
        bad += data.store.names[part.sequences[~finite]].tolist()
    check_finite(bad, sum(len(part.sequences) for part in parts))


def _device(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{device.type}, threads: {torch.get_num_threads()}"


def _over_time(data: SkeletonDataModule, parts: list[_Part]) -> OverTime | None:
    every = [part.readings for part in parts if part.readings is not None]
    if not every:
        return None
    names = data.store.names[np.concatenate([part.sequences for part in parts])]
    consecutive = data.format.sampling == "frames"
    return OverTime.join(names, every, data.format.frame_step if consecutive else 0)


def _scores(data: SkeletonDataModule, parts: list[_Part], metadata: dict[str, Any]) -> Scores:
    columns = list(zip(*parts, strict=True))[:3]
    sequences, logits, first_clip = (np.concatenate(arrays) for arrays in columns)
    names, labels = data.store.names[sequences], data.store.label[sequences]
    return Scores(names, labels, data.store.class_names, logits, first_clip, metadata)
