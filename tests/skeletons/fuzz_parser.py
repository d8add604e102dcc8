"""Fuzz the .skeleton parser with damaged files: ``python -m tests.skeletons.fuzz_parser``.

Each input must be converted by every rule set and view, or be rejected with an `InputError` of one
line. Everything else is a failure: another exception, a warning, a value that is not finite, a
difference between the two parsers, more than 5 s of processor time, or more than 1 GB of memory.
Inputs depend on the seed alone; failing inputs are written to a folder. After an interruption, the
same command resumes.
"""

import argparse
import json
import re
import resource
import signal
import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Self

import numpy as np

from action_rec.errors import InputError
from action_rec.skeletons.fast_parser import parse_regular
from action_rec.skeletons.parser import parse_lines, parse_skeleton
from action_rec.skeletons.people import Rules
from action_rec.skeletons.people_preparation import PeoplePreparation, View
from action_rec.skeletons.people_sgn import SgnRules
from action_rec.skeletons.people_simple import EnergyRules, FirstRules, KeepAll
from action_rec.skeletons.recording import Recording
from tests.skeletons.damaged_files import PER_BLOCK, damaged_files

SECONDS, BYTES = 5, 1 << 30
RULES: tuple[Rules, ...] = (SgnRules(), EnergyRules(), FirstRules(), KeepAll())
VIEWS: tuple[View, ...] = ("recorded", "normalized")
_VARIABLE = re.compile(r"'[^']*'|\"[^\"]*\"|0x\w+|\d[\d.,e+]*")
_FAILURE = "FAILURE"
_PARSED = {"fast": "parsed by the fast parser", "slow": "parsed line by line"}


def check_input(data: bytes) -> str:
    """Parse an input and choose people by all rules.

    Returns:
        `fast` or `slow`, the parser that accepted it, or the message of its rejection.

    Raises:
        AssertionError: The result or the message is invalid.
    """
    try:
        recording = parse_skeleton(data, "f")
    except InputError as error:
        return _one_line(error)
    regular = parse_regular(data)
    if regular is not None:
        assert same(regular, parse_lines(data, "f")), "the parsers differ"
    reasons = [_choose(recording, rules, view) for rules in RULES for view in VIEWS]
    if all(reasons):
        return reasons[0]
    return "slow" if regular is None else "fast"


def _choose(recording: Recording, rules: Rules, view: View) -> str:
    """Choose people; return the message of the error, or an empty string."""
    try:
        chosen = PeoplePreparation(rules, view).prepare(recording)
    except InputError as error:
        return _one_line(error)
    assert np.isfinite(chosen.poses).all(), "poses are not finite"
    assert 1 <= len(chosen.poses) <= recording.num_frames, "wrong number of frames"
    return ""


def _one_line(error: InputError) -> str:
    message = str(error)
    assert message.isprintable(), "the message is not one line"
    assert len(message) < 500, "the message is too long"
    return message


def same(one: Recording, other: Recording) -> bool:
    """Return whether two recordings are bitwise equal."""
    return one.num_frames == other.num_frames and [
        (body.body_id, body.frames.tolist(), body.joints.tobytes()) for body in one.bodies
    ] == [(body.body_id, body.frames.tolist(), body.joints.tobytes()) for body in other.bodies]


@dataclass
class Report:
    """Results so far; `outcomes` counts the inputs by result."""

    seed: int
    inputs: int = 0
    failures: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    peak_memory: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)

    @classmethod
    def load(cls, state: Path | None, seed: int) -> Self:
        """Load the results from a file if it has the same seed, else start with none."""
        saved = json.loads(state.read_text()) if state and state.exists() else {"seed": None}
        if saved["seed"] != seed:
            return cls(seed)
        return cls(**saved | {"outcomes": Counter(saved["outcomes"])})

    def add(self, outcome: str, seconds: float) -> None:
        """Count an input; numbers and quoted text of messages are replaced by `_`."""
        self.inputs += 1
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)
        prefix = "" if outcome.startswith(_FAILURE) else "rejected: "
        self.outcomes[_PARSED.get(outcome) or prefix + _VARIABLE.sub("_", outcome)] += 1

    def save(self, state: Path) -> None:
        """Write the results to a file, atomically."""
        self.peak_memory = max(
            self.peak_memory, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        )
        written = state.with_name(f"{state.name}.new")
        written.write_text(json.dumps(vars(self), indent=1))
        written.replace(state)


def main() -> int:
    """Check damaged files under a limit of time and memory, and print a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--failures", type=Path, default=Path("fuzz_failures"))
    parser.add_argument("--state", type=Path, default=Path("fuzz_state.json"))
    options = parser.parse_args()

    signal.signal(signal.SIGPROF, _too_long)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
    warnings.simplefilter("error")
    report = Report.load(options.state, options.seed)
    for data in damaged_files(options.inputs, options.seed, first=report.inputs):
        start = time.process_time()
        outcome = _with_limit(data)
        report.add(outcome, time.process_time() - start)
        if outcome.startswith(_FAILURE):
            report.failures += 1
            options.failures.mkdir(parents=True, exist_ok=True)
            name = f"{options.seed}-{report.inputs - 1}.skeleton"
            (options.failures / name).write_bytes(data)
            print(f"{name}: {outcome}", file=sys.stderr)
        if report.inputs % PER_BLOCK == 0:
            report.save(options.state)
    print(_summary(report))
    return 1 if report.failures else 0


def _with_limit(data: bytes) -> str:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return check_input(data)
    except Exception as error:
        return f"{_FAILURE} {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _summary(report: Report) -> str:
    lines = [f"{number:>9,}  {outcome}" for outcome, number in report.outcomes.most_common()]
    totals = (
        f"{report.inputs:,} inputs of seed {report.seed} in {report.seconds:,.0f} s: "
        f"{report.failures:,} failures; slowest {report.slowest:.2f} s, peak memory "
        f"{report.peak_memory:.0f} MB"
    )
    return "\n".join([*lines, totals])


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"an input took more than {SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
