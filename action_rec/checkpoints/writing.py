"""Writing a checkpoint so that neither a crash nor a full disk costs the one before it."""

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
    """Writes a checkpoint beside the old one, brings it to the disk, and only then renames it.

    Args:
        if_disk_full: Whether a run trains on without this checkpoint, or stops with an error.
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
        """Write a checkpoint; `failed` says afterwards whether there was no room for it.

        Raises:
            InputError: The disk is full, and that is to stop the run.
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
            self._tell(path, len(content.getbuffer()))

    def _tell(self, path: Path, size: int) -> None:
        kept = f"; {path} is still the one before" if path.exists() else ""
        said = f"no room for the {size / 1e6:.1f} MB of checkpoint {path}: the disk is full{kept}"
        if self.if_disk_full == "stop":
            raise InputError(
                f"{said}; make room and go on with --ckpt_path last, or train on without new "
                "checkpoints with --if_disk_full go_on"
            )
        print(
            f"{said}; training goes on, and the next checkpoint is tried again "
            "(--if_disk_full stop would end it)",
            file=sys.stderr,
            flush=True,
        )
