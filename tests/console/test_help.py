"""What the command lines say of themselves when they are asked."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from action_rec.cli import main
from action_rec.long_memory.cli import main as long_memory

ROOT = Path(__file__).parents[2]
PROGRAMS = [
    pytest.param(main, "action_rec", ("fit", "validate", "test", "predict"), id="action_rec"),
    pytest.param(
        *(long_memory, "action_rec.long_memory"),
        ("fit", "validate", "test", "compare", "gradients"),
        id="long_memory",
    ),
]
Main = Callable[[list[str]], int]


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
@pytest.mark.parametrize(("program", "name", "commands"), PROGRAMS)
def test_help_is_one_page_with_cards_that_exist(
    program: Main,
    name: str,
    commands: tuple[str, ...],
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program(words) == 0
    page = capsys.readouterr().out
    assert page.startswith(f"usage: python -m {name} COMMAND")
    assert len(page.splitlines()) <= 24
    assert re.findall(r"^  ([a-z]+)  ", page, re.MULTILINE) == list(commands)
    cards = re.findall(r"configs/\S+\.yaml", page)
    assert cards
    assert all((ROOT / card).is_file() for card in cards)


@pytest.mark.parametrize(("program", "name", "commands"), PROGRAMS)
def test_every_command_on_the_page_has_its_own_help(
    program: Main, name: str, commands: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    for command in commands:
        with pytest.raises(SystemExit) as ended:
            program([command, "--help"])
        assert ended.value.code == 0
        said = " ".join(capsys.readouterr().out.split())
        assert said.startswith(f"usage: python -m {name} {command} ")


@pytest.mark.parametrize(("program", "name", "commands"), PROGRAMS)
def test_the_help_of_fit_begins_with_what_to_type_and_lists_every_key(
    program: Main, name: str, commands: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        program([commands[0], "--help"])
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"usage: python -m {name} fit --config CARD.yaml [--KEY VALUE ...]"
    listed = "\n".join(rest)
    for key in ("--trainer.max_epochs", "--model.optimizer", "--data", "--ckpt_path"):
        assert f"  {key} " in listed
