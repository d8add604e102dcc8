"""Find the checkpoint that `--ckpt_path last` resumes from, and check that a fit can use it."""

import re
import sys
from pathlib import Path
from typing import Any

import torch
from jsonargparse import Namespace
from torch import Tensor
from torch.optim import Adam, Optimizer

from action_rec.checkpoints.reading import load_checkpoint
from action_rec.checkpoints.typed import shown
from action_rec.errors import InputError
from action_rec.training.module import LARGEST_SETTING, TrainingModule

_NAMES = ("last.ckpt", "previous.ckpt")
_MOMENTS = {"step", "exp_avg", "exp_avg_sq"}
_RATES = {"initial_lr", "max_lr", "min_lr"}
_REMEDY = "resume from a .ckpt file that fit wrote, with the config of its run"


def find_last(config: Namespace) -> Path | None:
    """Return the newest readable checkpoint of the newest run of a config, or None.

    A checkpoint that cannot be read is reported on stderr, and the one before it is tried.

    Args:
        config: The parsed config of one command.

    Raises:
        InputError: There are checkpoints but none can be read, or no logger has a save_dir.
    """
    folder = _runs(config)
    found = [
        path
        for run in sorted(folder.glob("version_*"), key=_version, reverse=True)
        for path in (run / "checkpoints" / name for name in _NAMES)
        if path.is_file()
    ]
    for path in found:
        try:
            load_checkpoint(path)
        except InputError as error:
            print(f"{error}; the one before it is tried", file=sys.stderr, flush=True)
        else:
            print(f"resuming from {path}", file=sys.stderr, flush=True)
            return path
    if found:
        raise InputError(
            f"none of the {len(found)} checkpoints of the runs in {folder} can be read; start a "
            "new run without --ckpt_path"
        )
    print(f"no checkpoint in {folder} to resume from: a new run starts", file=sys.stderr)
    return None


def _runs(config: Namespace) -> Path:
    """The folder of all runs of a config, where its first logger writes."""
    loggers = config.trainer.logger
    first = loggers[0] if isinstance(loggers, list) and loggers else loggers
    arguments = getattr(first, "init_args", None)
    if arguments is None or arguments.get("save_dir") is None:
        raise InputError(
            "--ckpt_path last looks for runs where the config's first logger writes them, but "
            "there is none with a save_dir; name the .ckpt file"
        )
    configs = config.get("config") or []
    folder, name = arguments.save_dir, arguments.get("name")
    if isinstance(loggers, list):  # what `adapt_loggers` changes in them
        folder = config.save_dir or folder
        if name is None:
            name = Path(str(configs[0])).stem if configs else "lightning_logs"
    return Path(folder) / str(name or "")


def _version(run: Path) -> int:
    number = re.fullmatch(r"version_(\d+)", run.name)
    return int(number[1]) if number else -1


def check_resumable(checkpoint: dict[str, Any], module: TrainingModule) -> None:
    """Check that the optimizers of a checkpoint are those of a module.

    Args:
        checkpoint: From `load_checkpoint`.
        module: The module that is to be trained further.

    Raises:
        InputError: There is none, its parameters are others, a setting is missing or of another
            type, or a moment of another shape.
    """
    states = checkpoint.get("optimizer_states")
    if not states or "lr_schedulers" not in checkpoint:
        raise InputError(f"the checkpoint holds no optimizer and no schedule; {_REMEDY}")
    callbacks = checkpoint.get("callbacks", {}).values()
    best = [state["best"] for state in callbacks if isinstance(state.get("best"), dict)]
    optimizer = module.build_optimizer()
    rates = set() if module.schedule == "constant" else _RATES
    for state in (*states[:1], *(one["optimizer"] for one in best if "optimizer" in one)):
        _check_settings(state["param_groups"], optimizer, rates)
        _check_moments(state, optimizer)
    for one in best:
        module.check_weights(one.get("network", module.state_dict()))


def _check_settings(groups: list[dict[str, Any]], own: Optimizer, rates: set[str]) -> None:
    sizes = [len(group["params"]) for group in groups]
    needed = [len(group["params"]) for group in own.param_groups]
    if sizes != needed:
        raise InputError(
            f"the checkpoint has an optimizer for groups of {sizes} parameters, but this config "
            f"has {needed}; {_REMEDY}"
        )
    kinds = {bool: (bool,), tuple: (tuple, list), type(None): (bool, type(None))}
    for group in groups:
        for name in sorted(own.defaults.keys() | rates):
            value = group.get(name)
            kind = kinds.get(type(own.defaults.get(name, 0.0)), (int, float))
            large = isinstance(value, int | float) and not abs(value) <= LARGEST_SETTING
            if name not in group or large or not isinstance(value, kind):
                raise InputError(
                    f"the checkpoint has an optimizer whose {name} is {shown(value)}, which that "
                    f"of this config cannot use; {_REMEDY}"
                )


def _check_moments(state: dict[str, Any], own: Optimizer) -> None:
    numbers = [number for group in state["param_groups"] for number in group["params"]]
    parameters = [parameter for group in own.param_groups for parameter in group["params"]]
    needed = _MOMENTS if isinstance(own, Adam) else set()
    for number, parameter in zip(numbers, parameters, strict=True):
        moments = state["state"].get(number)
        for name in () if moments is None else sorted(needed | moments.keys()):
            value = moments.get(name)
            shape = value.shape if isinstance(value, Tensor) else None
            good = {torch.Size() if name == "step" else parameter.shape}
            if shape not in (good if name in needed else good | {None}):
                raise InputError(
                    f"the checkpoint has {shown(value)} of shape {tuple(shape or ())} as "
                    f"{shown(name)} of weights of shape {tuple(parameter.shape)}; {_REMEDY}"
                )
