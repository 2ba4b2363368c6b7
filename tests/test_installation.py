"""Hints that say how to install Scallion work as typed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import scallion
from scallion import installation

PACKAGE = Path(scallion.__file__).parent


def test_the_command_is_one_that_pip_accepts() -> None:
    words = shlex.split(installation.install_command("--force-reinstall", "--no-deps"))
    assert words[0] == sys.executable
    done = subprocess.run([*words, "--help"], capture_output=True, text=True, check=True)
    assert "--force-reinstall" in done.stdout


def test_no_hint_installs_the_name_from_an_index() -> None:
    pattern = re.compile(r"pip install[^`\"\n,:]* scallion\b(?!-)")
    sources = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    assert [path for path, text in sources.items() if pattern.search(text)] == []
