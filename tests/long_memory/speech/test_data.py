"""Test phones, features, and the splits and batches of a corpus in TIMIT's layout."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from action_rec.errors import InputError
from action_rec.long_memory import SpeechData
from action_rec.long_memory.batch import SequenceBatch
from action_rec.long_memory.objectives import PADDING
from action_rec.long_memory.speech.audio import read_audio
from action_rec.long_memory.speech.features import filterbank
from action_rec.long_memory.speech.folder import find_sentences
from action_rec.long_memory.speech.phones import CLASS_OF, CLASSES, CORE_TEST
from action_rec.long_memory.speech.transcription import Phone, frame_classes
from tests.long_memory.speech.small_corpus import (
    speech_folder,
    sphere,
    tones,
    wav,
    write_sentence,
)

pytest.importorskip("soundfile")
pytest.importorskip("kaldi_native_fbank")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return speech_folder(tmp_path / "speech")


def data(folder: Path, **options: object) -> SpeechData:
    known = {"test_speakers": "complete", "batch_size": 2, **options}
    return SpeechData(folder, **known)  # type: ignore[arg-type]


def frames(loader: DataLoader[SequenceBatch]) -> torch.Tensor:
    """Return the features of all frames of a loader, without padding."""
    kept = []
    for batch in loader:
        for features, length in zip(batch.inputs, batch.lengths, strict=True):
            kept.append(features[:length])
    return torch.cat(kept)


def test_61_phones_fold_into_39_classes() -> None:
    assert (len(CLASS_OF), len(CLASSES), len(CORE_TEST)) == (61, 39, 24)
    assert CLASS_OF["q"] is None
    used = {number for number in CLASS_OF.values() if number is not None}
    assert used == set(range(39))
    for phone, name in {"ao": "aa", "zh": "sh", "ax-h": "ah", "h#": "sil", "kcl": "sil"}.items():
        assert CLASSES[CLASS_OF[phone] or 0] == name


def test_the_class_of_a_frame_is_that_of_the_phone_in_its_middle() -> None:
    # The middles of the frames are at samples 200, 360, 520, 680 and 840.
    phones = [Phone(0, 360, "h#"), Phone(360, 521, "s"), Phone(521, 690, "q"), Phone(700, 840, "s")]
    s, silence = CLASS_OF["s"], CLASS_OF["h#"]
    assert frame_classes(phones, 5).tolist() == [silence, s, s, PADDING, PADDING]


def test_features_are_energy_filters_and_their_differences() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 300, 400 + 9 * 160).astype(np.int16)
    features = filterbank(samples)
    assert features.shape == (10, 123)
    assert features.dtype == np.float32
    frames = np.stack([samples[160 * i : 160 * i + 400] for i in range(10)]).astype(np.float64)
    energy = np.log(np.square(frames - frames.mean(axis=1, keepdims=True)).sum(axis=1))
    np.testing.assert_allclose(features[:, 0], energy, rtol=1e-4)
    # Slopes of lines through 5 frames; the first and the last frame are repeated at the ends.
    static = np.pad(features[:, :41].astype(np.float64), ((4, 4), (0, 0)), "edge")
    weights = np.array([-2, -1, 0, 1, 2]) / 10
    slopes = np.lib.stride_tricks.sliding_window_view(static, 5, axis=0) @ weights
    again = np.lib.stride_tricks.sliding_window_view(slopes, 5, axis=0) @ weights
    np.testing.assert_allclose(features[:, 41:82], slopes[2:-2], atol=1e-4)
    np.testing.assert_allclose(features[:, 82:], again, atol=1e-4)


@pytest.mark.parametrize("frequency", [300, 1000, 4000])
def test_a_tone_is_in_the_filter_around_its_frequency(frequency: int) -> None:
    tone = 5000 * np.sin(2 * np.pi * frequency / 16_000 * np.arange(4000))
    loudest = filterbank(tone.astype(np.int16))[:, 1:41].argmax(axis=1)

    def mel(hertz: float) -> float:
        return 1127 * float(np.log(1 + hertz / 700))

    place = (mel(frequency) - mel(20)) / (mel(8000) - mel(20)) * 41 - 1
    assert (abs(loudest - place) <= 1).all()


def test_both_formats_hold_the_same_samples(tmp_path: Path) -> None:
    samples = tones([(900, "s")])
    for name, content in (("a.wav", wav(samples)), ("b.wav", sphere(samples))):
        (tmp_path / name).write_bytes(content)
        assert (read_audio(tmp_path / name) == samples).all()


def test_speakers_are_in_one_split_and_sa_sentences_in_none(folder: Path) -> None:
    speech = data(folder)
    assert {split: len(names) for split, names in speech.speakers.items()} == {
        "train": 2,
        "val": 1,
        "test": 1,
    }
    assert speech.speakers["test"] == ["FDDD0"]
    assert speech.description()["sentences"] == {"train": 4, "val": 2, "test": 2}
    assert len({name for names in speech.speakers.values() for name in names}) == 4
    # One of these seeds takes another val speaker, and a checkpoint says which it was.
    others = [data(folder, split_seed=seed) for seed in range(1, 6)]
    other = next(one for one in others if one.speakers["val"] != speech.speakers["val"])
    with pytest.raises(InputError, match="the checkpoint was trained with"):
        other.load_state_dict(speech.state_dict())


def test_the_core_test_set_is_the_default(folder: Path) -> None:
    with pytest.raises(InputError, match=r"TEST lacks 24 of the 24 speakers .*FDHC0.* complete"):
        SpeechData(folder, batch_size=2)
    for name in CORE_TEST:
        write_sentence(folder / "TEST" / "DR3" / name, "SI9", [(500, "s")])
    assert SpeechData(folder, batch_size=2).speakers["test"] == sorted(CORE_TEST)
    assert len(data(folder).speakers["test"]) == 25


def test_names_in_lower_case_and_a_folder_around_the_corpus(folder: Path, tmp_path: Path) -> None:
    around = tmp_path / "licensed" / "timit"
    for path in folder.rglob("*.*"):
        target = around / path.relative_to(folder).as_posix().lower()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (target.parent / "._sx1.phn").write_bytes(b"hidden file of a file manager")
    found = [find_sentences(path, "complete", 0.1, 0) for path in (folder, tmp_path / "licensed")]
    speakers = [{k: [one.speaker for one in v] for k, v in splits.items()} for splits in found]
    assert speakers[0] == speakers[1]


def test_features_are_normalized_by_the_statistics_of_train(folder: Path) -> None:
    speech = data(folder)
    train = frames(speech.train_dataloader())
    torch.testing.assert_close(train.mean(dim=0), torch.zeros(123), atol=1e-4, rtol=0)
    std = train.std(dim=0, correction=0)
    torch.testing.assert_close(std, torch.ones(123), atol=1e-3, rtol=0)
    assert frames(speech.test_dataloader()).mean(dim=0).abs().max() > 0.01


def test_batches_are_padded_and_cover_every_sentence_in_an_order_of_the_epoch(folder: Path) -> None:
    for index in range(12):
        place = folder / "TRAIN" / "DR4" / "MEEE0"
        write_sentence(place, f"SI{index}", [(1000 + 300 * index, "s"), (900, "q")])
    speech = data(folder, batch_size=3, val_share=0.01)
    loader = speech.train_dataloader()
    orders = []
    for epoch in (0, 1):
        loader.sampler.set_epoch(epoch)  # type: ignore[attr-defined]
        lengths = []
        for batch in loader:
            assert batch.lengths is not None
            padded = torch.arange(batch.inputs.shape[1]) >= batch.lengths[:, None]
            assert (batch.targets[padded] == PADDING).all()
            assert (batch.inputs[padded] == 0).all()
            assert batch.lengths.max() == batch.inputs.shape[1]
            lengths.append(batch.lengths.tolist())
        orders.append(lengths)
    assert orders[0] != orders[1]
    again = data(folder, batch_size=3, val_share=0.01)
    assert [batch.lengths.tolist() for batch in again.train_dataloader()] == orders[0]
    (test,) = speech.test_dataloader()
    found = find_sentences(folder, "complete", 0.01, 0)["test"]
    frames_of = sorted(len(filterbank(read_audio(one.audio))) for one in found)
    assert test.lengths.tolist() == frames_of


@pytest.mark.parametrize("name", ["soundfile", "kaldi_native_fbank"])
def test_a_missing_library_is_a_sentence(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.import_module

    def without(wanted: str) -> object:
        if wanted == name:
            raise ImportError(f"No module named '{name}'")
        return real(wanted)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(InputError, match=rf"the library {name}, .* action_rec\[speech\]"):
        data(folder)
