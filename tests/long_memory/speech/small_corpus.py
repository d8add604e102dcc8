"""A small corpus in TIMIT's layout, whose phones are tones, and files as TIMIT has them."""

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
TONES = {"h#": 0, "iy": 500, "s": 3000, "ao": 1200}  # Hz
Timed = list[tuple[int, str]]  # the samples of each phone, and its name


def sphere(samples: NDArray[np.int16]) -> bytes:
    """Return a NIST SPHERE file with the header fields of TIMIT."""
    fields = {
        "database_id -s5": "TIMIT",
        "channel_count -i": 1,
        "sample_count -i": len(samples),
        "sample_rate -i": RATE,
        "sample_n_bytes -i": 2,
        "sample_byte_format -s2": "01",
        "sample_sig_bits -i": 16,
    }
    lines = ["NIST_1A", "   1024", *(f"{name} {value}" for name, value in fields.items())]
    header = "\n".join([*lines, "end_head", ""]).encode().ljust(1024)
    return header + samples.astype("<i2").tobytes()


def wav(
    samples: NDArray[np.int16], *, channels: int = 1, rate: int = RATE, width: int = 2
) -> bytes:
    """Return a RIFF WAV file."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def tones(phones: Timed, seed: int = 0) -> NDArray[np.int16]:
    """Return the tone of each phone in turn, with noise."""
    parts = [
        4000 * np.sin(2 * np.pi * TONES.get(name, 2000) / RATE * np.arange(count))
        for count, name in phones
    ]
    clean = np.concatenate(parts)
    return (clean + np.random.default_rng(seed).normal(0, 30, len(clean))).astype(np.int16)


def transcription(phones: Timed) -> str:
    """Return the lines of a .PHN file."""
    ends = np.cumsum([count for count, _ in phones]).tolist()
    starts = [0, *ends[:-1]]
    timed = zip(starts, ends, phones, strict=True)
    return "".join(f"{start} {end} {name}\n" for start, end, (_, name) in timed)


def write_sentence(folder: Path, name: str, phones: Timed, *, riff: bool = False) -> None:
    """Write ``NAME.WAV`` and ``NAME.PHN``."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = tones(phones)
    (folder / f"{name}.WAV").write_bytes(wav(samples) if riff else sphere(samples))
    (folder / f"{name}.PHN").write_text(transcription(phones))


def speech_folder(folder: Path, sentences: int = 2) -> Path:
    """Write three train speakers and one test speaker with so many sentences each, and SA1."""
    rng = np.random.default_rng(0)
    for place in ("TRAIN/DR1/FAAA0", "TRAIN/DR1/MBBB0", "TRAIN/DR2/MCCC0", "TEST/DR1/FDDD0"):
        for name in ("SA1", *(f"SX{number + 1}" for number in range(sentences))):
            names = [str(one) for one in rng.choice(list(TONES), 8)]
            phones = [(int(rng.integers(1000, 2000)), one) for one in names]
            write_sentence(folder / place, name, phones, riff=name == "SX2")
    return folder
