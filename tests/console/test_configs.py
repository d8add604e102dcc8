"""Names of configs on a command line."""

from pathlib import Path

import pytest

from action_rec.console.configs import config_folder, find_config, resolve_configs
from action_rec.errors import InputError


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["nw_ucla", "nw_ucla.yaml", "configs/nw_ucla.yaml"])
def test_a_name_is_found_from_any_folder(name: str) -> None:
    assert find_config(name) == config_folder() / "nw_ucla.yaml"


def test_a_file_wins_and_a_folder_does_not() -> None:
    Path("demo").mkdir()
    assert find_config("demo") == config_folder() / "demo.yaml"
    Path("demo").rmdir()
    Path("demo").write_text("seed_everything: 1\n")
    assert find_config("demo") == Path("demo")


def test_a_program_looks_into_its_own_folder_first() -> None:
    adding = config_folder() / "long_memory" / "adding_100.yaml"
    assert find_config("adding_100", "long_memory") == adding
    assert find_config("long_memory/adding_100") == adding
    with pytest.raises(InputError, match="long_memory/adding_100"):
        find_config("adding_100")


@pytest.mark.parametrize(
    ("words", "resolved"),
    [
        ("fit --config nw_ucla", "fit --config {}/nw_ucla.yaml"),
        ("fit --print_config --config=own", "fit --print_config --config={}/own.yaml"),
        ("fit -c own -c cluster", "fit -c {}/own.yaml -c {}/cluster.yaml"),
        (
            "--model.network network/residual11 --trainer=trainer/fixed.yaml",
            "--model.network {}/network/residual11.yaml --trainer={}/trainer/fixed.yaml",
        ),
        (
            "--model.network StackedIndRNN --save_dir network/plain6 --trainer.max_epochs -1",
            "--model.network StackedIndRNN --save_dir network/plain6 --trainer.max_epochs -1",
        ),
        ("fit --config", "fit --config"),
        ("fit --config --data.path x", "fit --config --data.path x"),
        ("fit --config {{trainer:1}}", "fit --config {{trainer:1}}"),
    ],
)
def test_names_are_replaced_where_a_file_is_expected(words: str, resolved: str) -> None:
    expected = resolved.format(*2 * [config_folder()])
    assert resolve_configs(words.format().split()) == expected.split()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("nw_uclaa", "did you mean nw_ucla"),
        ("qqqqqq", "'python -m action_rec configs' lists all"),
        ("../configs/demo", "did you mean demo"),
        ("configs/ntu60_xsub_residual21.yaml", "use --config ntu60_xsub_paper"),
        ("ntu120_xset_dense", "use --config ntu120_xset_paper --model.network network/dense"),
        ("ntu60_xview_recipe.yaml", "use --config ntu60_xview"),
        ("mnist_permuted_12", "use --config mnist_12 --data.permute true"),
    ],
)
def test_an_unknown_name_is_answered_with_what_to_use(name: str, remedy: str) -> None:
    with pytest.raises(InputError) as raised:
        find_config(name)
    assert f"'{name}' is neither a file nor a config of this package; {remedy}" in str(raised.value)
