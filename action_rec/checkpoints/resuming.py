"""Find the checkpoint that `--ckpt_path last` resumes from."""

import re
import sys
from pathlib import Path

from jsonargparse import Namespace

from action_rec.checkpoints.reading import load_checkpoint
from action_rec.errors import InputError

_NAMES = ("last.ckpt", "previous.ckpt")


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
