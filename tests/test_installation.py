"""Hints that say how to install Scallion work as typed."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from scallion import installation

ROOT = Path(__file__).parents[1]


def test_the_command_is_one_that_pip_accepts() -> None:
    words = shlex.split(installation.install_command("--force-reinstall", "--no-deps"))
    assert words[0] == sys.executable
    done = subprocess.run([*words, "--help"], capture_output=True, text=True, check=True)
    assert "--force-reinstall" in done.stdout


@pytest.mark.parametrize("path", sorted((ROOT / "src/scallion").rglob("*.py")), ids=str)
def test_no_hint_installs_the_name_from_an_index(path: Path) -> None:
    assert "install --force-reinstall scallion" not in path.read_text(encoding="utf-8")
