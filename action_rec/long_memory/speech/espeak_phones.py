"""From the phones of the synthesizer espeak-ng (voice en-us) to those of TIMIT."""

import numpy as np

from action_rec.errors import InputError
from action_rec.long_memory.speech.espeak import Spoken
from action_rec.long_memory.speech.transcription import Phone

_PAUSE, _EDGE = "pau", "h#"  # between two phones, and at both ends of a sentence

_TIMIT = {
    **dict.fromkeys(("_", "_:", "_!", "_|", "_^_", "_::"), _PAUSE),
    **{"i": "iy", "i:": "iy", "I": "ih", "I2": "ih", "I#": "ix", "E": "eh", "a": "ae", "aa": "ae"},
    **{"A:": "aa", "0": "aa", "O:": "ao", "O2": "ao", "V": "ah", "U": "uh", "u:": "uw"},
    **{"@": "ax", "@2": "ax", "@-": "ax", "a#": "ax", "3": "axr", "3:": "er"},
    **{"eI": "ey", "aI": "ay", "OI": "oy", "aU": "aw", "oU": "ow"},
    **{"m": "m", "n": "n", "N": "ng", "n-": "en", "l": "l", "@L": "el", "r": "r", "r-": "r"},
    **{"w": "w", "j": "y", ";": "y", "h": "hh", "?": "q"},
    **{"p": "p", "b": "b", "t": "t", "t2": "t", "d": "d", "k": "k", "g": "g", "t#": "dx"},
    **{"tS": "ch", "dZ": "jh", "f": "f", "v": "v", "T": "th", "D": "dh"},
    **{"s": "s", "z": "z", "S": "sh", "Z": "zh"},
}
_CLOSURES = {
    **{"p": "pcl", "t": "tcl", "k": "kcl", "b": "bcl", "d": "dcl", "g": "gcl"},
    **{"ch": "tcl", "jh": "dcl"},
}
_SHORTEST_CLOSURE = 0.01  # seconds


def timit_phones(spoken: Spoken) -> list[Phone]:
    """Return the phones of a sentence in TIMIT's names.

    The synthesizer counts the silence before a stop to the phone before it. TIMIT has a phone of
    its own for it, the closure, which begins where the samples become 0.

    Raises:
        InputError: The synthesizer used a phone that is not known here.
    """
    starts = [start for start, _ in spoken.phones]
    ends = [*starts[1:], len(spoken.samples)]
    found = [Phone(0, starts[0], _PAUSE)]
    for start, end, (_, name) in zip(starts, ends, spoken.phones, strict=True):
        if name not in _TIMIT:
            raise InputError(
                f"espeak-ng uses the phone '{name}', whose counterpart in TIMIT is not known; use "
                "espeak-ng 1.51"
            )
        phone = Phone(start, end, _TIMIT[name])
        found += [*_closure(spoken, found, phone), phone]
    whole = [phone for phone in found if phone.start < phone.end]
    return _with_edges(_joined(whole))


def _closure(spoken: Spoken, found: list[Phone], stop: Phone) -> list[Phone]:
    """Take the silence before a stop from the phone before it."""
    before = found[-1]
    if stop.name not in _CLOSURES or before.name == _PAUSE:
        return []
    sounding = np.flatnonzero(spoken.samples[before.start : before.end])
    silence = before.start + int(sounding[-1]) + 1 if len(sounding) else before.end
    if before.end - silence < _SHORTEST_CLOSURE * spoken.rate:
        return []
    found[-1] = before._replace(end=silence)
    return [Phone(silence, before.end, _CLOSURES[stop.name])]


def _joined(phones: list[Phone]) -> list[Phone]:
    """Join pauses that follow each other."""
    joined: list[Phone] = []
    for phone in phones:
        if joined and joined[-1].name == phone.name == _PAUSE:
            joined[-1] = joined[-1]._replace(end=phone.end)
        else:
            joined.append(phone)
    return joined


def _with_edges(phones: list[Phone]) -> list[Phone]:
    """Name the pauses at both ends."""
    ends = (0, len(phones) - 1)
    return [
        phone._replace(name=_EDGE) if index in ends and phone.name == _PAUSE else phone
        for index, phone in enumerate(phones)
    ]
