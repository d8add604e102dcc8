"""Import the libraries of the extra ``speech``."""

import importlib
from typing import Any

from action_rec.errors import InputError


def speech_library(name: str) -> Any:  # noqa: ANN401 (a module)
    """Import ``soundfile`` or ``kaldi_native_fbank``.

    Raises:
        InputError: It cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:  # OSError: soundfile without its C library
        raise InputError(
            f"speech needs the library {name}, which cannot be imported ({error}); run 'pip "
            "install action_rec[speech]'"
        ) from error
