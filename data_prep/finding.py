"""Finding the recordings of NTU RGB+D in a folder, and telling which of them to convert."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from action_rec.data.ntu import Dataset, SampleName, missing_names
from action_rec.errors import InputError

SUFFIX = ".skeleton"


@dataclass(frozen=True)
class SkeletonFile:
    """A file whose name is that of a recording.

    Attributes:
        name: The recording.
        path: Where the file is.
        file: The same, from the folder that was searched; for sentences.
        size: In bytes.
    """

    name: SampleName
    path: Path
    file: str
    size: int


@dataclass(frozen=True)
class Found:
    """What a folder holds.

    Attributes:
        dataset: The data set to convert to.
        files: What to convert, sorted by name.
        rejected: What cannot be used, each with the reason: by name, or by file where the
            name is no recording's or was taken before.
        outside: The number of recordings that do not belong to the data set.
    """

    dataset: Dataset
    files: list[SkeletonFile]
    rejected: dict[str, str]
    outside: int

    @property
    def total(self) -> int:
        """The number of `.skeleton` files in the folder."""
        return len(self.files) + len(self.rejected) + self.outside


def find_recordings(raw_dir: Path, dataset: Dataset | None) -> Found:
    """Search a folder and its subfolders.

    Args:
        raw_dir: The folder.
        dataset: The data set to convert to; if not given, NTU60 where all names belong to it, else
            NTU120.

    Raises:
        InputError: The folder does not exist, or holds no `.skeleton` file.
    """
    if not raw_dir.is_dir():
        state = "is a file, not a folder" if raw_dir.exists() else "does not exist"
        raise InputError(
            f"RAW_DIR '{raw_dir}' {state}; name the folder that holds the {SUFFIX} files"
        )
    rejected: dict[str, str] = {}
    files: dict[SampleName, SkeletonFile] = {}
    for path in sorted(_walk(raw_dir), key=lambda path: (path.stem, path)):
        file = _printable(path.relative_to(raw_dir).as_posix())
        try:
            name = SampleName.parse(_printable(path.stem))
        except InputError as error:
            rejected[file] = str(error)
            continue
        if name in files:
            rejected[file] = f"a second file of this name; '{files[name].file}' is used instead"
        else:
            files[name] = SkeletonFile(name, path, file, path.stat().st_size)
    if not files and not rejected:
        raise InputError(
            f"RAW_DIR '{raw_dir}' holds no {SUFFIX} file, nor do its subfolders; name the folder "
            "into which the skeletons of NTU RGB+D were unpacked"
        )
    return _select(files, rejected, dataset)


def _select(
    files: dict[SampleName, SkeletonFile], rejected: dict[str, str], dataset: Dataset | None
) -> Found:
    if dataset is None:
        dataset = "ntu60" if all(name.belongs_to("ntu60") for name in files) else "ntu120"
    inside = [file for name, file in files.items() if name.belongs_to(dataset)]
    missing = [file for file in inside if str(file.name) in missing_names()]
    listed = "the authors of NTU RGB+D list its skeletons as missing or incomplete"
    return Found(
        dataset=dataset,
        files=[file for file in inside if str(file.name) not in missing_names()],
        rejected=rejected | {str(file.name): listed for file in missing},
        outside=len(files) - len(inside),
    )


def _walk(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder, onerror=_refuse):
        yield from (Path(root, name) for name in names if name.lower().endswith(SUFFIX))


def _refuse(error: OSError) -> None:
    raise InputError(
        f"folder '{error.filename}' cannot be read ({error.strerror}); check its permissions"
    )


def _printable(name: str) -> str:
    """A file name in which bytes that are no UTF-8 are replaced."""
    return os.fsencode(name).decode("utf-8", "replace")
