"""Finding the recordings of NTU RGB+D in folders and zips, and telling which of them to convert."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from action_rec.errors import InputError
from action_rec.skeletons.ntu import Dataset, SampleName, missing_names
from data_prep.sources.zip_file import ZipMember, list_members, read_member

SUFFIX = ".skeleton"
# Five times what a Kinect v2 can write: 6 bodies of 3.6 kB in each of 300 frames, the longest.
MOST_BYTES = 32 << 20


class SkeletonFile(NamedTuple):
    """A file whose name is that of a recording.

    Attributes:
        name: The recording.
        source: The folder or the zip that holds it.
        file: Where in there; bytes that are no UTF-8 are as `os.fsdecode` gives them.
        label: The same for sentences, with the name of the source if there are several.
        size: In bytes.
        member: What a zip says of it; None in a folder.
    """

    name: SampleName
    source: Path
    file: str
    label: str
    size: int
    member: ZipMember | None = None

    def read(self) -> bytes:
        """The content.

        Raises:
            InputError: It cannot be read, or is too large for a recording.
        """
        try:
            if self.member is not None:
                return read_member(self.source, self.member, MOST_BYTES)
            return self._read_from_folder()
        except InputError as error:
            raise InputError(f"file '{self.label}' {error}") from None
        except OSError as error:
            raise InputError(
                f"file '{self.label}' cannot be read ({error.strerror}); check it and convert again"
            ) from None

    def _read_from_folder(self) -> bytes:
        path = self.source / self.file
        if not path.is_file():  # reading a pipe would wait for ever
            raise InputError("is no file, or a link to none; remove it")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InputError(
                f"has {size:,} bytes, more than the {MOST_BYTES:,} that a recording can have; "
                "leave it out"
            )
        return path.read_bytes()


@dataclass(frozen=True)
class Found:
    """What the folders and zips hold.

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
        """The number of `.skeleton` files."""
        return len(self.files) + len(self.rejected) + self.outside


def find_recordings(sources: Sequence[Path], dataset: Dataset | None) -> Found:
    """Search folders, their subfolders, and zips.

    Args:
        sources: Folders or zips; of two recordings of one name the one found first is taken.
        dataset: The data set to convert to; if not given, NTU60 where all names belong to it, else
            NTU120.

    Raises:
        InputError: One of them does not exist, or there is no `.skeleton` file.
    """
    rejected: dict[str, str] = {}
    files: dict[SampleName, SkeletonFile] = {}
    for source in sources:
        try:
            listed = sorted(_list_zip(source) if source.is_file() else _list_folder(source))
        except InputError as error:
            if len(sources) == 1 or not source.is_file():
                raise
            rejected[source.name] = str(error)  # the other sources can still be converted
            continue
        prefix = f"{source.name}/" if len(sources) > 1 else ""
        for file, size, member in listed:
            label = prefix + _printable(file)
            try:
                name = SampleName.parse(PurePosixPath(_printable(file)).stem)
            except InputError as error:
                rejected[label] = str(error)
                continue
            if name in files:
                taken = f"a second file of this name; '{files[name].label}' is used instead"
                rejected[label] = taken
            else:
                files[name] = SkeletonFile(name, source, file, label, size, member)
    if not files and not rejected:
        raise _nothing_in(sources)
    return _select(dict(sorted(files.items())), rejected, dataset)


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


def _list_zip(path: Path) -> Iterator[tuple[str, int, ZipMember]]:
    for member in list_members(path):
        # A Mac adds shadow files under the same names.
        if member.file.lower().endswith(SUFFIX) and not member.file.startswith("__MACOSX/"):
            yield member.file, member.size, member


def _list_folder(folder: Path) -> Iterator[tuple[str, int, None]]:
    if not folder.is_dir():
        raise InputError(
            f"RAW_DIR '{folder}' does not exist; name the folder that holds the {SUFFIX} files, or "
            "the zip of it"
        )
    for root, _, names in os.walk(folder, onerror=_refuse):
        for name in names:
            if name.lower().endswith(SUFFIX):
                path = Path(root, name)
                size = path.stat().st_size if path.is_file() else 0
                yield path.relative_to(folder).as_posix(), size, None


def _refuse(error: OSError) -> None:
    raise InputError(
        f"folder '{error.filename}' cannot be read ({error.strerror}); check its permissions"
    )


def _nothing_in(sources: Sequence[Path]) -> InputError:
    places = " and ".join(f"'{source}'" for source in sources)
    zips = sorted(path for source in sources if source.is_dir() for path in source.glob("*.zip"))
    if zips:
        remedy = f"name the zips in it instead, such as '{zips[0]}'"
    else:
        remedy = "name the folder or the zip of the skeletons of NTU RGB+D"
    return InputError(f"RAW_DIR {places} holds no {SUFFIX} file, nor do its subfolders; {remedy}")


def _printable(name: str) -> str:
    """A file name in which bytes that are no UTF-8 are replaced."""
    return os.fsencode(name).decode("utf-8", "replace")
