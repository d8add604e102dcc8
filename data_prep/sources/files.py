"""The files of a folder, or of a zip that is read without unpacking it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from action_rec.errors import InputError
from data_prep.sources.zip_file import ZipMember, list_members, read_member


@dataclass(frozen=True)
class Member:
    """A file.

    Attributes:
        file: Its path inside the folder or the zip.
        size: In bytes, unpacked.
        read: Gives its content, or raises InputError.
    """

    file: str
    size: int
    read: Callable[[], bytes]

    @property
    def stem(self) -> str:
        """Its name without folder and suffix."""
        return PurePosixPath(self.file).stem


def members(raw: Path, suffix: str, most: int) -> list[Member]:
    """List the files of a kind in a folder, with its subfolders, or in a zip, by name.

    Args:
        raw: The folder or the zip.
        suffix: What their names end in.
        most: Bytes that one of them may have.

    Raises:
        InputError: It does not exist, is neither of the two, or holds no such file.
    """
    if not raw.exists():
        raise InputError(f"'{raw}' does not exist; name the folder or the zip of the recordings")
    found = _in_folder(raw, suffix, most) if raw.is_dir() else _in_zip(raw, suffix, most)
    if not found:
        raise InputError(f"'{raw}' holds no {suffix} file; name where the recordings are")
    return sorted(found, key=lambda member: member.file)


def _in_folder(folder: Path, suffix: str, most: int) -> list[Member]:
    files = [path for path in folder.rglob(f"*{suffix}") if path.is_file()]
    return [
        Member(path.relative_to(folder).as_posix(), path.stat().st_size, partial(_load, path, most))
        for path in files
    ]


def _in_zip(path: Path, suffix: str, most: int) -> list[Member]:
    # A Mac adds shadow files under the same names.
    return [
        Member(member.file, member.size, partial(_unpack, path, member, most))
        for member in list_members(path)
        if member.file.endswith(suffix) and not member.file.startswith("__MACOSX/")
    ]


def _load(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise InputError(f"it cannot be read ({error.strerror}); check its permissions") from None
    if len(data) > most:
        raise InputError(f"it has more than the {most:,} bytes of a recording; leave it out")
    return data


def _unpack(path: Path, member: ZipMember, most: int) -> bytes:
    try:
        return read_member(path, member, most)
    except InputError as error:
        raise InputError(f"it {error}") from None
    except OSError as error:
        raise InputError(f"it cannot be read ({error.strerror}); check the zip") from None
