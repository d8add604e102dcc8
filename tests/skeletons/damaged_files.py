"""Generate damaged .skeleton files: valid files with random faults, and some very large ones."""

from collections.abc import Iterator

import numpy as np

from tests.synthetic import skeleton_text, standing

PER_BLOCK = 1000  # inputs per random generator, so that a run can start at any block
_BETWEEN_LARGE = 4000
_MAX_LINES = 1_000_000  # of a large file: twice the limit of the parser
_DIGITS, _CHARACTERS = b"0123456789", b"+-.eE \r\n\tn\0\xff"
_NUMBERS = (
    *(b"0", b"1", b"2", b"3", b"12", b"24", b"25", b"26", b"-1", b"+3", b"1000000000", b"7e2"),
    *(b"9" * 18, b"9223372036854775807", b"9223372036854775808", b"1" * 5000, b"1e400", b"-1e308"),
    *(b"nan", b"-Infinity", b".", b"", b"-", b"1_0", b"0x1F", b"1e", b"2.", b".5", b"1e-400"),
)
_HUGE = (b"1000000000", b"99999999999999", b"9223372036854775807", b"500000", b"-1000000000")
_NEWLINES = (b"\n", b"\r\n", b"\r", b"\n\n", b" \n", b"\n\r", b"\x0b\n")
_KINDS = 22


def valid_files() -> list[bytes]:
    """Return small valid files: one or two bodies, absent bodies, short numbers, LF and CRLF."""
    a, b = standing(1, 14), standing(2, 14).round(3)
    return [
        skeleton_text([[(5, a[0])]]),
        skeleton_text([[(8, a[0]), (2**63 - 1, b[0])], [], [(2**63 - 1, b[1]), (8, a[1])]]),
        skeleton_text([[], [(5, b[0])]], newline="\r\n"),
        skeleton_text([[(t, 2 * b[t])] for t in range(3)]),
        skeleton_text([[(1, b[t]), (2, b[t] * (3, 1, 1))] for t in range(14)]),
    ]


def damaged_files(count: int, seed: int = 0, first: int = 0) -> Iterator[bytes]:
    """Yield files with one to three random faults each.

    Args:
        count: Index of the last file, exclusive.
        seed: Seed of the faults, up to 64 bits.
        first: Index of the first file, a multiple of 1,000.
    """
    sources = valid_files()
    for number in range(first, count):
        if number % PER_BLOCK == 0:
            rng = np.random.default_rng((seed, number))
        if number % _BETWEEN_LARGE == _BETWEEN_LARGE - 1:
            yield large_file(rng)
            continue
        data = sources[rng.integers(len(sources))]
        for _ in range(rng.integers(1, 4)):
            data = mutate(data, rng)
        yield data


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Apply one random fault: to a byte, a number, lines, the encoding or the length."""
    kind = int(rng.integers(_KINDS))
    if kind < 10:
        return _mutate_bytes(data, kind, rng)
    return _mutate_lines(data, kind, rng) if kind < 17 else _mutate_text(data, kind, rng)


def _mutate_bytes(data: bytes, kind: int, rng: np.random.Generator) -> bytes:
    place, other = map(int, rng.integers(len(data) + 1, size=2))
    match kind:
        case 0:
            return data[:place] + rng.bytes(1) + data[place + 1 :]
        case 1:
            swap = _CHARACTERS[rng.integers(len(_CHARACTERS))]
            return data[:place] + bytes([swap]) + data[place + 1 :]
        case 2:
            return data[:place] + data[place + 1 :]
        case 3:
            return data[:place]
        case 4:
            return data[:place] + data[other:]
        case 5:
            return data[:place] + rng.bytes(int(rng.integers(1, 30))) + data[place:]
        case _:  # a single digit: most of these files stay valid
            digit = _DIGITS[rng.integers(len(_DIGITS))]
            return data[:place] + bytes([digit]) + data[place + kind % 2 :]


def _mutate_lines(data: bytes, kind: int, rng: np.random.Generator) -> bytes:
    lines = data.split(b"\n")
    first, last = sorted(map(int, rng.integers(len(lines), size=2)))
    match kind:
        case 10:
            del lines[first]
        case 11:
            lines.insert(last, lines[first])
        case 12:
            del lines[first:last]
        case 13:  # usually a count
            short = [index for index, line in enumerate(lines) if len(line) < 3]
            lines[short[rng.integers(len(short))] if short else 0] = _one_of(_NUMBERS, rng)
        case 14:
            lines[first], lines[last] = lines[last], lines[first]
        case 15:
            lines[0] = _one_of(_HUGE, rng)
        case _:
            fields = lines[first].split(b" ")
            fields[rng.integers(len(fields))] = _one_of(_NUMBERS, rng)
            lines[first] = b" ".join(fields)
    return b"\n".join(lines)


def _mutate_text(data: bytes, kind: int, rng: np.random.Generator) -> bytes:
    """Apply a fault of text editors and file transfers: newlines, blanks, encodings."""
    text = data.decode("latin1")
    match kind:
        case 17:
            newline = _one_of(_NEWLINES, rng)
            return data.replace(b"\r\n", b"\n").replace(b"\n", newline)
        case 18:  # mixed newlines
            lines = data.split(b"\n")
            return b"".join(line + _one_of(_NEWLINES[:2], rng) for line in lines)
        case 19:
            place = int(rng.integers(len(data) + 1))
            return data[:place] + _one_of(_NEWLINES, rng) + data[place:]
        case 20:
            encoding = ("utf-16", "utf-16-be", "utf-32", "utf-8-sig", "utf-7")[rng.integers(5)]
            return text.encode(encoding)
        case _:  # digits and points of other scripts that Python's float accepts
            old, new = (("1", "\u0661"), (".", ","), ("-", "\u2212"), (" ", "\u00a0"))[
                rng.integers(4)
            ]
            return text.replace(old, new, int(rng.integers(1, 20))).encode()


def large_file(rng: np.random.Generator) -> bytes:
    """Return a file with many frames or many bodies, up to a million short lines."""
    joint = b"0.1 1.2 3.1 0 0 0 0 0 0 0 0 2\n" * 24 + b"0.5 2.9 3 0 0 0 0 0 0 0 0 2\n"
    lines = int(10 ** rng.uniform(3, np.log10(_MAX_LINES)))
    kind, ids = int(rng.integers(4)), int(10 ** rng.uniform(0, 4.5))
    bodies = [b"%d 0 0 0 0 0 0 0 0 0\n25\n%b" % (n % ids, joint) for n in range(lines // 28)]
    match kind:
        case 0:  # all in one frame
            data = b"1\n%d\n%b" % (len(bodies), b"".join(bodies))
        case 1:  # many empty frames
            data = b"%d\n%b1\n%b" % (lines, b"0\n" * (lines - 1), bodies[0])
        case _:  # one in each frame
            data = b"%d\n1\n%b" % (len(bodies), b"1\n".join(bodies))
    if rng.integers(2):  # not in the layout of the fast parser
        data = data.replace(b"\n25\n", b"\n25 \n")
    return data if rng.integers(2) else mutate(data, rng)


def _one_of(choices: tuple[bytes, ...], rng: np.random.Generator) -> bytes:
    return choices[rng.integers(len(choices))]
