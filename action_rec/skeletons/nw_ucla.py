"""Sample names and actions of the Northwestern-UCLA Multiview Action 3D data set (``nw_ucla``).

Source: Wang et al., "Cross-view Action Modeling, Learning and Recognition", CVPR 2014. The
skeletons are distributed as one JSON file per recording; ten of the numbers 1 to 12 are actions.

In the distributed files, every recording of actions 2 and 3 in view 3 is a copy of the one in
view 2: 95 of the 464 test sequences of xview are also train sequences. Published results include
them.
"""

import re
from dataclasses import dataclass
from typing import Self

from action_rec.errors import InputError

NAME_FORMAT = "aAA_sSS_eEE_vVV, e.g. a01_s02_e03_v01"
_NAME = re.compile(r"a(\d\d)_s(\d\d)_e(\d\d)_v(\d\d)", re.ASCII)

ACTIONS = {
    1: "pick up with one hand",
    2: "pick up with two hands",
    3: "drop trash",
    4: "walk around",
    5: "sit down",
    6: "stand up",
    8: "donning",
    9: "doffing",
    11: "throw",
    12: "carry",
}
LABELS = {action: label for label, action in enumerate(ACTIONS)}
TRAIN_VIEWS = frozenset((1, 2))
VIEWS = (1, 2, 3)

NUM_RECORDINGS = 1_484
# Number of (train, test) sequences of the complete set.
KNOWN_TOTALS = {"xview": (1_020, 464)}

_COPIED_ACTIONS = (2, 3)
_COPIED_VIEW = 3


@dataclass(frozen=True, order=True)
class SampleName:
    """The name of a recording: action, subject, execution (from 0) and view."""

    action: int
    subject: int
    execution: int
    view: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a name such as ``a01_s02_e03_v01``.

        Raises:
            InputError: The text does not match `NAME_FORMAT`, or there is no such action or view.
        """
        match = _NAME.fullmatch(text)
        if match is None:
            raise InputError(f"name '{text}' does not match {NAME_FORMAT}; rename the file")
        name = cls(*map(int, match.groups()))
        if name.action not in ACTIONS or name.view not in VIEWS:
            raise InputError(
                f"name '{text}' has action {name.action} and view {name.view}, but NW-UCLA has "
                "actions 1-6, 8, 9, 11, 12 and views 1-3; rename the file"
            )
        return name

    def __str__(self) -> str:
        return f"a{self.action:02}_s{self.subject:02}_e{self.execution:02}_v{self.view:02}"


def is_copied_from_train(name: str) -> bool:
    """Return whether a test recording is a copy of a train recording (see the module docstring)."""
    match = _NAME.fullmatch(name)
    if match is None:
        return False
    return int(match[1]) in _COPIED_ACTIONS and int(match[4]) == _COPIED_VIEW
