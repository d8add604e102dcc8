"""Reading the bytes of a file that should be a recording."""

from pathlib import Path

from action_rec.errors import InputError

# Of a .skeleton file: five times the longest, 300 frames with 6 bodies of 3.6 kB each.
MAX_SKELETON_BYTES = 32 << 20


def read_recording_file(path: Path, max_bytes: int) -> bytes:
    """Read a regular file.

    Args:
        path: The file.
        max_bytes: The size that a recording can have.

    Raises:
        InputError: It is not a regular file, is too large or cannot be read; the message lacks its
            subject, the file.
    """
    try:
        if not path.is_file():  # reading a pipe would block forever
            raise InputError("is no file, or a link to none; remove it")
        if (size := path.stat().st_size) > max_bytes:
            raise InputError(
                f"has {size:,} bytes, more than the {max_bytes:,} that a recording can have; "
                "leave it out"
            )
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}); check its permissions") from None
