"""Feed the .skeleton parser with damaged files: ``python -m tests.skeletons.fuzz_parser``.

Each input must become sequences, by every rule set and view, or a rejection of one sentence.
Anything else is a finding: another exception, a warning, a number that is not finite, a fast path
that differs from the line-by-line parser, more than 5 s of a processor, or more than 1 GB of
memory. The same seed gives the same inputs; findings are written to a folder. The same command, run
again after an interruption, goes on where it was.
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
_FINDING = "FINDING"
_PARSED = {"fast": "parsed by the fast path", "slow": "parsed line by line"}


def try_out(data: bytes) -> str:
    """Parse an input, and choose its people by all rules.

    Returns:
        `fast` or `slow`, the path that parsed it, or the reason why it is rejected.

    Raises:
        AssertionError: The result is not what it must be.
    """
    try:
        recording = parse_skeleton(data, "f")
    except InputError as error:
        return _one_line(error)
    regular = parse_regular(data)
    if regular is not None:
        assert same(regular, parse_lines(data, "f")), "the paths differ"
    reasons = [_choose(recording, rules, view) for rules in RULES for view in VIEWS]
    if all(reasons):
        return reasons[0]
    return "slow" if regular is None else "fast"


def _choose(recording: Recording, rules: Rules, view: View) -> str:
    """Why the people cannot be chosen; empty where they can."""
    try:
        chosen = PeoplePreparation(rules, view).prepare(recording)
    except InputError as error:
        return _one_line(error)
    assert np.isfinite(chosen.poses).all(), "poses are not finite"
    assert 1 <= len(chosen.poses) <= recording.num_frames, "frames do not fit"
    return ""


def _one_line(error: InputError) -> str:
    reason = str(error)
    assert reason.isprintable(), "a reason that is not one line"
    assert len(reason) < 500, "a reason that nobody reads to its end"
    return reason


def same(one: Recording, other: Recording) -> bool:
    """Whether two recordings are equal, bit by bit."""
    return one.num_frames == other.num_frames and [
        (body.body_id, body.frames.tolist(), body.joints.tobytes()) for body in one.bodies
    ] == [(body.body_id, body.frames.tolist(), body.joints.tobytes()) for body in other.bodies]


@dataclass
class Report:
    """What came of the inputs so far; `outcomes` counts them by kind."""

    seed: int
    inputs: int = 0
    findings: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    peak_memory: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, state: Path | None, seed: int) -> Self:
        """Go on with what a file says, if it is about the same seed, or start anew."""
        saved = json.loads(state.read_text()) if state and state.exists() else {"seed": None}
        if saved["seed"] != seed:
            return cls(seed)
        return cls(**saved | {"outcomes": Counter(saved["outcomes"])})

    def add(self, outcome: str, seconds: float) -> None:
        """Count an input: a path, or a reason, of which what differs from file to file is cut."""
        self.inputs += 1
        self.seconds += seconds
        self.slowest = max(self.slowest, seconds)
        kind = "" if outcome.startswith(_FINDING) else "rejected: "
        self.outcomes[_PARSED.get(outcome) or kind + _VARIABLE.sub("_", outcome)] += 1

    def save(self, state: Path) -> None:
        """Write everything to a file, in one step."""
        self.peak_memory = max(
            self.peak_memory, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        )
        written = state.with_name(f"{state.name}.new")
        written.write_text(json.dumps(vars(self), indent=1))
        written.replace(state)


def main() -> int:
    """Try out damaged files, with a limit on time and memory, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--findings", type=Path, default=Path("fuzz_findings"))
    parser.add_argument("--state", type=Path, default=Path("fuzz_state.json"))
    options = parser.parse_args()

    signal.signal(signal.SIGPROF, _too_long)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
    warnings.simplefilter("error")
    report = Report.of(options.state, options.seed)
    for data in damaged_files(options.inputs, options.seed, first=report.inputs):
        begun = time.process_time()
        outcome = _with_limit(data)
        report.add(outcome, time.process_time() - begun)
        if outcome.startswith(_FINDING):
            report.findings += 1
            options.findings.mkdir(parents=True, exist_ok=True)
            name = f"{options.seed}-{report.inputs - 1}.skeleton"
            (options.findings / name).write_bytes(data)
            print(f"{name}: {outcome}", file=sys.stderr)
        if report.inputs % PER_BLOCK == 0:
            report.save(options.state)
    print(_summary(report))
    return 1 if report.findings else 0


def _with_limit(data: bytes) -> str:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return try_out(data)
    except Exception as error:
        return f"{_FINDING} {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _summary(report: Report) -> str:
    lines = [f"{number:>9,}  {outcome}" for outcome, number in report.outcomes.most_common()]
    facts = (
        f"{report.inputs:,} inputs of seed {report.seed} in {report.seconds:,.0f} s: "
        f"{report.findings:,} findings; slowest {report.slowest:.2f} s, peak memory "
        f"{report.peak_memory:.0f} MB"
    )
    return "\n".join([*lines, facts])


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"an input took more than {SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
