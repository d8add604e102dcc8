"""Tests of the command ``synthesize``: the files it writes and its errors."""

from pathlib import Path
from typing import Any

import pytest

from action_rec.errors import InputError
from action_rec.skeletons.ntu import TRAIN_SUBJECTS, SampleName
from data_prep.synthesis.command import synthesize

TINY: dict[str, Any] = {
    "actions": [1, 8, 50],
    "subjects": 2,
    "setups": 1,
    "replications": 1,
    "frames": 25,
    "mess": 0.5,
    "workers": 1,
}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_files_depend_on_the_arguments_and_not_on_the_workers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    synthesize(tmp_path / "one", **TINY)
    printed = capsys.readouterr().out
    synthesize(tmp_path / "two", **(TINY | {"workers": 2}))
    synthesize(tmp_path / "other", **(TINY | {"seed": 1}))
    one = contents(tmp_path / "one")
    assert len(one) == 3 * 2 * 1 * 3 * 1
    assert one == contents(tmp_path / "two")
    assert not set(one.values()) & set(contents(tmp_path / "other").values())
    assert "18 recordings" in printed
    assert f"python -m data_prep ntu {tmp_path / 'one'}" in printed


def test_files_of_the_same_set_are_replaced_and_of_another_set_raise(tmp_path: Path) -> None:
    synthesize(tmp_path, **TINY)
    first = contents(tmp_path)
    (tmp_path / "S001C001P001R001A001.skeleton").write_bytes(b"")
    synthesize(tmp_path, **TINY)
    assert contents(tmp_path) == first
    with pytest.raises(InputError, match=r"12 recordings of another set.*S001C001P001R001A008"):
        synthesize(tmp_path, **(TINY | {"actions": [1]}))


def test_subjects_setups_and_cameras_cover_every_benchmark(tmp_path: Path) -> None:
    options = TINY | {"actions": [27], "subjects": 5, "setups": 2, "dataset": "ntu120"}
    synthesize(tmp_path, **options)
    names = [SampleName.parse(path.stem) for path in tmp_path.iterdir()]
    subjects = {name.subject for name in names}
    assert {name.setup % 2 for name in names} == {0, 1}
    assert {name.camera for name in names} == {1, 2, 3}
    assert (len(subjects), len(subjects & TRAIN_SUBJECTS["ntu120"])) == (5, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"actions": 0}, r"--actions is 0.* 1 to 60 for ntu60", id="no-actions"),
        pytest.param({"actions": 61}, r"--actions is 61.* 1 to 60 for ntu60", id="many-actions"),
        pytest.param({"actions": []}, r"--actions is \[\]", id="empty-list"),
        pytest.param({"actions": [7, 7]}, r"\[7, 7\].*each once", id="action-twice"),
        pytest.param({"actions": [1, 61]}, r"\[1, 61\].* 1 to 60", id="action-of-ntu120"),
        pytest.param({"subjects": -1}, "--subjects is -1", id="negative-subjects"),
        pytest.param({"subjects": 41}, r"41.* 1 to 40 for ntu60", id="more-subjects-than-ntu"),
        pytest.param({"setups": 18}, r"18.* 1 to 17", id="setups"),
        pytest.param({"cameras": 4}, r"4.* 1 to 3", id="cameras"),
        pytest.param({"replications": 3}, r"3.* 1 to 2", id="replications"),
        pytest.param({"frames": 5}, r"5.* 25 to 1000", id="frames"),
        pytest.param({"seed": -1}, "--seed is -1", id="seed"),
        pytest.param({"noise": float("nan")}, "--noise is nan", id="noise-nan"),
        pytest.param({"mess": 1.5}, r"1.5.* 0 to 1", id="mess"),
        pytest.param({"workers": 0}, "--workers is 0", id="workers"),
    ],
)
def test_a_value_out_of_range_raises_before_anything_is_written(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        synthesize(tmp_path / "out", **(TINY | change))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_cannot_be_written_raises_with_its_name(tmp_path: Path, workers: int) -> None:
    (tmp_path / "S001C001P001R001A001.skeleton").mkdir()
    with pytest.raises(InputError, match=r"S001C001P001R001A001.skeleton' cannot be written"):
        synthesize(tmp_path, **(TINY | {"workers": workers}))


def test_a_file_in_place_of_the_folder_raises(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for out_dir in (file, file / "below"):
        with pytest.raises(InputError, match="cannot be created"):
            synthesize(out_dir, **TINY)
