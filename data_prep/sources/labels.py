"""The labels.csv of a folder: the class of every file, and the benchmarks that follow from it."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from action_rec.errors import InputError
from action_rec.skeletons.formats.reading import recording_name
from action_rec.store.reader import NEITHER, TEST, TRAIN, VAL

COLUMNS = ("subject", "camera", "setup", "replication")
BENCHMARKS = {"subject": "xsub", "camera": "xview", "setup": "xset"}
SPLITS = {"train": TRAIN, "val": VAL, "test": TEST, "": NEITHER}
_KNOWN = ("file", "label", *COLUMNS, "split")


@dataclass(frozen=True)
class LabelledFile:
    """A line of labels.csv.

    Attributes:
        line: Its number, from 1.
        file: The file that it labels, relative to the folder.
        label: Name of the class.
        columns: Those given of subject, camera, setup and replication.
        split: ``train``, ``val``, ``test``, empty for none of them; None without such a column.
    """

    line: int
    file: str
    label: str
    columns: Mapping[str, int]
    split: str | None

    @property
    def name(self) -> str:
        """The name of the sequence: the file without its suffix, or the folder."""
        path = Path(self.file)
        return path.with_name(recording_name(path)).as_posix()


@dataclass(frozen=True)
class Labels:
    """The content of a labels.csv.

    Attributes:
        path: Its path.
        rows: The lines that can be used, at least one.
        rejected: The others, by file and line, each with the reason.
        files: Every file that is named, including those in lines that cannot be used.
    """

    path: Path
    rows: list[LabelledFile]
    rejected: dict[str, str]
    files: set[str]


def read_labels(path: Path) -> Labels:
    """Read a labels.csv; invalid lines are left out.

    Raises:
        InputError: It cannot be read, its header is invalid, or no line can be used.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, cells) for cells in reader]
    except OSError as error:
        raise InputError(
            f"'{path}' cannot be read ({error.strerror}); write one with the columns file,label "
            "or name it with --labels"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"'{path}' is not CSV in UTF-8 ({error}); save it in that format"
        ) from None
    header = [column.strip().lower() for column in lines[0][1]] if lines else []
    if not {"file", "label"} <= set(header) <= set(_KNOWN) or len(set(header)) < len(header):
        raise InputError(
            f"'{path}', line 1: the columns are {','.join(header)[:100]!r}; needed are file,label "
            f"and, if you have them, {','.join(_KNOWN[2:])}, each once and separated by commas"
        )
    labels = _labels(path, header, lines[1:])
    if not labels.rows:
        if not labels.rejected:
            raise InputError(f"'{path}' names no file; write a line for each recording")
        raise InputError(f"none of the lines of '{path}' can be used: {_first(labels.rejected)}")
    return labels


def _labels(path: Path, header: list[str], lines: list[tuple[int, list[str]]]) -> Labels:
    rows: dict[str, LabelledFile] = {}
    rejected, files = {}, set()
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        named = dict(zip(header, map(str.strip, cells), strict=False))
        file = named.get("file", "")
        files.add(file)
        try:
            row = _row(named, line, len(cells), len(header))
            if row.name in rows:
                raise InputError(
                    f"a second file of this name; that of line {rows[row.name].line} is used "
                    "instead"
                )
            rows[row.name] = row
        except InputError as error:
            where = f"labels.csv, line {line}"
            rejected[f"{file[:100]!r} ({where})" if file else where] = str(error)
    return Labels(path, list(rows.values()), rejected, files)


def _row(cells: Mapping[str, str], line: int, number: int, needed: int) -> LabelledFile:
    if number != needed:
        raise InputError(
            f"{number} cells where the header has {needed}; put cells with a comma into quotes"
        )
    for column in ("file", "label"):
        if not cells[column]:
            raise InputError(f"{column} is empty; fill it in or leave the line out")
    file = Path(cells["file"])
    if file.is_absolute() or ".." in file.parts or not file.name:
        raise InputError("the file is not given relative to the folder; write it so")
    if not cells["file"].isprintable():
        raise InputError("the name of the file is not printable; rename it")
    for column in COLUMNS:
        value = cells.get(column, "0")
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise InputError(
                f"{column} {value[:100]!r} is not a whole number below 10^9; number them"
            )
    if cells.get("split", "") not in SPLITS:
        raise InputError(
            f"split {cells['split'][:100]!r} is not train, val, test or empty; correct it"
        )
    columns = {column: int(cells[column]) for column in COLUMNS if column in cells}
    return LabelledFile(line, cells["file"], cells["label"], columns, cells.get("split"))


def _first(rejected: Mapping[str, str]) -> str:
    where, reason = next(iter(rejected.items()))
    return f"{len(rejected):,} left out, the first one, {where}, because: {reason}"


def class_names(rows: Sequence[LabelledFile]) -> list[str]:
    """The different labels, sorted as numbers if all are numbers, else alphabetically."""
    names = {row.label for row in rows}
    if all(name.isascii() and name.isdecimal() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)


def benchmarks(labels: Labels, test: Mapping[str, Sequence[int] | None]) -> dict[str, list[int]]:
    """The benchmarks that follow from the columns, each with the split of every row.

    Args:
        labels: The content of labels.csv.
        test: By column (subject, camera, setup), the numbers to test on; None for no benchmark.

    Raises:
        InputError: A number to test on does not occur, a benchmark has nothing to train or test on,
            or there is no benchmark.
    """
    try:
        return _benchmarks(labels.rows, labels.path, test)
    except InputError as error:
        if not labels.rejected:
            raise
        # What is missing may be in a line that cannot be used.
        raise InputError(f"{error} (lines of it: {_first(labels.rejected)})") from None


def _benchmarks(
    rows: Sequence[LabelledFile], path: Path, test: Mapping[str, Sequence[int] | None]
) -> dict[str, list[int]]:
    found = {
        BENCHMARKS[column]: _by_number(rows, path, column, numbers)
        for column, numbers in test.items()
        if numbers is not None
    }
    if rows[0].split is not None:
        found["split"] = [SPLITS[row.split or ""] for row in rows]
    if not found:
        raise InputError(
            f"'{path}' gives no benchmark: add a column split with train and test, or name the "
            "test subjects, cameras or setups, e.g. --test_subjects '[3,6]'"
        )
    for name, splits in found.items():
        for split, value in (("train", TRAIN), ("test", TEST)):
            if value not in splits:
                raise InputError(
                    f"'{path}' gives benchmark {name} nothing to {split} on; choose other "
                    f"{split} files"
                )
    return found


def _by_number(
    rows: Sequence[LabelledFile], path: Path, column: str, numbers: Sequence[int]
) -> list[int]:
    if column not in rows[0].columns:
        raise InputError(f"'{path}' has no column {column}; add it or leave out --test_{column}s")
    known = {row.columns[column] for row in rows}
    for number in numbers:
        if number not in known:
            raise InputError(
                f"--test_{column}s names {number}, but '{path}' has {_some(sorted(known))}"
            )
    return [TEST if row.columns[column] in numbers else TRAIN for row in rows]


def _some(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:20])) + (", ..." if len(numbers) > 20 else "")
