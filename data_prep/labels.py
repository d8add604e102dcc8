"""The labels.csv of a folder: the class of every file, and which benchmarks its columns give."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from action_rec.data.store import NEITHER, TEST, TRAIN, VAL
from action_rec.errors import InputError

COLUMNS = ("subject", "camera", "setup", "replication")
BENCHMARKS = {"subject": "xsub", "camera": "xview", "setup": "xset"}
SPLITS = {"train": TRAIN, "val": VAL, "test": TEST, "": NEITHER}
_KNOWN = ("file", "label", *COLUMNS, "split")


@dataclass(frozen=True)
class LabelledFile:
    """A line of labels.csv.

    Attributes:
        line: Its number, from 1.
        file: The file that it is about, from the folder.
        label: Name of the class.
        columns: Those given of subject, camera, setup and replication.
        split: ``train``, ``val``, ``test``, empty for none of them; None where there is no column.
    """

    line: int
    file: str
    label: str
    columns: Mapping[str, int]
    split: str | None

    @property
    def name(self) -> str:
        """The name of the sequence: the file without its suffix."""
        return Path(self.file).with_suffix("").as_posix()


def read_labels(path: Path) -> list[LabelledFile]:
    """Read a labels.csv.

    Raises:
        InputError: It cannot be read, or a line is not as it must be.
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
        raise InputError(f"'{path}' is not CSV in UTF-8 ({error}); save it so") from None
    rows = list(_rows(lines, path))
    if not rows:
        raise InputError(f"'{path}' names no file; write a line for each recording")
    first: dict[str, int] = {}
    for row in rows:
        if first.setdefault(row.name, row.line) != row.line:
            raise InputError(
                f"'{path}', line {row.line}: {row.file!r} would have the same name as line "
                f"{first[row.name]}; leave one out or rename it"
            )
    return rows


def _rows(lines: list[tuple[int, list[str]]], path: Path) -> Iterator[LabelledFile]:
    header = [column.strip().lower() for column in lines[0][1]] if lines else []
    if not {"file", "label"} <= set(header) <= set(_KNOWN) or len(set(header)) < len(header):
        raise InputError(
            f"'{path}', line 1: the columns are {','.join(header)[:100]!r}; needed are file,label "
            f"and, if you have them, {','.join(_KNOWN[2:])}, each once and separated by commas"
        )
    for line, cells in lines[1:]:
        if any(cell.strip() for cell in cells):
            where = f"'{path}', line {line}"
            if len(cells) != len(header):
                raise InputError(
                    f"{where}: {len(cells)} cells where the header has {len(header)}; put cells "
                    "with a comma into quotes"
                )
            yield _row(dict(zip(header, map(str.strip, cells), strict=True)), line, where)


def _row(cells: Mapping[str, str], line: int, where: str) -> LabelledFile:
    for column in ("file", "label"):
        if not cells[column]:
            raise InputError(f"{where}: {column} is empty; fill it in or leave the line out")
    file = Path(cells["file"])
    if file.is_absolute() or ".." in file.parts:
        raise InputError(f"{where}: file {str(file)!r} is not named from the folder; write it so")
    for column in COLUMNS:
        number = cells.get(column, "0")
        if not (number.isascii() and number.isdecimal() and len(number) < 10):
            raise InputError(
                f"{where}: {column} {number!r} is not a whole number below 10^9; number them"
            )
    if cells.get("split", "") not in SPLITS:
        raise InputError(
            f"{where}: split {cells['split']!r} is not train, val, test or empty; correct it"
        )
    columns = {column: int(cells[column]) for column in COLUMNS if column in cells}
    return LabelledFile(line, cells["file"], cells["label"], columns, cells.get("split"))


def class_names(rows: Sequence[LabelledFile]) -> list[str]:
    """The different labels: in the order of numbers if all are numbers, else of the alphabet."""
    names = {row.label for row in rows}
    if all(name.isascii() and name.isdecimal() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)


def benchmarks(
    rows: Sequence[LabelledFile], path: Path, test: Mapping[str, Sequence[int] | None]
) -> dict[str, list[int]]:
    """The benchmarks that the columns give, each with the split of every row.

    Args:
        rows: The lines of labels.csv.
        path: Where they are from.
        test: By column (subject, camera, setup), the numbers to test on; None for no benchmark.

    Raises:
        InputError: A number to test on does not occur, a benchmark has nothing to train or test on,
            or there is no benchmark.
    """
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
                    f"'{path}' gives benchmark {name} nothing to {split} on; choose the {split} "
                    "files anew"
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
