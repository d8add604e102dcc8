"""The memory of this machine, and a check that what a config asks for fits into it."""

import os

from action_rec.errors import InputError


def check_memory(what: str, needed: float) -> None:
    """Check that an array can be allocated, before anything is.

    Linux grants more memory than there is and ends the process that uses it.

    Args:
        what: The arguments that decide the size, for the message.
        needed: The bytes that it needs at least.

    Raises:
        InputError: This machine has less memory than that.
    """
    present = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > present:
        raise InputError(
            f"{what} would need at least {needed / 2**30:.3g} GiB of memory, but this machine has "
            f"{present / 2**30:.3g} GiB; use smaller values"
        )
