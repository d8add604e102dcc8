"""The wheel alone: built, installed beside its dependencies, and run from an empty folder."""

import csv
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ("action_rec", "data_prep", "configs", "pyproject.toml", "README.md", "LICENSE")


def call(folder: Path, *words: str | Path) -> str:
    """Run a program in a folder without the checkout on its path; return its standard output."""
    hidden = {"PYTHONPATH", "PYTHONHOME"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"WANDB_MODE": "disabled", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"{words}\n{run.stdout}\n{run.stderr}"
    return run.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the wheel and sees this one's dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        elif (ROOT / name).exists():
            source.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, source)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)
    call(folder, *pip, *build)
    (wheel,) = folder.glob("action_rec-*.whl")
    venv.create(folder / "env", with_pip=False)
    own = folder / "env/bin/python"
    call(folder, *pip, "--python", own, "install", "--no-deps", "--no-index", wheel)
    # a line of a .pth file is a folder; the .pth files in that folder (an editable install of the
    # checkout) are not read
    (packages,) = (folder / "env/lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return own


def test_the_wheel_holds_what_the_package_reads(python: Path, tmp_path: Path) -> None:
    shown = call(
        tmp_path,
        *(python, "-c"),
        "import action_rec, data_prep; from pathlib import Path\n"
        "for package in (action_rec, data_prep):\n"
        "    folder = Path(package.__file__).parent\n"
        "    print(folder, (folder / 'py.typed').exists())\n"
        "from action_rec.skeletons.joint_sets import load_joint_set\n"
        "print(len(load_joint_set('coco17').joints))",
    )
    *packages, joints = shown.splitlines()
    environment = python.parents[1]
    assert all(line.startswith(f"{environment}/") for line in packages), shown
    assert [line.split()[-1] for line in packages] == ["True", "True"]
    assert joints == "17"


def test_the_commands_from_an_empty_folder(python: Path, tmp_path: Path) -> None:
    small = ("--actions", "3", "--subjects", "4", "--setups", "1", "--cameras", "1")
    call(tmp_path, python, "-m", "data_prep", "synthesize", "raw", *small, "--frames", "25")
    call(tmp_path, python, "-m", "data_prep", "ntu", "raw", "small.h5")
    program = (python, "-m", "action_rec")
    experiment = ("--config", "demo", "--data.path", "small.h5")
    call(tmp_path, *program, "fit", *experiment, "--trainer.max_epochs", "2")
    best = "demo/runs/demo/version_0/checkpoints/best.ckpt"
    shown = call(tmp_path, *program, "test", *experiment, "--ckpt_path", best)
    assert "top-1" in shown
    call(tmp_path, *program, "report", "demo/runs/demo/version_1", "--out", "report.html")
    page = ("--page", "data.html", "--raw", "raw")
    call(tmp_path, python, "-m", "data_prep", "info", "small.h5", *page)
    for name in ("report.html", "data.html"):
        assert "function playerOf" in (tmp_path / name).read_text(encoding="utf-8")
    recordings = sorted((tmp_path / "raw").glob("*.skeleton"))[:3]
    call(tmp_path, *program, "predict", "--ckpt_path", best, *recordings, "--out", "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sequence"] for row in rows] == [path.stem for path in recordings]
