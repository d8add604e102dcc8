"""Provenance of scores, which does not depend on the time, machine or batch size."""

from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from action_rec import __version__
from action_rec.data.datamodule import SkeletonDataModule

BATCH_NORM_KEY = "batch_norm"  # of a checkpoint whose statistics were recomputed


def describe(
    data: SkeletonDataModule, network: nn.Module, checkpoint: dict[str, Any], stage: str
) -> dict[str, Any]:
    """Return the provenance of the scores of a stage, ``test`` or ``val``, as plain values."""
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
        "chosen": describe_choice(checkpoint),
        "selection": data.selection,
        "batch_norm": describe_norm(checkpoint, network),
        "versions": {"action_rec": __version__, "torch": torch.__version__},
    }


def describe_choice(checkpoint: dict[str, Any]) -> str:
    """Describe how a checkpoint was selected, from the monitored metric saved in its callbacks."""
    step = checkpoint.get("global_step", "unknown")
    for state in checkpoint.get("callbacks", {}).values():
        monitor, score = state.get("monitor"), state.get("current_score")
        if monitor is None or score is None:
            continue
        last, best = float(score), float(state["best_model_score"])
        rank = "the best of its run so far" if last == best else f"not its run's best, {best:#.4g}"
        return f"step {step}, where {monitor} was {last:#.4g}, {rank}"
    return f"step {step}, chosen by no measurement"


def describe_norm(checkpoint: dict[str, Any], network: nn.Module) -> str:
    """Describe the statistics that the batch norm layers of a checkpoint use."""
    if not any(isinstance(module, _BatchNorm) for module in network.modules()):
        return "none"
    return str(checkpoint.get(BATCH_NORM_KEY, "running statistics of training"))
