"""Write checkpoints atomically (fsync, then rename), also on a full disk."""

import errno
import io
import sys
from pathlib import Path
from typing import Any, Literal

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO

from action_rec.console.writing import write_durably
from action_rec.errors import InputError

IfDiskFull = Literal["go_on", "stop"]


class DurableCheckpointIO(TorchCheckpointIO):
    """Writes a checkpoint to a temporary file, syncs it to the disk, and then renames it.

    Args:
        if_disk_full: Whether a run continues without this checkpoint (``go_on``) or stops with an
            error (``stop``).
    """

    def __init__(self, if_disk_full: IfDiskFull) -> None:
        self.if_disk_full = if_disk_full
        self.failed = False

    def save_checkpoint(
        self,
        checkpoint: dict[str, Any],
        path: str | Path,
        storage_options: Any = None,  # noqa: ANN401 (of remote files)
    ) -> None:
        """Write a checkpoint; `failed` is true afterwards if the disk was full.

        Raises:
            InputError: The disk is full and `if_disk_full` is ``stop``.
        """
        path, content = Path(path), io.BytesIO()
        torch.save(checkpoint, content)
        self.failed = False
        try:
            write_durably(path, content.getbuffer())
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            self.failed = True
            self._report(path, len(content.getbuffer()))

    def _report(self, path: Path, size: int) -> None:
        kept = f"; {path} is still the previous one" if path.exists() else ""
        problem = f"the disk is full: no space for the {size / 1e6:.1f} MB of {path}{kept}"
        if self.if_disk_full == "stop":
            raise InputError(
                f"{problem}; free some space and resume with --ckpt_path last, or continue without "
                "new checkpoints with --if_disk_full go_on"
            )
        print(
            f"{problem}; training continues and tries to save the next checkpoint "
            "(use --if_disk_full stop to end the run instead)",
            file=sys.stderr,
            flush=True,
        )
