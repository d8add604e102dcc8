"""Zips as downloaded: read without unpacking, every good recording, every bad one named."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from action_rec.skeletons.ntu import all_names, missing_names
from action_rec.store.reader import Store
from data_prep.__main__ import main
from data_prep.synthesis.recording import Conditions, recording_text
from tests.data_prep.folders import written, zipped
from tests.synthetic import recording, skeleton_text, standing

MISSING = min(missing_names())
FOLDER = "nturgb+d_skeletons/"
NAMES = [name for name in all_names("ntu60") if str(name) not in missing_names()]


def convert(out: Path, *raw: Path) -> Store:
    """Run the command and open the store."""
    assert main(["ntu", *map(str, raw), str(out), "--workers=1"]) == 0
    return Store(out)


def damage(path: Path, file: str, edit: Callable[[bytearray, int, int], None]) -> None:
    """Edit the bytes of a zip, given where a member's own header and its entry in the list are."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(file)
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\1\2", 0, content.rindex(file.encode()))
    edit(content, info.header_offset, entry)
    path.write_bytes(content)


def flip_last_byte(content: bytearray, header: int, entry: int) -> None:
    packed, _, name, extra = struct.unpack_from("<2I2H", content, header + 18)
    content[header + 30 + name + extra + packed - 1] ^= 0xFF


