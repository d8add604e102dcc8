"""Feed the .skeleton parser with damaged files: ``python -m tests.fuzz_skeleton --inputs 1000000``.

Each input must become sequences, by every rule set, or a rejection of one sentence. Anything else
is a finding: another exception, a warning, a number that is not finite, a fast path that differs
from the line-by-line parser, more than 5 s, or more than 1 GB of memory. The same seed gives the
same inputs; findings are written to a folder.
"""

import argparse
import resource
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np

from action_rec.data.people import Rules, choose_people
from action_rec.data.people_sgn import SgnRules
from action_rec.data.people_simple import EnergyRules, FirstRules, KeepAll
from action_rec.data.recording import Recording
from action_rec.data.skeleton_file import parse_lines, parse_skeleton
from action_rec.data.skeleton_regular import parse_regular
from action_rec.errors import InputError
from tests.synthetic import skeleton_text, standing

SECONDS, BYTES = 5, 1 << 30
_PER_SEED = 1000
_RULES: tuple[Rules, ...] = (SgnRules(), EnergyRules(), FirstRules(), KeepAll())
_DIGITS, _CHARACTERS = b"0123456789", b"+-.eE \r\n\tn\0\xff"
_NUMBERS = (
    *(b"0", b"1", b"2", b"3", b"12", b"24", b"25", b"26", b"-1", b"+3", b"1000000000", b"7e2"),
    *(b"9" * 18, b"9223372036854775807", b"9223372036854775808", b"1" * 5000, b"1e400", b"-1e308"),
    *(b"nan", b"-Infinity", b".", b"", b"-", b"1_0", b"0x1F", b"1e", b"2.", b".5", b"1e-400"),
)


def good_files() -> list[bytes]:
    """Small files: one body, two, bodies that come and go, short numbers, both newlines."""
    a, b = standing(1, 14), standing(2, 14).round(3)
    return [
        skeleton_text([[(5, a[0])]]),
        skeleton_text([[(8, a[0]), (2**63 - 1, b[0])], [], [(2**63 - 1, b[1]), (8, a[1])]]),
        skeleton_text([[], [(5, b[0])]], newline="\r\n"),
        skeleton_text([[(t, 2 * b[t])] for t in range(3)]),
        skeleton_text([[(1, b[t]), (2, b[t] * (3, 1, 1))] for t in range(14)]),
    ]


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """One random fault: in a byte, in a number, in lines, or in the length."""
    place, other = map(int, rng.integers(len(data) + 1, size=2))
    kind = int(rng.integers(16))
    if kind < 10:
        return _mutate_bytes(data, kind, place, other, rng)
    lines = data.split(b"\n")
    first, last = sorted(map(int, rng.integers(len(lines), size=2)))
    match kind:
        case 10:
            del lines[first]
        case 11:
            lines.insert(last, lines[first])
        case 12:
            del lines[first:last]
        case 13:  # a count, as a rule
            short = [index for index, line in enumerate(lines) if len(line) < 3]
            lines[short[rng.integers(len(short))] if short else 0] = _number(rng)
        case _:
            fields = lines[first].split(b" ")
            fields[rng.integers(len(fields))] = _number(rng)
            lines[first] = b" ".join(fields)
    return b"\n".join(lines)


def _mutate_bytes(
    data: bytes, kind: int, place: int, other: int, rng: np.random.Generator
) -> bytes:
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
        case _:  # gentle: most of these stay good files
            digit = _DIGITS[rng.integers(len(_DIGITS))]
            return data[:place] + bytes([digit]) + data[place + kind % 2 :]


def _number(rng: np.random.Generator) -> bytes:
    return _NUMBERS[rng.integers(len(_NUMBERS))]


def damaged_files(count: int, seed: int = 0) -> Iterator[bytes]:
    """Good files with one to three faults each."""
    sources = good_files()
    for number in range(count):
        if number % _PER_SEED == 0:
            rng = np.random.default_rng((seed, number))
        data = sources[rng.integers(len(sources))]
        for _ in range(rng.integers(1, 4)):
            data = mutate(data, rng)
        yield data


def try_out(data: bytes) -> str:
    """Parse an input, and choose its people by all rules.

    Returns:
        `fast` or `slow`, the path that parsed it, or `rejected`.

    Raises:
        AssertionError: The result is not what it must be.
    """
    regular = parse_regular(data)
    try:
        recording = parse_skeleton(data, "f")
        if regular is not None:
            assert same(regular, parse_lines(data, "f")), "the paths differ"
        for rules in _RULES:
            for view in ("recorded", "normalized"):
                chosen = choose_people(recording, rules, view)
                assert np.isfinite(chosen.poses).all(), "poses are not finite"
                assert 1 <= len(chosen.poses) <= recording.num_frames, "frames do not fit"
    except InputError as error:
        if not str(error).isprintable():
            raise AssertionError("a reason that is not one line") from error
        return "rejected"
    return "slow" if regular is None else "fast"


def same(one: Recording, other: Recording) -> bool:
    """Whether two recordings are equal, bit by bit."""
    return one.num_frames == other.num_frames and [
        (body.body_id, body.frames.tolist(), body.joints.tobytes()) for body in one.bodies
    ] == [(body.body_id, body.frames.tolist(), body.joints.tobytes()) for body in other.bodies]


def main() -> int:
    """Try out damaged files, with a limit on time and memory, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--findings", type=Path, default=Path("fuzz_findings"))
    options = parser.parse_args()

    signal.signal(signal.SIGALRM, _too_long)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
    warnings.simplefilter("error")
    results: Counter[str] = Counter()
    started, slowest = time.monotonic(), 0.0
    for number, data in enumerate(damaged_files(options.inputs, options.seed)):
        begun = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        try:
            results[try_out(data)] += 1
        except Exception as error:
            results["findings"] += 1
            options.findings.mkdir(parents=True, exist_ok=True)
            (options.findings / f"{options.seed}-{number}.skeleton").write_bytes(data)
            print(f"finding in input {number}: {type(error).__name__}: {error}", file=sys.stderr)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        slowest = max(slowest, time.monotonic() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{options.inputs:,} inputs of seed {options.seed} in {time.monotonic() - started:,.0f} s: "
        f"{results['fast']:,} parsed fast, {results['slow']:,} line by line, "
        f"{results['rejected']:,} rejected, {results['findings']:,} findings; "
        f"slowest {1000 * slowest:.0f} ms, peak memory {peak:.0f} MB"
    )
    return 1 if results["findings"] else 0


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"an input took more than {SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
