"""Files of a folder that cannot be used: named with the reason, while the others are converted."""

import io
from pathlib import Path

import numpy as np
import pytest

from tests.data_prep.folders import LABELS, convert, good, npy, pixels, written


def claiming(shape: tuple[int, ...]) -> bytes:
    """A .npy file that says it has such a shape, and has few bytes."""
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(64)


BAD: dict[str, tuple[bytes | str | None, str]] = {
    "gone.npy": (None, "of labels.csv, line 5, does not exist"),
    "void.npy": (b"", "is not a .npy file of numbers"),
    "text.npy": (b"hello", "is not a .npy file of numbers"),
    "cut.npy": (npy(pixels(4))[:-8], "is not a .npy file of numbers"),
    "objects.npy": (npy(np.array([{}, None])), "is not a .npy file of numbers"),
    "zip.npy": (b"PK\x03\x04rest", "is not a .npy file of numbers"),
    "huge.npy": (claiming((10**12, 17, 2)), "is not a .npy file of numbers"),
    "endless.npy": (claiming((10**40, 17, 2)), "is not a .npy file of numbers"),
    "negative.npy": (claiming((-1, 17, 2)), "is not a .npy file of numbers"),
    "complex.npy": (npy(pixels(2) * 1j), "holds complex128 (2, 1, 17, 2)"),
    "flat.npy": (npy(np.zeros((4, 34))), "holds float64 (4, 34); needed are numbers (frames"),
    "joints.npy": (npy(pixels(4, joints=25)), "it has 25 joints, but joint set 'coco17' has 17"),
    "solid.npy": (npy(np.ones((4, 17, 3))), "it has 3 coordinates per joint, but the recordings"),
    "four.npy": (npy(np.ones((4, 17, 4))), "it has 4 coordinates per joint; 2 or 3 are needed"),
    "nan.npy": (npy(np.where(np.arange(17)[:, None] == 2, np.nan, pixels(2))), "'right eye'"),
    "large.npy": (npy(pixels(4) * 1e200), "a coordinate is too large for a 32-bit number"),
    "far.npy": (
        npy(np.concatenate([pixels(6) * 1e-20, pixels(1) * 1e20])),
        "a coordinate is too large for a 32-bit number",
    ),
    "zeros.npy": (npy(np.zeros((4, 17, 2))), "nobody is in it"),
    "naïve.npy": (npy(pixels(4)), "is not plain printable ASCII"),
    "other.txt": (b"", "is no recording; needed is a .npy, .csv"),
    "empty.csv": ("", "line 1: the columns are ''; needed are frame,joint,x,y"),
    "header.csv": ("frame;joint;x;y\n", "line 1: the columns are 'frame;joint;x;y'; needed"),
    "binary.csv": (b"\xff\xfe\0", "is not CSV in UTF-8"),
    "none.csv": ("frame,joint,x,y\n", "nobody is in it"),
    "short.csv": ("frame,joint,x,y\n0,nose,1\n", "line 2: 3 cells where 4 are needed"),
    "joint.csv": ("frame,joint,x,y\n\n0,chin,1,2\n", "line 3: joint 'chin' is not a joint of"),
    "index.csv": ("frame,joint,x,y\n0,17,1,2\n", "line 2: joint '17' is not a joint of 'coco17'"),
    "frame.csv": ("frame,joint,x,y\n0.5,nose,1,2\n", "line 2: frame '0.5' is not a whole number"),
    "bell.csv": ("frame,joint,x,y\n0,nose\x07,1,2\n", r"line 2: joint 'nose\x07' is not a joint"),
    "long.csv": (f"frame,joint,x,y\n{'9' * 5000},nose,1,2\n", "is not a whole number"),
    "number.csv": ("frame,joint,x,y\n0,nose,1,two\n", "line 2: y 'two' is not a number"),
    "twice.csv": ("frame,joint,x,y\n0,nose,1,2\n0,0,1,2\n", "line 3: the joint of this frame and"),
    "bodies.csv": (
        "frame,body,joint,x,y\n" + "".join(f"{n},{n},nose,1,2\n" for n in range(4000)),
        "names 4,000 bodies in 4,000 frames; give each body one number",
    ),
}


@pytest.fixture(scope="module")
def reasons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a store says about every bad file of a folder with three good ones."""
    folder = tmp_path_factory.mktemp("bad")
    labels = LABELS + "".join(f"{name},nod,1,1,train\n" for name in BAD)
    bad = {name: data for name, (data, _) in BAD.items() if data is not None}
    store = convert(written(folder / "raw", {**good(labels), **bad}), folder / "out.h5")
    assert len(store.names) == 3
    return store.rejected()


@pytest.mark.parametrize(("name", "sentence"), [(n, s) for n, (_, s) in BAD.items()], ids=BAD)
def test_a_bad_file_is_named_and_the_others_are_converted(
    reasons: dict[str, str], name: str, sentence: str
) -> None:
    assert sentence in reasons[str(Path(name).with_suffix(""))]


def test_files_without_a_label_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {**good(), "deep/more.npy": npy(pixels(3)), "notes.csv": "", "notes.txt": ""}
    store = convert(written(tmp_path / "gym", files), tmp_path / "out.h5")
    assert store.provenance["counts"] == {
        "found": 5,
        "converted": 3,
        "rejected": 0,
        "outside": 2,
    }
    words = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["not", "in", "gym", "2"] in words
    assert ["split", "2", "1"] in words
