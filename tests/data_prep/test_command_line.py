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
    assert command in shown_help(capsys)
    text = shown_help(capsys, command)
    assert "positional arguments" in text
    assert "--config" not in text
    assert "--print_config" not in text


def test_an_unknown_option_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ntu", "raw", "out.h5", "--config=a.yaml"])
    assert ended.value.code == 2
    assert "--config" in capsys.readouterr().err
