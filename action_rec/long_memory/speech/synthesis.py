"""Write a synthetic corpus in TIMIT's layout."""

import io
import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.signal import resample_poly

from action_rec.console.writing import write_durably, write_text
from action_rec.errors import InputError
from action_rec.long_memory.loading import check_at_least
from action_rec.long_memory.speech.espeak import Spoken, load_library, speak
from action_rec.long_memory.speech.espeak_phones import timit_phones
from action_rec.long_memory.speech.features import RATE
from action_rec.long_memory.speech.libraries import speech_library
from action_rec.long_memory.speech.speakers import Speaker, draw_speakers
from action_rec.long_memory.speech.transcription import Phone

_EDGES = (0.1, 0.25)  # seconds of silence before and after a sentence
_LOUDEST = 32_767


def synthesize_speech(
    out: Path, *, speakers: int = 24, test_speakers: int = 8, sentences: int = 10, seed: int = 0
) -> None:
    """Write a corpus in TIMIT's layout, spoken by the synthesizer espeak-ng.

    Every speaker has a voice, a speed, a pitch and a level of noise; the voices of the test
    speakers are heard in TEST alone. The audio files are SPHERE files. The same seed and release of
    espeak-ng give the same files. Train on it with --data.path OUT --data.test_speakers complete.

    Args:
        out: Folder to write, which must not exist.
        speakers: Number of speakers in TRAIN.
        test_speakers: Number of speakers in TEST.
        sentences: Number of sentences of each speaker, besides SA1 and SA2.
        seed: Seed of voices, texts and noise.

    Raises:
        InputError: The folder exists, a number is too small, or espeak-ng or soundfile is missing.
    """
    check_at_least(2, speakers=speakers)
    check_at_least(1, test_speakers=test_speakers, sentences=sentences)
    check_at_least(0, seed=seed)
    if out.exists():
        raise InputError(f"{out} exists already; remove it or give another folder")
    load_library()
    speech_library("soundfile")
    drawn = draw_speakers(speakers, test_speakers, sentences, seed)
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for speaker, spoken in _speak_all(drawn):
        _write_speaker(partial, speaker, spoken, seed)
    partial.rename(out)
    print(
        f"{out}: {speakers} speakers in TRAIN and {test_speakers} in TEST, with {sentences} "
        "sentences each besides SA1 and SA2"
    )


def _speak_all(speakers: list[Speaker]) -> Iterator[tuple[Speaker, list[Spoken]]]:
    """Yield what each speaker says; see `espeak` for why each has a process."""
    workers = min(len(speakers), os.cpu_count() or 1)
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), max_tasks_per_child=1
    ) as pool:
        texts = [list(one.texts.values()) for one in speakers]
        said = pool.map(speak, [one.voice for one in speakers], texts)
        try:
            yield from track(
                zip(speakers, said, strict=True),
                "speaking",
                total=len(speakers),
                console=Console(stderr=True),
                transient=True,
                disable=not sys.stderr.isatty(),
            )
        except BrokenProcessPool as error:
            raise InputError(
                "a process of espeak-ng ended before it had spoken all sentences; try again, or "
                "install another release of espeak-ng, e.g. 1.51"
            ) from error


def _write_speaker(out: Path, speaker: Speaker, spoken: list[Spoken], seed: int) -> None:
    folder = out / speaker.part / f"DR{speaker.region}" / speaker.name
    for number, ((name, text), said) in enumerate(zip(speaker.texts.items(), spoken, strict=True)):
        letters = [ord(letter) for letter in speaker.name]
        rng = np.random.default_rng((seed, 2, number, *letters))
        samples, phones = record(said, speaker.noise, rng)
        write_durably(folder / f"{name}.WAV", _sphere(samples))
        lines = [f"{phone.start} {phone.end} {phone.name}\n" for phone in phones]
        write_text(folder / f"{name}.PHN", "".join(lines))
        write_text(folder / f"{name}.TXT", f"0 {len(samples)} {text}\n")


def record(
    spoken: Spoken, noise: float, rng: np.random.Generator
) -> tuple[NDArray[np.int16], list[Phone]]:
    """Return samples (N,) at 16 kHz with noise and with silence at both ends, and their phones.

    Args:
        spoken: What the synthesizer said.
        noise: Standard deviation of the noise, in steps of 16 bits.
        rng: Draws the noise and the length of the silences.
    """
    voice = resample_poly(spoken.samples.astype(np.float64), RATE, spoken.rate)
    before, after = (int(RATE * seconds) for seconds in rng.uniform(*_EDGES, 2))
    clean = np.pad(voice, (before, after))
    noisy = clean + rng.normal(0, noise, len(clean))
    samples = noisy.round().clip(-_LOUDEST, _LOUDEST).astype(np.int16)
    scale = RATE / spoken.rate
    moved = [
        Phone(before + round(phone.start * scale), before + round(phone.end * scale), phone.name)
        for phone in timit_phones(spoken)
    ]
    return samples, _reach_the_ends(moved, len(samples))


def _reach_the_ends(phones: list[Phone], samples: int) -> list[Phone]:
    """Extend the silences at both ends, or add them."""
    edge = "h#"
    first, last = phones[0], phones[-1]
    inner = phones[first.name == edge : len(phones) - (last.name == edge)]
    start, end = inner[0].start, inner[-1].end
    return [Phone(0, start, edge), *inner, Phone(end, samples, edge)]


def _sphere(samples: NDArray[np.int16]) -> bytes:
    content = io.BytesIO()
    soundfile = speech_library("soundfile")
    soundfile.write(content, samples, RATE, format="NIST", subtype="PCM_16")
    return content.getvalue()
