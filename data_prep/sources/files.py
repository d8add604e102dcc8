"""The files of folders, and of zips that are read without unpacking them."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeVar

from action_rec.errors import InputError
from action_rec.skeletons.formats.finding import printable
from action_rec.skeletons.parser import parse_skeleton
from action_rec.skeletons.recording import Recording
from action_rec.skeletons.recording_file import MAX_SKELETON_BYTES, read_recording_file
from data_prep.sources.zip_file import ZipMember, list_members, read_member

Name = TypeVar("Name")


class SourceFile(NamedTuple):
    """A file of a folder or zip.

    Attributes:
        source: The folder or the zip.
        file: Its path in there; bytes that are not UTF-8 are as `os.fsdecode` returns them.
        label: The same for messages, with the name of the source if there are several.
        size: In bytes, unpacked.
        member: Its entry in the zip; None in a folder.
    """

    source: Path
    file: str
    label: str
    size: int
    member: ZipMember | None = None

    @property
    def fingerprint(self) -> str:
        """The checksum that a zip lists; empty in a folder."""
        return str(self.member.crc) if self.member else ""

    def read(self, max_bytes: int) -> bytes:
        """Read the content.

        Raises:
            InputError: It cannot be read, or has more bytes than a recording can have.
        """
        try:
            if self.member is not None:
                return read_member(self.source, self.member, max_bytes)
            return read_recording_file(self.source / self.file, max_bytes)
        except InputError as error:
            raise InputError(f"file '{self.label}' {error}") from None
        except OSError as error:
            raise InputError(
                f"file '{self.label}' cannot be read ({error.strerror}); check the zip"
            ) from None


def read_skeleton(file: SourceFile) -> Recording:
    """Read and parse a .skeleton file.

    Raises:
        InputError: It cannot be read or parsed.
    """
    return parse_skeleton(file.read(MAX_SKELETON_BYTES), file.label)


def find_files(
    sources: Sequence[Path], suffix: str, parse: Callable[[str], Name]
) -> tuple[dict[Name, SourceFile], dict[str, str]]:
    """Find the recordings of a data set in folders, their subfolders, and zips.

    Args:
        sources: Folders, zips or single recordings; of two recordings of one name the one found
            first is used.
        suffix: What the names of the files end in, in lower or upper case.
        parse: Reads the name of a recording from that of a file without its suffix.

    Returns:
        The files by name, sorted; and those that cannot be used, each with the reason.

    Raises:
        InputError: A source does not exist, or there is no such file.
    """
    files: dict[Name, SourceFile] = {}
    rejected: dict[str, str] = {}
    for source in sources:
        try:
            listed = sorted(_list_source(source, suffix, rejected, labelled=len(sources) > 1))
        except InputError as error:
            if len(sources) == 1 or not source.is_file():
                raise
            rejected[source.name] = str(error)  # the other sources can still be converted
            continue
        for file in listed:
            try:
                name = parse(PurePosixPath(printable(file.file)).stem)
            except InputError as error:
                rejected[file.label] = str(error)
                continue
            if name in files:
                used = f"a second file of this name; '{files[name].label}' is used instead"
                rejected[file.label] = used
            else:
                files[name] = file
    if not files and not rejected:
        raise _nothing_in(sources, suffix)
    return dict(sorted(files.items())), rejected


def _list_source(
    source: Path, suffix: str, rejected: dict[str, str], *, labelled: bool
) -> Iterator[SourceFile]:
    prefix = f"{source.name}/" if labelled else ""
    if source.is_dir():
        for path in _walk(source, rejected):
            if path.name.lower().endswith(suffix):
                file = path.relative_to(source).as_posix()
                size = path.stat().st_size if path.is_file() else 0
                yield SourceFile(source, file, prefix + printable(file), size)
    elif source.is_file() and source.name.lower().endswith(suffix):
        name = printable(source.name)
        yield SourceFile(source.parent, source.name, name, source.stat().st_size)
    elif not source.exists():
        raise InputError(f"'{source}' does not exist; name the folder or the zip of the recordings")
    else:
        for member in list_members(source):
            # macOS adds hidden files with the same names.
            if member.file.lower().endswith(suffix) and not member.file.startswith("__MACOSX/"):
                label = prefix + printable(member.file)
                yield SourceFile(source, member.file, label, member.size, member)


def _walk(folder: Path, rejected: dict[str, str]) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        path = os.path.relpath(error.filename, folder)
        if path == ".":
            raise InputError(
                f"folder '{folder}' cannot be read ({error.strerror}); check its permissions"
            )
        rejected[printable(path)] = (
            f"the folder cannot be read ({error.strerror}); check its permissions"
        )

    for root, _, names in os.walk(folder, onerror=refuse):
        yield from (Path(root, name) for name in names)


def _nothing_in(sources: Sequence[Path], suffix: str) -> InputError:
    places = " and ".join(f"'{source}'" for source in sources)
    zips = sorted(path for source in sources if source.is_dir() for path in source.glob("*.zip"))
    remedy = "name the folder or the zip of the recordings"
    if zips:
        remedy = f"name the zips in it instead, such as '{zips[0]}'"
    return InputError(f"{places} holds no {suffix} file; {remedy}")
