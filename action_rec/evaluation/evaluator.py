"""What `test` and `validate` end with: the scores of every sequence, and the report on them."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from lightning import Callback, LightningModule, Trainer
from numpy.typing import NDArray
from torch import distributed, nn

from action_rec import __version__
from action_rec.checkpoints import load_checkpoint
from action_rec.data.datamodule import SkeletonDataModule
from action_rec.evaluation.cost import clips_per_second, macs_per_clip, parameters
from action_rec.evaluation.norm import describe_norm
from action_rec.evaluation.report import Report
from action_rec.evaluation.run_folder import run_folder
from action_rec.evaluation.scores import Scores
from action_rec.evaluation.summary import summarize


class _Part(NamedTuple):
    """Some sequences: their indices (N,), mean logits and those of the first clip (N, K)."""

    sequences: NDArray[np.int64]
    logits: NDArray[np.float32]
    first_clip: NDArray[np.float32]


class Evaluator(Callback):
    """Collects the logits of every clip, writes the scores, and reports on them.

    The validations within a fit go to the loggers alone.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Forget an earlier evaluation."""
        self._parts = []

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Forget an earlier evaluation."""
        self._parts = []

    def on_validation_batch_end(self, trainer: Trainer, *arguments: Any, **_: Any) -> None:  # noqa: ANN401
        """Keep the logits of a batch of `validate`."""
        if trainer.state.fn == "validate":
            self._keep(*arguments[1:3])

    def on_test_batch_end(self, trainer: Trainer, *arguments: Any, **_: Any) -> None:  # noqa: ANN401
        """Keep the logits of a batch."""
        self._keep(*arguments[1:3])

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report `validate`."""
        if trainer.state.fn == "validate":
            self._report(trainer, pl_module, "val")

    def on_test_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report `test`."""
        self._report(trainer, pl_module, "test")

    def _keep(self, logits: torch.Tensor, batch: Any) -> None:  # noqa: ANN401 (a ClipBatch)
        clips = logits.float()
        arrays = (batch.sequence, clips.mean(dim=1), clips[:, 0])
        self._parts.append(_Part(*(array.cpu().numpy() for array in arrays)))

    def _report(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        parts = _gather(self._parts) if trainer.world_size > 1 else self._parts
        if not trainer.is_global_zero:
            return
        data: SkeletonDataModule = trainer.datamodule  # type: ignore[attr-defined]
        path = trainer.ckpt_path
        checkpoint = load_checkpoint(Path(path)) if path else {}
        network: nn.Module = pl_module.network  # type: ignore[assignment]
        about = _describe(data, network, checkpoint, stage)
        scores = _scores(data, parts, about)
        clip_shape = (data.clip_len, *data.frame_shape)
        macs = macs_per_clip(network, clip_shape)
        result = {
            **summarize(scores),
            "parameters": parameters(network),
            "macs_per_clip": macs,
            "clips_per_second": round(clips_per_second(network, clip_shape), 1),
            "device": _device(pl_module.device),
            "checkpoint": str(path or ""),
            "chosen": describe_choice(checkpoint, str(path or "")),
            "store": str(data.store.path),
        }
        Report(run_folder(trainer), stage, scores, result).publish(trainer.loggers)


def _device(device: torch.device) -> str:
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return f"{device.type}, threads: {torch.get_num_threads()}"


def describe_choice(checkpoint: dict[str, Any], path: str) -> str:
    """Say whether a checkpoint is the one that val chose, or what the last step left."""
    step = checkpoint.get("global_step", "unknown")
    for state in checkpoint.get("callbacks", {}).values():
        monitor, best = state.get("monitor"), state.get("best_model_path", "")
        if monitor and best and Path(best).name == Path(path).name:
            return f"step {step}, chosen by {monitor} ({float(state['best_model_score']):.4f})"
    return f"step {step}, where its training stood: not chosen by any measurement"


def _gather(parts: list[_Part]) -> list[_Part]:
    """Bring the parts of all ranks together; each sequence was on one of them."""
    gathered: list[list[_Part]] = [[] for _ in range(distributed.get_world_size())]
    distributed.all_gather_object(gathered, parts)
    return [part for of_rank in gathered for part in of_rank]


def _scores(data: SkeletonDataModule, parts: list[_Part], about: dict[str, Any]) -> Scores:
    sequences, logits, first_clip = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    store = data.store
    return Scores(
        store.names[sequences],
        store.label[sequences],
        store.class_names,
        logits,
        first_clip,
        about,
    )


def _describe(
    data: SkeletonDataModule, network: nn.Module, checkpoint: dict[str, Any], stage: str
) -> dict[str, Any]:
    """What the scores are of: nothing in it depends on when, where and in which batches."""
    return {
        "dataset": data.store.dataset,
        "joint_set": data.store.joint_set,
        "benchmark": data.benchmark,
        "split": data.test_split if stage == "test" else "val",
        "clips": data.num_test_clips if stage == "test" else data.num_val_clips,
        "format": data.format.as_dict(),
        "network": getattr(network, "title", type(network).__name__),
        "seed": checkpoint.get(SkeletonDataModule.__qualname__, {}).get("seed"),
        "split_seed": data.split_seed,
        "step": checkpoint.get("global_step"),
        "selection": data.selection,
        "batch_norm": describe_norm(checkpoint, network),
        "versions": {"action_rec": __version__, "torch": torch.__version__},
    }
