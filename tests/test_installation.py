"""Hints that say how to install Scallion work as typed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import scallion
from scallion import installation

PACKAGE = Path(scallion.__file__).parent


def test_the_command_is_one_that_pip_accepts() -> None:
    words = shlex.split(installation.install_command("--force-reinstall", "--no-deps"))
    assert words[0] == sys.executable
    done = subprocess.run([*words, "--help"], capture_output=True, text=True, check=True)
    assert "--force-reinstall" in done.stdout


def test_packages_are_installed_where_this_python_finds_them() -> None:
    words = shlex.split(installation.package_command("pillow-heif"))
    assert words == [sys.executable, "-m", "pip", "install", "pillow-heif"]


def test_a_python_in_a_folder_with_spaces_and_umlauts_is_quoted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    python = "/home/Jörg Müller/my env/bin/python"
    monkeypatch.setattr(sys, "executable", python)
    assert shlex.split(installation.install_command())[0] == python


# A name is installed from an index only where an option or a path says otherwise.
BY_NAME = re.compile(
    r"(?:pipx?3?|uv pip|uv tool) install(?: -[\w-]+)* '?scallion(?![\w./-])|uv add scallion"
)
SOURCE = Path(__file__).parents[1]
TEXTS = [
    *sorted(PACKAGE.rglob("*.py")),
    *sorted(SOURCE.glob("*.md")),
    *sorted((SOURCE / "docs").rglob("*.md")),
    *sorted((SOURCE / "examples").rglob("*.*")),
    *(path for path in sorted((SOURCE / "scripts").glob("*")) if path.is_file()),
]


def test_no_text_installs_the_name_from_an_index() -> None:
    read = {path: path.read_text(encoding="utf-8", errors="replace") for path in TEXTS}
    assert len(read) > 400
    assert [path for path, text in read.items() if BY_NAME.search(text)] == []


@pytest.mark.parametrize(
    ("text", "is_by_name"),
    [
        ("pip install scallion", True),
        ("run `pip install -U scallion`", True),
        ("pip install 'scallion[ray]'", True),
        ("uv add scallion", True),
        ("pip install .", False),
        ("pip install dist/scallion-*.whl", False),
        ("pip install scallion-0.1.0-py3-none-any.whl", False),
        ("pip install --no-index --find-links wheels scallion", False),
    ],
)
def test_the_pattern_finds_installations_by_name(text: str, is_by_name: bool) -> None:
    assert bool(BY_NAME.search(text)) == is_by_name


def test_no_hint_names_a_bare_pip() -> None:
    """A hint of this machine names its Python; files for other machines cannot."""
    bare = re.compile(r"hint=f?[\"'][^\"']*\bpip install")
    found = [path for path in PACKAGE.rglob("*.py") if bare.search(path.read_text("utf-8"))]
    assert found == []
