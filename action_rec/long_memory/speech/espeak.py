"""Speak sentences with the C library libespeak-ng, which reports when each phone begins.

What it says depends on what the process said before. So every speaker has a process of its own,
which loads this module and NumPy only.
"""

import ctypes
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from action_rec.errors import InputError

# Of speak_lib.h, the interface of espeak and espeak-ng.
_SYNCHRONOUS = 2
_PHONEME_EVENTS, _DONT_EXIT = 0x0001, 0x8000
_RATE, _PITCH, _RANGE = 1, 3, 4
_UTF8 = 1
_LIST_TERMINATED, _PHONEME = 0, 7
_NAMES = ("libespeak-ng.so.1", "libespeak-ng.so", "libespeak-ng.dylib")


class Voice(NamedTuple):
    """How a speaker sounds.

    Attributes:
        name: Voice of espeak-ng, e.g. ``en-us+f2``.
        rate: Words per minute.
        pitch: From 0 to 99; 50 is that of the voice.
        pitch_range: From 0, monotone, to 99.
    """

    name: str
    rate: int
    pitch: int
    pitch_range: int


class Spoken(NamedTuple):
    """What the synthesizer said.

    Attributes:
        samples: int16 (N,).
        rate: Samples per second.
        phones: The first sample and the synthesizer's name of each phone.
    """

    samples: NDArray[np.int16]
    rate: int
    phones: list[tuple[int, str]]


class _Id(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    )


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


def load_library() -> Any:  # noqa: ANN401 (a library)
    """Load libespeak-ng.

    Raises:
        InputError: It is not installed.
    """
    for name in _NAMES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise InputError(
        "synthesize-speech needs the synthesizer espeak-ng, whose library libespeak-ng is not "
        "installed; install it, on Debian and Ubuntu with 'apt-get install libespeak-ng1'"
    )


def speak(voice: Voice, texts: list[str]) -> list[Spoken]:
    """Speak texts in a fresh process; in another, the samples may differ from run to run.

    Raises:
        InputError: The library is missing, or does not have the voice.
    """
    library = load_library()
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, None, _PHONEME_EVENTS | _DONT_EXIT)
    if rate <= 0:
        raise InputError(
            "espeak-ng does not start, probably because its data are not installed; install them, "
            "on Debian and Ubuntu with 'apt-get install espeak-ng-data'"
        )
    known = library.espeak_SetVoiceByName(voice.name.encode()) == 0
    if not known or not _has_variant(library, voice.name):
        raise InputError(
            f"espeak-ng has no voice '{voice.name}'; install its data, on Debian and Ubuntu with "
            "'apt-get install espeak-ng-data'"
        )
    for parameter, value in (
        (_RATE, voice.rate),
        (_PITCH, voice.pitch),
        (_RANGE, voice.pitch_range),
    ):
        library.espeak_SetParameter(parameter, value, 0)
    return [_speak(library, rate, text) for text in texts]


def _has_variant(library: Any, name: str) -> bool:  # noqa: ANN401
    """Whether there is the variant ``f2`` of ``en-us+f2``; espeak-ng ignores one that it lacks."""
    variant = name.partition("+")[2]
    data = ctypes.c_char_p()
    library.espeak_Info(ctypes.byref(data))
    return not variant or Path(os.fsdecode(data.value or b""), "voices", "!v", variant).is_file()


def _speak(library: Any, rate: int, text: str) -> Spoken:  # noqa: ANN401
    chunks: list[NDArray[np.int16]] = []
    phones: list[tuple[int, str]] = []

    def receive(samples: Any, count: int, events: Any) -> int:  # noqa: ANN401 (C pointers)
        if samples and count > 0:
            chunks.append(np.ctypeslib.as_array(samples, (count,)).astype(np.int16))
        index = 0
        while events[index].type != _LIST_TERMINATED:
            event = events[index]
            if event.type == _PHONEME:
                phones.append((event.sample, event.id.string.decode("utf-8", "replace")))
            index += 1
        return 0

    callback = _Callback(receive)  # kept until all is said
    library.espeak_SetSynthCallback(callback)
    encoded = text.encode()
    library.espeak_Synth(encoded, len(encoded) + 1, 0, 0, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    if not chunks or not phones:
        raise InputError(f"espeak-ng said nothing for '{text}'; install another release, e.g. 1.51")
    return Spoken(np.concatenate(chunks), rate, phones)
