"""Read the audio files of TIMIT, NIST SPHERE or RIFF WAV, by the library soundfile."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.long_memory.speech.features import RATE, WINDOW
from action_rec.long_memory.speech.libraries import speech_library

_FORMATS = ("NIST", "WAV", "WAVEX")


def read_audio(path: Path) -> NDArray[np.int16]:
    """Read the samples (N,) of a recording of one channel, 16 bits and 16 kHz.

    Raises:
        InputError: The file is no such recording, or shorter than a frame.
    """
    soundfile = speech_library("soundfile")
    try:
        with soundfile.SoundFile(io.BytesIO(path.read_bytes())) as file:
            _check_format(path, file)
            samples: NDArray[np.int16] = file.read(dtype="int16")
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"{path} cannot be read as a WAV or SPHERE file ({error.error_string}); copy it again"
        ) from error
    if len(samples) < WINDOW:
        raise InputError(
            f"{path} has {len(samples)} samples, but a frame needs {WINDOW}; the file is truncated "
            "or empty, copy it again"
        )
    return samples


def _check_format(path: Path, file: Any) -> None:  # noqa: ANN401 (of a library without types)
    found = (file.format, file.subtype, file.channels, file.samplerate)
    if file.format not in _FORMATS or found[1:] != ("PCM_16", 1, RATE):
        raise InputError(
            f"{path} is {file.format} with {file.subtype} in {file.channels} channels at "
            f"{file.samplerate} Hz, but WAV or SPHERE with 16-bit PCM in one channel at {RATE} Hz "
            "is needed; convert it, e.g. with sox"
        )
