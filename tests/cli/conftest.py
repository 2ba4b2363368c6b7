"""What these tests train on, and how they type a command."""

from pathlib import Path

import pytest

from commands import Command, command
from stripes import save_stripes


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    """A small `.npz` file that is learned in a second."""
    return save_stripes(tmp_path)


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Run `scallion ARGUMENTS` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return command(monkeypatch, capsys)
