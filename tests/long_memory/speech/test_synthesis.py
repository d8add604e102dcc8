"""Test the synthetic corpus; the tests that speak need espeak-ng and skip without it."""

import re
from pathlib import Path

import numpy as np
import pytest

from action_rec.errors import InputError
from action_rec.long_memory import SpeechData
from action_rec.long_memory.cli import main
from action_rec.long_memory.speech import espeak
from action_rec.long_memory.speech.audio import read_audio
from action_rec.long_memory.speech.espeak import Spoken, Voice, load_library
from action_rec.long_memory.speech.espeak_phones import timit_phones
from action_rec.long_memory.speech.phones import CLASS_OF, CLASSES
from action_rec.long_memory.speech.speakers import draw_speakers
from action_rec.long_memory.speech.synthesis import record
from action_rec.long_memory.speech.transcription import Phone, read_phones
from action_rec.long_memory.speech.words import WORDS

pytest.importorskip("soundfile")
pytest.importorskip("kaldi_native_fbank")
OPTIONS = ("--speakers", "3", "--test_speakers", "2", "--sentences", "3", "--seed", "5")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of five speakers, with three sentences each besides SA1 and SA2."""
    try:
        load_library()
    except InputError:
        pytest.skip("espeak-ng is not installed")
    out = tmp_path_factory.mktemp("synthesized") / "corpus"
    assert main(["synthesize-speech", str(out), *OPTIONS]) == 0
    return out


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_corpus_is_read_as_timit(corpus: Path) -> None:
    data = SpeechData(corpus, test_speakers="complete", batch_size=2)
    assert data.description()["sentences"] == {"train": 6, "val": 3, "test": 6}
    classes = {int(n) for batch in data.train_dataloader() for n in batch.targets.unique()}
    assert len(classes) > 25


def test_a_phone_sounds_from_its_start_to_its_end(corpus: Path) -> None:
    """The samples cross 0 more often in an s than in any vowel, and pauses are quiet."""
    crossings: dict[str, list[float]] = {}
    loudness: dict[str, list[float]] = {}
    for path in corpus.rglob("SX*.PHN"):
        samples = read_audio(path.with_suffix(".WAV")).astype(float)
        phones = read_phones(path, len(samples))
        assert phones[0].start == 0
        assert phones[-1].end == len(samples)
        assert phones[0].name == phones[-1].name == "h#"
        for phone in phones:
            part = samples[phone.start : phone.end]
            crossings.setdefault(phone.name, []).append((np.diff(np.sign(part)) != 0).mean())
            loudness.setdefault(phone.name, []).append(part.std())
    hissing = np.median(crossings["s"])
    vowels = [name for name in ("iy", "eh", "ah", "ow", "ih", "ay") if name in crossings]
    assert len(vowels) > 3
    assert all(np.median(crossings[name]) < 0.5 * hissing for name in vowels)
    assert max(loudness["h#"]) < 0.1 * np.median(loudness[vowels[0]])


def test_the_same_seed_gives_the_same_files_and_another_gives_others(
    corpus: Path, tmp_path: Path
) -> None:
    fewer, other = tmp_path / "fewer", tmp_path / "other"
    few = ("--speakers", "2", "--test_speakers", "1", "--sentences", "1", "--seed")
    assert main(["synthesize-speech", str(fewer), *few, "5"]) == 0
    assert main(["synthesize-speech", str(other), *few, "6"]) == 0
    assert len(files(fewer)) == 27
    assert files(fewer).items() <= files(corpus).items()
    assert not files(other).items() & files(corpus).items()


def test_an_existing_folder_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synthesize-speech", str(tmp_path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_missing_synthesizer_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(espeak, "_NAMES", ("libno-such-synthesizer.so",))
    assert main(["synthesize-speech", str(tmp_path / "out")]) == 2
    assert "needs the synthesizer espeak-ng" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_test_voices_are_heard_in_test_alone_and_all_read_two_sentences() -> None:
    speakers = draw_speakers(12, 5, 4, seed=0)
    voices = {
        part: {one.voice.name for one in speakers if one.part == part} for part in ("TRAIN", "TEST")
    }
    assert not voices["TRAIN"] & voices["TEST"]
    assert len({one.name for one in speakers}) == 17
    assert len({(one.texts["SA1"], one.texts["SA2"]) for one in speakers}) == 1
    assert len({one.texts["SX1"] for one in speakers}) == 17
    assert len({one.voice[1:] for one in speakers}) == 17
    assert draw_speakers(3, 5, 4, seed=0) == [*speakers[:3], *speakers[12:]]


def test_the_silence_before_a_stop_is_its_closure() -> None:
    samples = np.ones(1000, np.int16)
    samples[250:400] = 0  # 15 ms before the t
    samples[680:700] = 0  # 2 ms before the k are none
    phones = [(100, "i:"), (400, "t"), (500, "_:"), (550, "_"), (600, "s"), (700, "k"), (900, "_")]
    assert timit_phones(Spoken(samples, 10_000, phones)) == [
        Phone(0, 100, "h#"),
        Phone(100, 250, "iy"),
        Phone(250, 400, "tcl"),
        Phone(400, 500, "t"),
        Phone(500, 600, "pau"),
        Phone(600, 700, "s"),
        Phone(700, 900, "k"),
        Phone(900, 1000, "h#"),
    ]


def test_a_recording_is_silence_speech_and_silence_at_16_khz() -> None:
    time = np.arange(22_050) / 22_050
    tone = (8000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16)
    spoken = Spoken(tone, 22_050, [(0, "i:"), (11_025, "s")])
    samples, phones = record(spoken, 10, np.random.default_rng(0))
    first, vowel, hiss, last = phones
    assert [phone.name for phone in phones] == ["h#", "iy", "s", "h#"]
    assert (vowel.end - vowel.start, hiss.end - hiss.start) == (8000, 8000)
    assert last.end == len(samples) == 16_000 + vowel.start + last.end - last.start
    assert samples[: first.end - 20].std() == pytest.approx(10, rel=0.1)
    spectrum = np.abs(np.fft.rfft(samples[vowel.start : hiss.end]))
    assert spectrum.argmax() == 440


def test_an_unknown_phone_of_the_synthesizer_is_a_sentence() -> None:
    spoken = Spoken(np.ones(1000, np.int16), 10_000, [(0, "i:"), (400, "%%")])
    with pytest.raises(InputError, match=r"espeak-ng uses the phone '%%'.* use espeak-ng 1\.51"):
        timit_phones(spoken)


@pytest.mark.parametrize("name", ["xx-none", "en-us+none"])
def test_an_unknown_voice_is_a_sentence(name: str) -> None:
    try:
        load_library()
    except InputError:
        pytest.skip("espeak-ng is not installed")
    with pytest.raises(InputError, match=f"espeak-ng has no voice '{re.escape(name)}'"):
        espeak.speak(Voice(name, 150, 50, 50), ["one"])


def test_the_words_have_all_classes() -> None:
    try:
        load_library()
    except InputError:
        pytest.skip("espeak-ng is not installed")
    texts = [" ".join(WORDS[start : start + 20]) for start in range(0, len(WORDS), 20)]
    spoken = espeak.speak(Voice("en-us+f1", 180, 50, 50), texts)
    heard = {CLASS_OF[phone.name] for one in spoken for phone in timit_phones(one)}
    assert heard - {None} == set(range(len(CLASSES)))
