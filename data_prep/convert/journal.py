"""The journal of a conversion, from which an interrupted one continues.

A folder holds two files that are only appended to: `journal.jsonl`, whose first line describes the
conversion and whose further lines are one finished item each, and `data.bin`, the concatenated
bytes of those items. A line contains the size and the checksum of its bytes, so that after a crash
the complete part of both files is known and the rest is truncated. The result is written in the
same folder and moved out of it in one step; a marker file says that it was ready to be moved.
"""

import json
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Self

from action_rec.errors import InputError

_BLOCK = 1 << 23  # bytes read at once
_RESULT, _READY = "store.h5", "ready"


class Journal:
    """Finished items, each a row (a JSON object) and its bytes.

    Attributes:
        done: The number of finished items.
        restarted: Whether the folder held another conversion, or one that could not be continued.
    """

    def __init__(self, folder: Path, header: Mapping[str, Any]) -> None:
        """Continue the conversion in a folder if it has the same header, else start one.

        Raises:
            InputError: Another process is writing to the folder.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.done = 0
        self._header = _line(header)
        self._journal = _open_for_update(folder / "journal.jsonl")
        _lock(self._journal, folder)
        self._data = _open_for_update(folder / "data.bin")
        (folder / _READY).unlink(missing_ok=True)
        first = self._journal.readline()
        self.restarted = first not in (b"", self._header)
        self._keep_what_is_complete(continues=first == self._header)

    def _keep_what_is_complete(self, continues: bool) -> None:
        journal_end, data_end = len(self._header), 0
        if continues:
            for line in self._journal:
                size = _complete_size(line, self._data)
                if size is None:
                    break
                self.done += 1
                journal_end += len(line)
                data_end += size
        else:
            self._journal.seek(0)
            self._journal.truncate()
            self._journal.write(self._header)
        for file, end in ((self._journal, journal_end), (self._data, data_end)):
            file.seek(end)
            file.truncate()
            file.flush()

    def append(self, row: Mapping[str, Any], data: bytes) -> None:
        """Add a finished item; once this returns, it survives the death of the process."""
        # The bytes first, so that every line refers to bytes that were written.
        self._data.write(data)
        self._data.flush()
        self._journal.write(_line({"size": len(data), "crc": zlib.crc32(data), "row": row}))
        self._journal.flush()
        self.done += 1

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of all finished items, in order."""
        with (self.folder / "journal.jsonl").open("rb") as journal:
            journal.readline()
            for line in journal:
                row = json.loads(line)["row"]
                # All rows share their keys; json would allocate new ones for each row.
                yield {sys.intern(key): value for key, value in row.items()}

    def data(self, multiple: int) -> Iterator[bytes]:
        """The bytes of all finished items, in blocks of a multiple of a number of bytes."""
        with (self.folder / "data.bin").open("rb") as data:
            while block := data.read(max(_BLOCK // multiple, 1) * multiple):
                yield block

    @property
    def result(self) -> Path:
        """The path to write the result to."""
        return self.folder / _RESULT

    def publish(self, out: Path) -> None:
        """Move the result to its place in one step, and delete the folder."""
        (self.folder / _READY).write_bytes(self._header)
        self.result.replace(out)
        self.remove()

    def remove(self) -> None:
        """Close and delete the folder."""
        self.close()
        _remove(self.folder)

    def close(self) -> None:
        """Close the files; the folder stays, to be continued."""
        self._journal.close()
        self._data.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def remove_left_over(folder: Path, header: Mapping[str, Any]) -> bool:
    """Delete the folder of a run that was killed after it had moved its result.

    Returns:
        Whether there was such a folder, of a conversion with the same header.
    """
    ready = folder / _READY
    if not ready.exists() or (folder / _RESULT).exists():
        return False
    same = ready.read_bytes() == _line(header)
    _remove(folder)
    return same


def _remove(folder: Path) -> None:
    # The marker last: if this is killed, what is left can still be identified.
    for path in sorted(folder.iterdir(), key=lambda path: path.name == _READY):
        path.unlink(missing_ok=True)
    folder.rmdir()


def _line(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def _open_for_update(path: Path) -> BinaryIO:
    path.touch()
    return path.open("r+b")


def _complete_size(line: bytes, data: BinaryIO) -> int | None:
    """Read an item's bytes and return their size; None if its line or its bytes are damaged."""
    try:
        entry = json.loads(line)
        size, crc = int(entry["size"]), int(entry["crc"])
    except (ValueError, KeyError, TypeError):
        return None
    block = data.read(size)
    complete = line.endswith(b"\n") and len(block) == size and zlib.crc32(block) == crc
    return size if complete else None


def _lock(journal: BinaryIO, folder: Path) -> None:
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        journal.close()
        raise InputError(
            f"folder '{folder}' is being written by another run; wait until that run has finished"
        ) from None
