"""Write and read stores, and refuse bad ones."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from action_rec.errors import InputError
from action_rec.skeletons.joint_sets import JointSet
from action_rec.store.reader import Store
from action_rec.store.writer import SequenceTable, StoreFacts, write_store
from tests.synthetic import tiny_store

PAIR = JointSet("pair", joints=("root", "tip"), parents=(0, 0))
FACTS = StoreFacts("mine", PAIR, ("wave", "nod"), {"written_by": "a stranger"}, unit="pixel")
TABLE = SequenceTable(
    names=["a", "b"],
    length=[3, 2],
    bodies=[1, 2],
    label=[1, 0],
    origin=[[1.0, 2.0], [3.0, 4.0]],
    decision=["", "kept both"],
    columns={"subject": [7, 9]},
    benchmarks={"mine": [0, 255]},
)
_KINDS = {"fixed": np.bytes_, "variable": np.object_}
POSES = np.arange(7 * 2 * 2, dtype=np.float32).reshape(7, 2, 2)


def strangers_store(path: Path) -> Store:
    """Two sequences of a 2-joint skeleton in the plane."""
    return write_store(path, FACTS, TABLE, [POSES[:4], POSES[4:]], {"c": "a reason, naïve"})


def test_everything_written_is_read_back(tmp_path: Path) -> None:
    store = strangers_store(tmp_path / "s.h5")
    assert (store.dataset, store.joint_set, store.unit) == ("mine", "pair", "pixel")
    assert store.provenance == {"written_by": "a stranger"}
    assert store.class_names == ("wave", "nod")
    assert store.joint_names == ("root", "tip")
    assert store.joint_parents.tolist() == [0, 0]
    assert store.names.tolist() == ["a", "b"]
    assert store.start.tolist() == [0, 3]
    assert store.length.tolist() == [3, 2]
    assert store.bodies.tolist() == [1, 2]
    assert store.max_bodies == 2
    assert store.label.tolist() == [1, 0]
    assert store.origin.tolist() == [[1, 2], [3, 4]]
    assert {name: column.tolist() for name, column in store.columns.items()} == {"subject": [7, 9]}
    assert store.benchmarks["mine"].tolist() == [0, 255]
    assert store.decisions() == ["", "kept both"]
    assert store.rotation is None
    assert store.recorded_frames.tolist() == [3, 2]
    assert store.rejected() == {"c": "a reason, naïve"}
    np.testing.assert_array_equal(store.poses, POSES)


@pytest.mark.parametrize("kind", _KINDS)
def test_texts_of_either_kind_may_be_utf_8(kind: str, tmp_path: Path) -> None:
    path, names = strangers_store(tmp_path / "s.h5").path, ["a", "ä" * 255]
    encoded = [name.encode() for name in names]
    with h5py.File(path, "r+") as file:
        del file["sequences/name"]
        file["sequences/name"] = np.array(encoded if kind == "fixed" else names, _KINDS[kind])
    assert Store(path).names.tolist() == names


def test_sequence_is_frame_after_frame_and_body_after_body(tmp_path: Path) -> None:
    store = strangers_store(tmp_path / "s.h5")
    np.testing.assert_array_equal(store.sequence(0), POSES[:3, None])
    pair = store.sequence(1)
    assert pair.shape == (2, 2, 2, 2)
    np.testing.assert_array_equal(pair[0, 1], POSES[4])
    np.testing.assert_array_equal(pair[1, 0], POSES[5])


def test_poses_are_mapped_read_only_and_aligned(store_path: Path) -> None:
    poses = Store(store_path).poses
    assert isinstance(poses, np.memmap)
    assert not poses.flags.writeable
    assert poses.ctypes.data % 64 == 0


def test_a_pickle_carries_no_poses(tmp_path: Path) -> None:
    many = np.zeros((50_000, 2, 2), np.float32)
    table = SequenceTable(["a"], [50_000], [1], [0], [[0.0, 0.0]], [""], {}, {})
    store = write_store(tmp_path / "s.h5", FACTS, table, [many])
    store.poses.sum()
    pickled = pickle.dumps(store)
    assert len(pickled) < 5_000
    np.testing.assert_array_equal(pickle.loads(pickled).poses, many)


def test_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again = tiny_store(tmp_path / "1.h5"), tiny_store(tmp_path / "2.h5")
    assert first.path.read_bytes() == again.path.read_bytes()


def test_split_gives_the_sequences_of_a_benchmark(store_path: Path) -> None:
    store = Store(store_path)
    train, test = store.split("xsub", "train"), store.split("xsub", "test")
    assert set(store.columns["subject"][train]) == {1, 2}
    assert set(store.columns["subject"][test]) == {3, 6}
    assert sorted([*train, *test]) == list(range(12))
    assert set(store.columns["camera"][store.split("xview", "test")]) == {1}


def test_neither_split_holds_what_a_benchmark_leaves_out(tmp_path: Path) -> None:
    store = strangers_store(tmp_path / "s.h5")
    assert store.split("mine", "train").tolist() == [0]
    assert store.split("mine", "test").tolist() == []


def test_split_names_the_benchmarks_there_are(store_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Store(store_path).split("xset", "train")
    assert str(caught.value) == (
        "benchmark 'xset' is not defined for dataset 'ntu60'; use 'xsub' or 'xview'"
    )


def test_a_benchmark_may_define_its_own_val(store_path: Path, tmp_path: Path) -> None:
    table = replace(TABLE, benchmarks={"mine": [2, 1]})
    store = write_store(tmp_path / "s.h5", FACTS, table, [POSES])
    assert store.split("mine", "val").tolist() == [0]
    assert store.split("mine", "train").tolist() == []
    assert Store(store_path).split("xsub", "val").tolist() == []


def test_split_knows_train_val_and_test_only(store_path: Path) -> None:
    with pytest.raises(InputError, match="'all' is not stored; use 'train', 'val' or 'test'"):
        Store(store_path).split("xsub", "all")  # type: ignore[arg-type]


def test_mirror_and_scale_are_read_back_and_may_be_absent(tmp_path: Path) -> None:
    facts = replace(FACTS, joint_set=replace(PAIR, mirror=(1, 0)))
    store = write_store(tmp_path / "s.h5", facts, replace(TABLE, scale=[2.0, 0.5]), [POSES])
    assert store.joint_mirror.tolist() == [1, 0]
    assert store.scale.tolist() == [2, 0.5]
    with h5py.File(store.path, "r+") as file:
        del file["joints/mirror"], file["sequences/scale"]
    assert Store(store.path).joint_mirror.tolist() == [0, 1]
    assert Store(store.path).scale.tolist() == [1, 1]


def test_recorded_coordinates_can_be_had_back(tmp_path: Path) -> None:
    # Of sequence b, (1, 0) less its origin (3, 4) is (-2, -4); turned by a quarter,
    # (x, y) -> (-y, x), it is (4, -2), and halved (2, -1). Its second body is absent there.
    poses = POSES.copy()
    poses[3], poses[4] = (2, -1), 0
    turns = np.array([[[1, 0], [0, 1]], [[0, -1], [1, 0]]])
    table = replace(TABLE, scale=[1.0, 2.0], rotation=turns, recorded_frames=[5, 2])
    store = write_store(tmp_path / "s.h5", FACTS, table, [poses])
    np.testing.assert_array_equal(store.recorded(0), POSES[:3, None] + np.array([1, 2]))
    np.testing.assert_allclose(store.recorded(1)[0], [[[1, 0], [1, 0]], [[0, 0], [0, 0]]])
    assert store.rotation is not None
    np.testing.assert_array_equal(store.rotation, turns)
    assert store.recorded_frames.tolist() == [5, 2]


def _replace(name: str, values: object) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        del file[name]
        file[name] = values

    return edit


def _add(name: str, values: object) -> Callable[[h5py.File], None]:
    return lambda file: file.__setitem__(name, values)


def _chunk_poses(file: h5py.File) -> None:
    poses = file["poses"][()]
    del file["poses"]
    file.create_dataset("poses", data=poses, chunks=True)


EDITS: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "other kind": (lambda f: f.attrs.modify("format", "keras"), "of another kind"),
    "other version": (
        lambda f: f.attrs.modify("version", 2),
        "has version 2, this program reads version 1",
    ),
    "no dataset": (lambda f: f.attrs.pop("dataset"), "lacks the text attribute 'dataset'"),
    "no labels": (lambda f: f.pop("sequences/label"), "lacks the dataset 'sequences/label'"),
    "no poses": (lambda f: f.pop("poses"), "lacks the dataset 'poses'"),
    "provenance": (lambda f: f.attrs.modify("provenance", "{"), "provenance that is not JSON"),
    "float64": (_replace("poses", np.zeros((7, 2, 2))), "poses of type float64"),
    "other joints": (_replace("poses", np.zeros((7, 3, 2), "f4")), r"shape \(7, 3, 2\)"),
    "chunked": (_chunk_poses, "not contiguous"),
    "few poses": (_replace("poses", POSES[:6]), "outside the poses"),
    "before the start": (_replace("sequences/start", [-1, 3]), "outside the poses"),
    "no frames": (_replace("sequences/length", [0, 2]), "without frames or bodies"),
    "few rows": (_replace("sequences/bodies", [1]), r"'sequences/bodies' as int64 \(1,\)"),
    "label": (_replace("sequences/label", [1, 2]), "label outside its 2 classes"),
    "names repeat": (_replace("sequences/name", [b"a", b"a"]), "not sorted or not unique"),
    "names are numbers": (_replace("sequences/name", [1, 2]), "texts"),
    "benchmark": (_replace("benchmarks/mine", [0, 3]), "other than 0, 1, 2 and 255"),
    "parent": (_replace("joints/parent", [0, 2]), "parent does not exist"),
    "mirror outside": (_replace("joints/mirror", [2, 0]), "mirror does not lead back"),
    "mirror of two": (_replace("joints/mirror", [1, 1]), "mirror does not lead back"),
    "scale": (_add("sequences/scale", [1.0, 0.0]), "scales of another shape or not above 0"),
    "scales": (_add("sequences/scale", [1.0]), "scales of another shape or not above 0"),
    "rotations": (_add("sequences/rotation", np.eye(2)), "rotations that are none"),
    "a shear": (_add("sequences/rotation", [[[1, 1], [0, 1]]] * 2), "rotations that are none"),
    "frames": (_add("sequences/recorded_frames", [2, 2]), "more frames than its recording"),
    "scale as text": (_add("sequences/scale", ["a", "b"]), "where numbers belong"),
    "origin": (_replace("sequences/origin", [[0.0, 0.0]]), "origins of another shape"),
}


@pytest.mark.parametrize(("edit", "sentence"), EDITS.values(), ids=EDITS)
def test_a_bad_store_is_refused(
    tmp_path: Path, edit: Callable[[h5py.File], None], sentence: str
) -> None:
    path = strangers_store(tmp_path / "s.h5").path
    with h5py.File(path, "r+") as file:
        edit(file)
    with pytest.raises(InputError, match=sentence) as caught:
        Store(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.9999])
def test_a_truncated_store_is_refused(tmp_path: Path, store_path: Path, share: float) -> None:
    data = store_path.read_bytes()
    path = tmp_path / "cut.h5"
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(InputError, match=r"truncated or damaged|not an HDF5 file"):
        Store(path)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; make it with"):
        Store(tmp_path / "none.h5")
    with pytest.raises(InputError, match="is a folder"):
        Store(tmp_path)


@pytest.mark.parametrize("count", [6, 8])
def test_poses_that_do_not_add_up_are_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(InputError, match=f"was given {count} poses .* add up to 7"):
        write_store(tmp_path / "s.h5", FACTS, TABLE, [np.zeros((count, 2, 2), np.float32)])


MOST = 2**63 - 1
HOSTILE: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "length": (_replace("sequences/length", [2**62, 2]), "outside the poses"),
    "length and bodies": (_replace("sequences/bodies", [2**62, 2**62]), "outside the poses"),
    "start": (_replace("sequences/start", [MOST, 3]), "outside the poses"),
    "unsigned": (_replace("sequences/start", np.array([2**64 - 1, 3], "u8")), "more than 64 bits"),
    "benchmark 256": (_replace("benchmarks/mine", [0, 256]), "other than 0, 1, 2 and 255"),
    "benchmark 257": (_replace("benchmarks/mine", [257, -255]), "other than 0, 1, 2 and 255"),
    "frames": (_add("sequences/recorded_frames", [-MOST, 2]), "more frames than its recording"),
    "not UTF-8": (lambda f: f.attrs.create("dataset", np.bytes_(b"\xff")), "is not UTF-8"),
    "array": (lambda f: f.attrs.create("dataset", np.zeros(3)), "lacks the text attribute"),
    "version": (lambda f: f.attrs.create("version", [1, 1]), "has version"),
    "void": (lambda f: f.attrs.create("version", np.void(b"x")), "has version"),
    "class": (_replace("classes", np.array([b"\xff", b"a"])), "'classes' that is not UTF-8"),
    "name": (_replace("sequences/name", [b"a" * 256, b"b"]), "name of more than 255 letters"),
    "variable class": (
        _replace("classes", np.array([b"\xff", b"a"], object)),
        "'classes' that is not UTF-8",
    ),
    "variable name": (
        _replace("sequences/name", np.array(["a" * 256, "b"], object)),
        "name of more than 255 letters",
    ),
    "list": (lambda f: f.attrs.modify("provenance", "[]"), "is not a JSON object"),
    "rules": (lambda f: f.attrs.modify("provenance", '{"rules": []}'), "'rules' is not an object"),
    "deep": (lambda f: f.attrs.modify("provenance", "[" * 60_000), "not JSON"),
    "group": (_replace("benchmarks", [0, 1]), "which is not a group"),
    "scale": (_add("sequences/scale", [1.0, np.inf]), "infinite or NaN"),
    "origin": (_replace("sequences/origin", [[np.nan, 0], [0, 0]]), "infinite or NaN"),
    "coordinates": (_replace("poses", np.zeros((7, 2, 4), "f4")), "4 coordinates, not 2 or 3"),
}


@pytest.mark.parametrize(("edit", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_store_is_refused(
    tmp_path: Path, edit: Callable[[h5py.File], None], sentence: str
) -> None:
    test_a_bad_store_is_refused(tmp_path, edit, sentence)


def test_texts_of_another_number_are_refused(tmp_path: Path) -> None:
    store = strangers_store(tmp_path / "s.h5")
    with h5py.File(store.path, "r+") as file:
        for name in ("sequences/decision", "rejected/reason"):
            del file[name]
            file[name] = ["one", "two", "three"]
    with pytest.raises(InputError, match="holds 3 decisions for 2 sequences"):
        store.decisions()
    with pytest.raises(InputError, match="holds 3 reasons for 1 rejected recordings"):
        store.rejected()


@pytest.mark.parametrize("name", ["classes", "sequences/name", "sequences/decision"])
def test_more_rows_than_the_file_can_hold_are_not_read(name: str, tmp_path: Path) -> None:
    path = strangers_store(tmp_path / "s.h5").path
    with h5py.File(path, "r+") as file:
        del file[name]
        file.create_dataset(name, (10**9,), h5py.string_dtype(), chunks=(10**6,))
    with pytest.raises(InputError, match="more than the file holds"):
        Store(path).decisions()


def test_texts_that_are_larger_than_the_file_are_not_read(tmp_path: Path) -> None:
    path = strangers_store(tmp_path / "s.h5").path
    with h5py.File(path, "r+") as file:
        del file["classes"]
        long = np.array([b"x" * 60_000] * 64)
        file.create_dataset("classes", data=long, chunks=(64,), compression="gzip")
    assert path.stat().st_size < 1_000_000
    with pytest.raises(InputError, match="more than the file holds"):
        Store(path)


def test_a_store_that_changes_is_not_mapped(tmp_path: Path) -> None:
    path = strangers_store(tmp_path / "s.h5").path
    store = Store(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 8)
    with pytest.raises(InputError, match="changed or truncated while it was read"):
        _ = store.poses
    path.unlink()
    with pytest.raises(InputError, match="changed or truncated while it was read"):
        store.check_unchanged()


def test_control_characters_of_a_file_are_shown_escaped(tmp_path: Path) -> None:
    path = strangers_store(tmp_path / "s.h5").path
    with h5py.File(path, "r+") as file:
        file.attrs["version"] = "\x1b[31mred"
    with pytest.raises(InputError, match=r"has version \\x1b\[31mred, this program"):
        Store(path)
