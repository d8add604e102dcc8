"""The speakers and sentences of the synthetic corpus, drawn from a seed."""

from typing import NamedTuple

import numpy as np

from action_rec.long_memory.speech.espeak import Voice
from action_rec.long_memory.speech.words import WORDS

# Variants of the voice en-us, men and women; those of TEST are heard nowhere else.
_VARIANTS = {
    "TRAIN": ("m1", "f1", "m2", "f2", "m3", "f3", "m4", "m5", "m6"),
    "TEST": ("m7", "f4", "m8", "f5"),
}
_REGIONS = 8
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_READ_BY_ALL = 2  # SA1 and SA2
_FEWEST_WORDS, _MOST_WORDS = 5, 8
_LOUDEST_NOISE = 30.0  # standard deviation of the noise of a recording, of 32,768


class Speaker(NamedTuple):
    """A speaker of the corpus.

    Attributes:
        part: ``TRAIN`` or ``TEST``.
        region: Dialect region, from 1; a folder only, since all speak the same dialect.
        name: Sex, three initials and a digit, as in TIMIT.
        voice: How the speaker sounds.
        noise: Standard deviation of the noise of the recordings, in steps of 16 bits.
        texts: Text of each sentence, by its name.
    """

    part: str
    region: int
    name: str
    voice: Voice
    noise: float
    texts: dict[str, str]


def draw_speakers(train: int, test: int, sentences: int, seed: int) -> list[Speaker]:
    """Draw the speakers of a corpus.

    Args:
        train: Number of speakers in ``TRAIN``.
        test: Number of speakers in ``TEST``.
        sentences: Number of sentences of a speaker, besides SA1 and SA2.
        seed: Seed of names, voices and texts.
    """
    common = np.random.default_rng((seed, 0))
    read_by_all = {f"SA{i + 1}": _text(common) for i in range(_READ_BY_ALL)}
    speakers: list[Speaker] = []
    for part, count in (("TRAIN", train), ("TEST", test)):
        for index in range(count):
            # A stream for each speaker: more speakers or sentences leave the others as they are.
            rng = np.random.default_rng((seed, 1, part == "TEST", index))
            variant = _VARIANTS[part][index % len(_VARIANTS[part])]
            voice = Voice(
                f"en-us+{variant}",
                rate=int(rng.integers(120, 200)),
                pitch=int(rng.integers(30, 70)),
                pitch_range=int(rng.integers(30, 70)),
            )
            initials = "".join(rng.choice(list(_LETTERS), 3))
            names = [f"{variant[0].upper()}{initials}{digit}" for digit in range(10)]
            taken = {one.name for one in speakers}
            name = next(name for name in names if name not in taken)
            noise = float(rng.uniform(0, _LOUDEST_NOISE))
            own = {f"SX{i + 1}": _text(rng) for i in range(sentences)}
            texts = {**read_by_all, **own}
            speakers.append(Speaker(part, index % _REGIONS + 1, name, voice, noise, texts))
    return speakers


def _text(rng: np.random.Generator) -> str:
    count = int(rng.integers(_FEWEST_WORDS, _MOST_WORDS + 1))
    words = [str(word) for word in rng.choice(WORDS, count)]
    pause = int(rng.integers(0, count))  # 0: none
    if pause:
        words[pause - 1] += ","
    return f"{' '.join(words).capitalize()}."
