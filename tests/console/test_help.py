"""The help pages of the programs and of their commands."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from action_rec.cli import main
from action_rec.long_memory.cli import main as long_memory
from data_prep.__main__ import main as data_prep

ROOT = Path(__file__).parents[2]
TRAINER = ("fit", "validate", "test")
RESULTS = (
    *("report", "results", "ensemble", "early", "decide", "curves", "recurrent-weights"),
    *("attention", "graph", "precise-bn"),
)
MAKE_DATA = ("count-words", "synthesize-text", "synthesize-speech")
LONG_MEMORY = (*TRAINER, "compare", "gradients", *MAKE_DATA)
PREDICT = ("predict", "stream", "export")
PREPARATION = ("ntu", "nw_ucla", "folder", "pickle", "info", "synthesize")
PROGRAMS = [
    pytest.param(
        main, "action_rec", (*TRAINER, "seeds", "configs", *PREDICT, *RESULTS), id="action_rec"
    ),
    pytest.param(
        *(long_memory, "action_rec.long_memory", LONG_MEMORY),
        id="long_memory",
    ),
    pytest.param(data_prep, "data_prep", PREPARATION, id="data_prep"),
]
Main = Callable[[list[str]], int]


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("asked", [[], ["-h"], ["--help"]])
@pytest.mark.parametrize(("program", "name", "commands"), PROGRAMS)
def test_help_is_one_page_with_configs_that_exist(
    program: Main,
    name: str,
    commands: tuple[str, ...],
    asked: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program(asked) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"usage: python -m {name} COMMAND")
    assert len(page.splitlines()) <= 44  # a usual window
    assert re.findall(r"^  ([a-z_-]+)  ", page, re.MULTILINE) == list(commands)
    assert all((ROOT / config).is_file() for config in re.findall(r"configs/\S+\.yaml", page))


def test_the_commands_stand_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    page = capsys.readouterr().out
    headings = re.findall(r"^([a-z ]+):$", page, re.MULTILINE)
    assert headings == ["train and evaluate", "predict", "look at results", "examples"]


@pytest.mark.parametrize(("program", "name", "commands"), PROGRAMS)
def test_every_command_on_the_page_has_its_own_help(
    program: Main, name: str, commands: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert program(["--help"]) == 0
    page = capsys.readouterr().out
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            program([command, "--help"])
        assert ended.value.code == 0
        shown = words(capsys.readouterr().out)
        assert shown.startswith(f"usage: python -m {name} {command} ")
        about = re.search(rf"^  {command} +(.*)$", page, re.MULTILINE)
        assert about
        assert about[1] in shown
        if program is data_prep:
            assert "positional arguments" in shown
            assert "--config" not in shown
            assert "--print_config" not in shown


@pytest.mark.parametrize(("program", "name"), [p.values[:2] for p in PROGRAMS[:2]])
def test_the_help_of_fit_begins_with_what_to_type_and_lists_every_key(
    program: Main, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        program(["fit", "--help"])
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"usage: python -m {name} fit --config CONFIG [--KEY VALUE ...]"
    listed = "\n".join(rest)
    for key in ("--trainer.max_epochs", "--model.optimizer", "--data", "--ckpt_path"):
        assert f"  {key} " in listed


def test_arguments_come_from_the_signature_and_the_docstring(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["ensemble", "--help"])
    shown = words(capsys.readouterr().out)
    assert "ensemble --out OUT [--weights WEIGHTS ...] [--fit FIT ...] PATHS [PATHS ...]" in shown
    assert "PATHS Scores files of the same sequences." in shown
    assert "--weights WEIGHTS ... One number per file, at least 0" in shown
