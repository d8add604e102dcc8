"""What every command of data_prep has in common: its options."""

import pytest

from data_prep.__main__ import main


def shown_help(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", ["ntu", "nw_ucla", "folder", "pickle", "info", "synthesize"])
def test_help_names_the_command_and_no_config_files(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--help"]) == 0
    assert f"\n  {command} " in capsys.readouterr().out
    text = shown_help(capsys, command)
    assert "positional arguments" in text
    assert "--config" not in text
    assert "--print_config" not in text


def test_an_unknown_option_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ntu", "raw", "out.h5", "--config=a.yaml"]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: unrecognized arguments: --config=a.yaml")
    assert "\n" not in error


def test_no_command_of_that_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "raw", "out.h5"]) == 2
    assert "no command is named 'convert'; use one of ntu, nw_ucla" in capsys.readouterr().err
