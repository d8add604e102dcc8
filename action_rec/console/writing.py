"""Write files atomically."""

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_durably(path: Path, content: bytes | memoryview) -> None:
    """Write a file atomically (write beside it, fsync, then rename).

    Raises:
        OSError: The file cannot be written; a file that was at `path` is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        # An error of write or fsync does not name the file.
        raise OSError(error.errno, error.strerror, str(path)) from error
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # for the new name
    finally:
        os.close(folder)


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically, in UTF-8."""
    write_durably(path, text.encode("utf-8"))


def write_json(path: Path, content: Any, **options: Any) -> None:  # noqa: ANN401
    """Write a JSON file atomically; `options` are those of `json.dumps`."""
    write_text(path, json.dumps(content, **{"indent": 2, **options}) + "\n")


def write_csv(path: Path, headings: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a CSV file atomically."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(rows)
    write_text(path, text.getvalue())


def write_figure(path: Path, figure: "Figure", dpi: int = 120) -> None:
    """Write a figure atomically, in the format of the file's suffix."""
    content = io.BytesIO()
    figure.savefig(content, format=path.suffix.removeprefix("."), dpi=dpi)
    write_durably(path, content.getbuffer())
