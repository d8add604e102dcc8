"""Read the members of a zip in place; nothing is unpacked, and its claims are checked.

The format: APPNOTE.TXT of PKWARE. The standard library reads the list of members. This module reads
a member by its offset, so that worker processes do not need the list, and never inflates more bytes
than a recording can have.
"""

import struct
import zlib
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from action_rec.errors import InputError

_LOCAL_HEADER = struct.Struct("<4s22x2H")  # of 30 bytes: signature, lengths of name and extra field
_SIGNATURE = b"PK\3\4"
_ENCRYPTED = 1  # bit of the flags


class ZipMember(NamedTuple):
    """A file in a zip: its sizes and checksum as listed, and the offset of its header."""

    file: str
    size: int
    packed: int
    crc: int
    offset: int
    method: int
    flags: int


def list_members(path: Path) -> list[ZipMember]:
    """List the files of a zip.

    Raises:
        InputError: It is not a zip, or its end, which holds the list, is damaged or missing.
    """
    try:
        with ZipFile(path) as archive:
            return [
                ZipMember(
                    file=info.filename,
                    size=info.file_size,
                    packed=info.compress_size,
                    crc=info.CRC,
                    offset=info.header_offset,
                    method=info.compress_type,
                    flags=info.flag_bits,
                )
                for info in archive.infolist()
                if not info.is_dir()
            ]
    # Besides its own error, zipfile raises those of decoding and of unpacking numbers.
    except (BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise InputError(
            f"'{path}' is no folder and no zip, or a damaged or incomplete zip ({error}); name "
            "a folder or a zip, and download a damaged zip again"
        ) from None
    except OSError as error:
        raise InputError(f"'{path}' cannot be read ({error.strerror}); check the file") from None


def read_member(path: Path, member: ZipMember, max_bytes: int) -> bytes:
    """Read the content of a file in a zip.

    Args:
        path: The zip.
        member: The file.
        max_bytes: The size that it can have.

    Raises:
        InputError: It is too large, encrypted, packed in an unknown way or damaged.
        OSError: The zip cannot be read.
    """
    if member.flags & _ENCRYPTED:
        raise InputError("is encrypted; unpack the zip with its password and name the folder")
    if member.method not in (ZIP_STORED, ZIP_DEFLATED):
        raise InputError(
            f"is packed by method {member.method}, but only deflate can be read; unpack the zip "
            "and name the folder"
        )
    if max(member.size, member.packed) > max_bytes:
        raise InputError(
            f"claims {max(member.size, member.packed):,} bytes, more than the {max_bytes:,} that a "
            "recording can have; leave it out"
        )
    packed = _packed_bytes(path, member)
    data = packed if member.method == ZIP_STORED else _inflate(packed, member.size)
    if len(data) != member.size or zlib.crc32(data) != member.crc:
        raise InputError("is damaged in the zip (wrong checksum); download the zip again")
    return data


def _packed_bytes(path: Path, member: ZipMember) -> bytes:
    with path.open("rb") as archive:
        archive.seek(member.offset)
        header = archive.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(_SIGNATURE):
            raise InputError("is damaged in the zip (no header); download the zip again")
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        archive.seek(name_length + extra_length, 1)
        return archive.read(member.packed)


def _inflate(packed: bytes, size: int) -> bytes:
    try:
        # One byte more than listed is enough to detect a wrong size.
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size + 1)
    except zlib.error as error:
        raise InputError(f"is damaged in the zip ({error}); download the zip again") from None
