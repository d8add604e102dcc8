"""From the pickles of PYSKL and MMAction2 to a store, and what hostile ones come to."""

import os
import pickle
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from action_rec.errors import InputError
from action_rec.skeletons.ntu import action_names
from action_rec.store.reader import Store
from data_prep.__main__ import main
from data_prep.sources.unpickling import read_pickle

COCO = ("--joint_set", "coco17")


def keypoint(seed: int = 0, frames: int = 5, bodies: int = 1) -> NDArray[np.float32]:
    """(M, T, V, C) whole pixels."""
    rng = np.random.default_rng(seed)
    return rng.integers(1, 900, (bodies, frames, 17, 2)).astype(np.float32)


def annotation(name: str, seed: int = 0, label: Any = 1, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    poses = keypoint(seed)
    return {
        "frame_dir": name,
        "label": label,
        "img_shape": (1080, 1920),
        "total_frames": poses.shape[1],
        "keypoint": poses,
        "keypoint_score": np.full(poses.shape[:3], 0.9, np.float16),
        **more,
    }


def content(*annotations: object, split: object = None) -> dict[str, object]:
    every = [a["frame_dir"] for a in annotations if isinstance(a, dict) and "frame_dir" in a]
    split = {"train": every[:1], "test": every[1:]} if split is None else split
    return {"split": split, "annotations": list(annotations)}


def good() -> dict[str, object]:
    return content(annotation("b"), annotation("a", seed=1, label=np.int64(0)))


def saved(folder: Path, data: object, protocol: int = 4) -> Path:
    path = folder / "mine.pkl"
    path.write_bytes(data if isinstance(data, bytes) else pickle.dumps(data, protocol=protocol))
    return path


def convert(folder: Path, data: object, *options: str, protocol: int = 4) -> Store:
    out = folder / "out.h5"
    path = saved(folder, data, protocol)
    assert main(["pickle", str(path), str(out), *(options or COCO), "--overwrite"]) == 0
    return Store(out)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_everything_is_in_the_store(tmp_path: Path, protocol: int) -> None:
    store = convert(tmp_path, good(), protocol=protocol)
    assert (store.dataset, store.joint_set, store.unit) == ("mine", "coco17", "body size")
    assert store.names.tolist() == ["a", "b"]
    assert store.label.tolist() == [0, 1]
    assert store.class_names == ("class 0", "class 1")
    assert store.benchmarks["split"].tolist() == [1, 0]
    assert store.columns == {}
    for index, seed in enumerate((1, 0)):
        expected = keypoint(seed).swapaxes(0, 1)
        np.testing.assert_allclose(store.recorded(index), expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<f8", ">f8", "<i4", "|u1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_every_kind_are_built(tmp_path: Path, dtype: str, order: str) -> None:
    poses = np.asarray(keypoint() % 200, dtype=dtype, order=order)  # type: ignore[call-overload]
    data = content(annotation("a", keypoint=poses), annotation("b", keypoint=poses))
    for protocol in (2, 5):
        store = convert(tmp_path, data, *COCO, "--scaling=none", protocol=protocol)
        np.testing.assert_array_equal(store.recorded(0), poses.swapaxes(0, 1).astype(np.float64))


def test_the_names_of_older_releases_of_numpy_are_known(tmp_path: Path) -> None:
    data = pickle.dumps(good(), protocol=2)
    assert data.count(b"numpy._core") > 0
    old = convert(tmp_path, data.replace(b"numpy._core", b"numpy.core"))
    assert old.path.read_bytes() == convert(tmp_path, data).path.read_bytes()


def test_splits_become_benchmarks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["a", "b", "c", "d"]
    splits = {
        "xsub_train": ["a", "b"],
        "xsub_val": ["c", "gone"],
        "train1": {"a"},
        "test1": {"b", "c"},
        "train": ("a",),
        "val": ["b"],
        "test": ["d"],
        "constraint_test": ["a"],
        "all": names,
    }
    store = convert(tmp_path, content(*map(annotation, names), split=splits))
    assert {name: values.tolist() for name, values in store.benchmarks.items()} == {
        "xsub": [0, 0, 1, 255],
        "split1": [0, 1, 1, 255],
        "split": [0, 2, 255, 1],
        "constraint": [1, 255, 255, 255],
    }
    assert "split 'all' is not train, val or test: left out" in capsys.readouterr().err


def test_ntu_names_give_columns_and_classes(tmp_path: Path) -> None:
    names = {"S001C002P003R002A002": 1, "S017C003P020R001A060": 59}
    annotations = [annotation(name, label=label) for name, label in names.items()]
    store = convert(tmp_path, content(*annotations, split={"xsub_train": list(names)}))
    assert store.columns["subject"].tolist() == [3, 20]
    assert store.class_names == action_names("ntu60")
    labels = content(annotation("S001C002P003R002A002", label=4), split={"test": []})
    assert convert(tmp_path, labels).class_names == tuple(f"class {k}" for k in range(5))


def test_classes_are_named_by_a_file(tmp_path: Path) -> None:
    names = tmp_path / "classes.txt"
    names.write_text("wave\nnod\n")
    assert convert(tmp_path, good(), *COCO, f"--classes={names}").class_names == ("wave", "nod")


def test_a_joint_of_score_zero_is_not_there(tmp_path: Path) -> None:
    scores = np.ones((1, 5, 17), np.float16)
    scores[0, 2, 4] = 0
    store = convert(tmp_path, content(annotation("a", keypoint_score=scores), annotation("b")))
    assert np.argwhere(~store.sequence(0).any(axis=-1)).tolist() == [[2, 0, 4]]
    assert store.sequence(1).any(axis=-1).all()


BAD: dict[str, tuple[object, str]] = {
    "no dict": (3, "it is not a dict"),
    "no name": ({"label": 1}, "its frame_dir is not a text"),
    "no label": (annotation("x", label=None), "label of 'x' is not a whole number"),
    "negative": (annotation("x", label=-1), "label of 'x' is not a whole number"),
    "large": (annotation("x", label=10**9), "label of 'x' is not a whole number from 0 to 99999"),
    "float": (annotation("x", label=np.float32(1)), "label of 'x' is not a whole number"),
    "twice": (annotation("a"), "a second annotation of 'a'"),
    "no array": (annotation("x", keypoint=[1, 2]), "list where an array is needed"),
    "objects": (annotation("x", keypoint=np.array([None])), "an array without bytes"),
    "complex": (annotation("x", keypoint=keypoint() * 1j), "something else than numbers"),
    "flat": (annotation("x", keypoint=keypoint()[0]), "its keypoint has shape (5, 17, 2)"),
    "scores": (annotation("x", keypoint_score=np.ones((1, 4, 17))), "keypoint_score (1, 4, 17)"),
    "frames": (annotation("x", total_frames=6), "(bodies, 6 frames, joints, coordinates)"),
    "joints": (annotation("x", keypoint=np.ones((1, 5, 18, 2)), keypoint_score=None), "18 joints"),
    "nan": (annotation("x", keypoint=np.where(np.eye(17, 2), np.nan, keypoint())), "not a number"),
    "nobody": (annotation("x", keypoint_score=np.zeros((1, 5, 17))), "nobody is in it"),
    "name": (annotation("x\n"), "is not plain printable ASCII"),
}


@pytest.mark.parametrize(("bad", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_annotation_is_named_and_the_others_are_converted(
    tmp_path: Path, bad: object, sentence: str
) -> None:
    data = content(annotation("b"), annotation("a"), bad, split={"train": ["a"], "test": ["b"]})
    store = convert(tmp_path, data)
    assert store.names.tolist() == ["a", "b"]
    (reason,) = store.rejected().values()
    assert sentence in reason


class Calls:
    """Something whose pickle calls a function."""

    def __init__(self, function: Any, *args: Any) -> None:  # noqa: ANN401
        self.call = (function, args)

    def __reduce__(self) -> tuple[Any, Any]:
        return self.call


def evil(function: Any, *args: Any) -> bytes:  # noqa: ANN401
    return pickle.dumps({**good(), "more": Calls(function, *args)}, protocol=4)


MARK = "made-by-a-pickle"
HOSTILE: dict[str, tuple[bytes, str]] = {
    "system": (evil(os.system, f"touch {MARK}"), ".system', which is no array"),
    "eval": (evil(eval, f"open('{MARK}', 'w')"), "asks for 'builtins.eval'"),
    "open": (evil(open, MARK, "w"), "which is no array and no plain data"),
    "getattr": (evil(getattr, {}, "keys"), "asks for 'builtins.getattr'"),
    "memory": (evil(bytearray, 10**12), "asks for 'builtins.bytearray'"),
    "numpy's own": (evil(np.fromfile, "/dev/zero"), "fromfile', which is no array"),
    "by protocol 0": (f"cos\nsystem\n(S'touch {MARK}'\ntR.".encode(), "asks for 'os.system'"),
    "by an instance": (f"(S'touch {MARK}'\nios\nsystem\n.".encode(), "asks for 'os.system'"),
    "dotted": (b"\x80\x04\x8c\x05numpy\x8c\x09os.system\x93.", "asks for 'numpy.os.system'"),
    "long name": (b"c" + b"x" * 10_000 + b"\ny\n.", "asks for 'xxxx"),
    "new object": (b"\x80\x02cnumpy\nndarray\nK\x01\x85\x81.", "is not a dict with 'split'"),
    "huge array": (b"\x80\x02cnumpy\nndarray\n\x8a\x05\0\0\0\0\x7f\x85R.", "is not a dict with"),
    "set a class": (b"\x80\x02cnumpy\ndtype\n}S'args'\nK\x01sb.", "is damaged or no pickle"),
    "persistent": (b"\x80\x02K\x01Q.", "is damaged or no pickle"),
    "extension": (b"\x80\x02\x82\x01.", "is damaged or no pickle"),
    "memo": (b"\x80\x02Nr" + struct.pack("<I", 2**32 - 2) + b".", "is not a dict with 'split'"),
    "bytes": (b"\x80\x04\x8e" + struct.pack("<Q", 2**40) + b"x.", "is damaged or no pickle"),
    "deep": (b"(" * 100_000 + b"l" * 100_000 + b".", "is not a dict with 'split'"),
    "empty": (b"", "is damaged or no pickle"),
    "text": (b"hello", "is damaged or no pickle"),
    "cut": (pickle.dumps(good())[:-40], "is damaged or no pickle"),
    "other protocol": (b"\x80\x63.", "is damaged or no pickle"),
    "a list": (pickle.dumps([1, 2]), "is not a dict with 'split' (a dict) and 'annotations'"),
    "no annotations": (pickle.dumps({"split": {}, "annotations": []}), "a list that is not empty"),
    "no splits": (pickle.dumps(content(annotation("a"), split={})), "has no split of train, val"),
    "both": (
        pickle.dumps(content(annotation("a"), split={"train": ["a"], "test": ["a"]})),
        "has 'a' in split 'test' and in another one of the same benchmark",
    ),
    "all bad": (pickle.dumps(content({})), "none of the 1 recordings can be converted"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_pickle_gives_a_sentence_and_runs_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    data: bytes,
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = saved(tmp_path, data)
    tracemalloc.start()
    try:
        assert main(["pickle", str(path), str(tmp_path / "out.h5"), *COCO]) == 2
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert sentence in line
    assert len(line) < 500
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_pickle_is_data_or_a_sentence(tmp_path: Path) -> None:
    data = pickle.dumps(good(), protocol=4)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(1_000):
        mutated = bytearray(data)
        for place in rng.integers(0, 400, rng.integers(1, 4)):
            mutated[place] = rng.integers(256)
        try:
            read_pickle(saved(tmp_path, bytes(mutated)))
        except InputError:
            refused += 1
    assert 100 < refused < 1_000


def test_a_split_that_names_an_absent_recording_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    split = {"xsub_train": ["a", "gone"], "xsub_val": ["b", "g1", "g2", "g3"]}
    store = convert(tmp_path, {**good(), "split": split})
    assert store.names.tolist() == ["a", "b"]
    told = capsys.readouterr().err
    assert "benchmark 'xsub' names 4 recordings that no annotation is of ('g1', 'g2'," in told
