"""Text of other people in tables, pictures and reports."""

import numpy as np
import pytest

from action_rec.evaluation.pictures import draw_confusion
from action_rec.evaluation.tables import print_table
from action_rec.prediction.outputs import Prediction, print_predictions

_HOSTILE = "\x1b[31m[bold]red[/]:smile: $\\frac$"


def test_escape_sequences_and_markup_are_shown_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(_HOSTILE, ["name", "value"], [[_HOSTILE, _HOSTILE]])
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert printed.count("\\x1b[31m[bold]red[/]:smile: $\\frac$") == 3


def test_hostile_names_of_predictions(capsys: pytest.CaptureFixture[str]) -> None:
    prediction = Prediction(_HOSTILE, "x", _HOSTILE, np.array([0.9, 0.1], np.float32))
    print_predictions([prediction], [_HOSTILE, "other"], 2)
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert printed.count("\\x1b[31m[bold]red[/]") == 3


def test_class_names_are_drawn_as_they_are() -> None:
    names = (_HOSTILE, "$", "b")
    figure = draw_confusion(np.eye(3, dtype=np.int64), names, "$\\bad$")
    figure.canvas.draw()
    shown = figure.axes[0].get_xticklabels()[0].get_text()
    assert shown.startswith("\\x1b[31m[bold]red[/]:smile: $")
