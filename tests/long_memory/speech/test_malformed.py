"""Test that damaged corpora are refused in one sentence, with damages drawn from a seed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from action_rec.errors import InputError
from action_rec.long_memory import SpeechData
from action_rec.long_memory.speech.audio import read_audio
from action_rec.long_memory.speech.folder import find_sentences
from action_rec.long_memory.speech.transcription import read_phones
from tests.long_memory.speech.small_corpus import (
    speech_folder,
    sphere,
    tones,
    transcription,
    wav,
    write_sentence,
)

pytest.importorskip("soundfile")
pytest.importorskip("kaldi_native_fbank")

PHONES = [(700, "h#"), (800, "s"), (900, "iy"), (600, "kcl"), (500, "k"), (700, "h#")]
SAMPLES = tones(PHONES)
Rng = np.random.Generator
Lines = list[list[str]]
Result = TypeVar("Result")


def _any(lines: Lines, rng: Rng) -> list[str]:
    return lines[int(rng.integers(len(lines)))]


def _set(column: int, values: list[str]) -> Callable[[Lines, Rng], None]:
    def damage(lines: Lines, rng: Rng) -> None:
        _any(lines, rng)[column] = values[int(rng.integers(len(values)))]

    return damage


def _shift(lines: Lines, rng: Rng) -> None:
    """Let a phone start within the one before it."""
    line = lines[int(rng.integers(1, len(lines)))]
    line[0] = str(int(line[0]) - int(rng.integers(1, 400)))


def _beyond(lines: Lines, rng: Rng) -> None:
    lines[-1][1] = str(len(SAMPLES) + int(rng.integers(1, 10**6)))


def _reverse(lines: Lines, rng: Rng) -> None:
    line = _any(lines, rng)
    line[0], line[1] = line[1], line[0]


NO_TIMES = ["1.5", "-3", "1e3", "0x10", "٣", "1_0", "+4", "nan", "²", "9" * 5000, "\x1b[31m"]
NO_PHONES = ["aaa", "q#", "sil ", "\x00", "ß", "\x1b]0;", "H#H#" * 100]
DAMAGES: dict[str, Callable[[Lines, Rng], object]] = {
    "a word less": lambda lines, rng: _any(lines, rng).pop(int(rng.integers(3))),
    "a word more": lambda lines, rng: _any(lines, rng).append("s"),
    "start": _set(0, NO_TIMES),
    "end": _set(1, NO_TIMES),
    "phone": _set(2, NO_PHONES[:2] + NO_PHONES[3:]),
    "overlap": _shift,
    "beyond the end": _beyond,
    "end before start": _reverse,
    "no length": lambda lines, rng: lines.__setitem__(0, ["0", "0", "h#"]),
    "empty": lambda lines, rng: lines.clear(),
    "exchanged": lambda lines, rng: lines.reverse(),
}


def attempt(read: Callable[[], Result]) -> tuple[Result | None, str]:
    """Return what is read, or the sentence that refuses it."""
    try:
        return read(), ""
    except InputError as error:
        return None, str(error)


def sentence_of(raised: pytest.ExceptionInfo[InputError], path: Path) -> str:
    text = str(raised.value)
    assert str(path) in text
    assert text.isprintable()
    assert "; " in text or ", " in text
    return text


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_transcription_is_refused(
    damage: Callable[[Lines, Rng], object], seed: int, tmp_path: Path
) -> None:
    lines = [line.split() for line in transcription(PHONES).splitlines()]
    damage(lines, np.random.default_rng(seed))
    path = tmp_path / "SX1.PHN"
    path.write_text("\n".join(" ".join(line) for line in lines), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_phones(path, len(SAMPLES))
    assert len(sentence_of(raised, path)) < 1000


@pytest.mark.parametrize("seed", range(30))
def test_a_transcription_of_random_bytes_is_read_or_refused(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(transcription(PHONES).encode("utf-16" if seed % 10 == 0 else "utf-8"))
    for _ in range(int(rng.integers(1, 6))):
        content[int(rng.integers(len(content)))] = int(rng.integers(256))
    path = tmp_path / "SX1.PHN"
    path.write_bytes(bytes(content[: int(rng.integers(len(content) + 1))]))
    phones, refusal = attempt(lambda: read_phones(path, len(SAMPLES)))
    if phones is None:
        assert str(path) in refusal
        assert refusal.isprintable()
    else:
        assert phones[-1].end <= len(SAMPLES)


@pytest.mark.parametrize("build", [sphere, wav])
@pytest.mark.parametrize("seed", range(30))
def test_audio_with_damaged_bytes_is_read_or_refused(
    build: Callable[..., bytes], seed: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(seed)
    content = bytearray(build(SAMPLES))
    header = 300 if build is sphere else 44
    for _ in range(int(rng.integers(1, 4))):
        content[int(rng.integers(header))] = int(rng.integers(256))
    if seed % 2:
        del content[int(rng.integers(len(content))) :]
    path = tmp_path / "SX1.WAV"
    path.write_bytes(bytes(content))
    samples, refusal = attempt(lambda: read_audio(path))
    if samples is None:
        assert str(path) in refusal
        assert refusal.isprintable()
    else:
        assert samples.ndim == 1
        assert 400 <= len(samples) <= len(content) // 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "cannot be read", id="empty"),
        pytest.param(b"<html>", "cannot be read", id="html"),
        pytest.param(wav(SAMPLES, channels=2), "in 2 channels", id="stereo"),
        pytest.param(wav(SAMPLES, rate=8000), "at 8000 Hz", id="8 kHz"),
        pytest.param(wav(SAMPLES, width=1), "PCM_U8", id="8 bits"),
        pytest.param(wav(SAMPLES[:399]), "399 samples, but a frame needs 400", id="short"),
        pytest.param(sphere(SAMPLES)[:1024], "has 0 samples", id="header only"),
    ],
)
def test_audio_of_another_kind_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "SX1.WAV"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as raised:
        read_audio(path)
    sentence_of(raised, path)


def _without_class(folder: Path) -> None:
    write_sentence(folder / "TRAIN" / "DR1" / "FAAA0", "SX1", [(900, "q")])


def _truncated(folder: Path) -> None:
    path = folder / "TEST" / "DR1" / "FDDD0" / "SX1.WAV"
    path.write_bytes(path.read_bytes()[:-900])


def _only_sa(folder: Path) -> None:
    for path in (folder / "TEST").rglob("SX*"):
        path.unlink()


def _only_one_speaker(folder: Path) -> None:
    for place in ("DR2", "DR1/MBBB0"):
        shutil.rmtree(folder / "TRAIN" / place)


def _twice(folder: Path) -> None:
    shutil.copytree(folder / "TRAIN" / "DR1" / "FAAA0", folder / "TEST" / "DR1" / "FAAA0")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda f: shutil.rmtree(f), "is no folder", id="missing"),
        pytest.param(lambda f: shutil.rmtree(f / "TEST"), "no folders TRAIN and TEST", id="TEST"),
        pytest.param(_only_sa, "no sentences of a test speaker besides SA1 and SA2", id="only SA"),
        pytest.param(_twice, "FAAA0 in both TRAIN and TEST", id="in both"),
        pytest.param(
            lambda f: (f / "TRAIN/DR1/FAAA0/SX1.PHN").unlink(), "SX1.WAV but no SX1.PHN", id="PHN"
        ),
        pytest.param(
            lambda f: (f / "TRAIN/DR1/FAAA0/SX1.WAV").unlink(), "SX1.PHN but no SX1.WAV", id="WAV"
        ),
        pytest.param(
            _only_one_speaker, "speakers in .*TRAIN must be at least 2, .* got 1", id="one speaker"
        ),
        pytest.param(_without_class, "gives no frame a class", id="only q"),
        pytest.param(_truncated, "is impossible in a recording of", id="truncated"),
    ],
)
def test_a_damaged_folder_is_refused(
    damage: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    folder = speech_folder(tmp_path / "speech")
    damage(folder)
    with pytest.raises(InputError, match=message):
        SpeechData(folder, test_speakers="complete", batch_size=2)


def test_arguments_out_of_range_are_refused(tmp_path: Path) -> None:
    folder = speech_folder(tmp_path / "speech")
    with pytest.raises(InputError, match="val_share must be between 0 and 1, got 1"):
        SpeechData(folder, "complete", val_share=1)
    with pytest.raises(InputError, match="test_speakers must be 'core' or 'complete', got 'all'"):
        SpeechData(folder, "all")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="the number of train sentences must be at least 16"):
        SpeechData(folder, "complete")
    sentences = find_sentences(folder, "complete", 0.99, 0)
    assert len({one.speaker for one in sentences["val"]}) == 2
    assert len(sentences["train"]) == 2