def flip_middle(content: bytearray, header: int, entry: int) -> None:
    packed, _, name, extra = struct.unpack_from("<2I2H", content, header + 18)
    content[header + 30 + name + extra + packed // 2] ^= 0xFF


def encrypt(content: bytearray, header: int, entry: int) -> None:
    content[entry + 8] |= 1


def other_method(content: bytearray, header: int, entry: int) -> None:
    content[entry + 10] = 12


def no_header(content: bytearray, header: int, entry: int) -> None:
    content[header : header + 4] = b"PKPK"


def claim_little(content: bytearray, header: int, entry: int) -> None:
    struct.pack_into("<I", content, entry + 24, 50)


def claim_much(content: bytearray, header: int, entry: int) -> None:
    struct.pack_into("<I", content, entry + 24, 4_000_000_000)


DAMAGE: dict[str, tuple[int, Callable[[bytearray, int, int], None], str]] = {
    "bad checksum": (zipfile.ZIP_STORED, flip_last_byte, "(wrong checksum)"),
    "bad packed bytes": (zipfile.ZIP_DEFLATED, flip_middle, "is damaged in the zip"),
    "encrypted": (zipfile.ZIP_DEFLATED, encrypt, "is encrypted; unpack the zip with its password"),
    "unknown method": (zipfile.ZIP_DEFLATED, other_method, "is packed by method 12"),
    "no header": (zipfile.ZIP_DEFLATED, no_header, "is damaged in the zip (no header)"),
    "more than it claims": (zipfile.ZIP_DEFLATED, claim_little, "(wrong checksum)"),
    "a bomb": (zipfile.ZIP_DEFLATED, claim_much, "claims 4,000,000,000 bytes, more than the"),
}


@pytest.mark.parametrize(("method", "edit", "reason"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_member_is_named_and_the_others_are_converted(
    tmp_path: Path, method: int, edit: Callable[[bytearray, int, int], None], reason: str
) -> None:
    files = {f"{FOLDER}{name}.skeleton": recording(5, seed) for seed, name in enumerate(NAMES[:3])}
    path = zipped(tmp_path / "ntu.zip", files, method)
    file = list(files)[1]
    damage(path, file, edit)
    store = convert(tmp_path / "out.h5", path)
    assert store.names.tolist() == [str(NAMES[0]), str(NAMES[2])]
    (name,) = store.rejected()
    assert name == str(NAMES[1])
    assert store.rejected()[name].startswith(f"file '{file}' ")
    assert reason in store.rejected()[name]


def test_a_file_too_large_for_a_recording_is_not_read(tmp_path: Path) -> None:
    files = {f"{name}.skeleton": recording(5) for name in NAMES[:2]}
    raw = written(tmp_path / "raw", files)
    with (raw / f"{NAMES[2]}.skeleton").open("wb") as huge:
        huge.truncate(40_000_000_000)  # a sparse file
    store = convert(tmp_path / "out.h5", raw)
    assert "has 40,000,000,000 bytes, more than" in store.rejected()[str(NAMES[2])]


@pytest.mark.parametrize("folder", ["", FOLDER, "a/b/"], ids=["flat", "nested", "twice nested"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_gives_what_its_folder_gives(tmp_path: Path, folder: str, method: int) -> None:
    files = {f"{folder}{name}.skeleton": recording(5, seed) for seed, name in enumerate(NAMES[:3])}
    written(tmp_path / "raw", files)
    shadow = {f"__MACOSX/{folder}._{NAMES[0]}.skeleton": b"x", "readme.txt": b"y"}
    path = zipped(tmp_path / "ntu.zip", files | shadow, method)
    unpacked = convert(tmp_path / "folder.h5", tmp_path / "raw")
    assert convert(tmp_path / "zip.h5", path).path.read_bytes() == unpacked.path.read_bytes()


def test_two_zips_and_a_folder_make_one_store(tmp_path: Path) -> None:
    first = zipped(tmp_path / "1.zip", {f"a/{NAMES[2]}.skeleton": recording(6)})
    files = {f"{NAMES[0]}.skeleton": recording(5), f"{NAMES[2]}.skeleton": recording(9)}
    second = zipped(tmp_path / "2.zip", files)
    raw = written(tmp_path / "raw", {f"{NAMES[1]}.skeleton": b"0\n"})
    store = convert(tmp_path / "out.h5", first, second, raw)
    assert store.names.tolist() == [str(NAMES[0]), str(NAMES[2])]
    assert store.length.tolist() == [5, 6]
    rejected = store.rejected()
    assert f"file 'raw/{NAMES[1]}.skeleton', line 1" in rejected[str(NAMES[1])]
    taken = f"2.zip/{NAMES[2]}.skeleton"
    assert rejected[taken].endswith(f"'1.zip/a/{NAMES[2]}.skeleton' is used instead")


def test_a_zip_cut_off_is_told_and_the_other_is_converted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = zipped(tmp_path / "good.zip", {f"{NAMES[0]}.skeleton": recording(5)})
    cut = tmp_path / "cut.zip"
    cut.write_bytes(good.read_bytes()[:-40])
    sentence = f"'{cut}' is no folder and no zip, or a damaged or incomplete zip ("
    store = convert(tmp_path / "out.h5", cut, good)
    assert len(store.names) == 1
    assert store.rejected()["cut.zip"].startswith(sentence)
    assert main(["ntu", str(cut), str(tmp_path / "alone.h5")]) == 2
    assert f"error: {sentence}" in capsys.readouterr().err


def test_a_source_that_is_not_there_stops_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = zipped(tmp_path / "good.zip", {f"{NAMES[0]}.skeleton": recording(5)})
    assert main(["ntu", str(good), str(tmp_path / "none.zip"), str(tmp_path / "o.h5")]) == 2
    assert f"'{tmp_path / 'none.zip'}' does not exist" in capsys.readouterr().err


def bad_files() -> dict[str, tuple[bytes, str]]:
    """One file for each way in which real recordings are bad, with the reason to be given."""
    good = recording(14)
    joints = standing(5, 1)[0]
    spoilt = [
        (b"", "is empty"),
        (b"0\r\n", "line 1: got '0', but the number of frames"),
        (b"2\n0\n0\n", "no body in any of its 2 frames"),
        (good[: len(good) // 2], ", line "),
        (good[: good.rindex(b"\n", 0, -1) + 1], "is truncated or a count in it is too large"),
        (good.replace(b"14\n", b"1000000000\n", 1), "is truncated or a count in it is too large"),
        (good.replace(b" 256.5", b" NaN 256.5", 1), "12 in all, must stand here"),
        (skeleton_text([[(1, joints * float("nan"))]]), "line 5: got 'nan', but x, y and z"),
        (skeleton_text([[(1, joints), (1, joints)]]), "a bodyID may occur only once in a frame"),
        (skeleton_text([[(1, joints), (2, joints)]]), "none of its 2 bodies is in 12 frames"),
        (skeleton_text([[(1, 1e6 * joints)]]), "where a Kinect v2 sees less than 10 m"),
        (b"PK\3\4" + good, "line 1: got 'PK"),
        (b"<html>404</html>", "line 1: got '<html>404</html>'"),
    ]
    named = zip(NAMES[400:], spoilt, strict=False)
    return {f"{name}.skeleton": bad for name, bad in named} | {
        f"{MISSING}.skeleton": (good, "the authors of NTU RGB+D list its skeletons as missing"),
        "S001C001P001R001A061 (1).skeleton": (good, "does not match"),
        "S000C001P001R001A001.skeleton": (good, "has setup 0"),
        f"again/{NAMES[0]}.skeleton": (good, "a second file of this name"),
    }


def test_of_a_zip_with_3_percent_bad_files_all_others_are_converted(tmp_path: Path) -> None:
    bad = bad_files()
    good = [name for name in NAMES[: 33 * len(bad)] if f"{name}.skeleton" not in bad]
    # Every second one has what is merely messy: ghosts, gaps, changing order, joints at 0 0 0.
    conditions = Conditions(frames=25, mess=0.5)
    files = {f"{FOLDER}{name}.skeleton": recording_text(name, conditions) for name in good}
    files |= {f"{FOLDER}{file}": data for file, (data, _) in bad.items()}
    assert len(bad) / len(files) == pytest.approx(0.03, abs=0.002)
    store = convert(tmp_path / "out.h5", zipped(tmp_path / "ntu.zip", files))
    assert store.names.tolist() == list(map(str, good))
    rejected = store.rejected()
    assert len(rejected) == len(bad)
    for file, (_, reason) in bad.items():
        key = FOLDER + file if FOLDER + file in rejected else Path(file).stem
        assert reason in rejected[key], file
