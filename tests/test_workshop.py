"""The folder for a USB stick: install scripts that say what is missing, and correct checksums."""

import hashlib
import importlib.machinery
import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts/workshop"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    loader = importlib.machinery.SourceFileLoader("workshop", str(SCRIPT))
    spec = importlib.util.spec_from_loader("workshop", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    stick = tmp_path / "a stick"
    stick.mkdir()
    module.write_texts(stick, ["linux", "macos", "windows"], ["3.11", "3.12"])
    return stick


def test_each_system_has_an_install_script_and_a_checksum(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = {line.split("  ")[1]: line.split("  ")[0] for line in lines}
    assert set(sums) == {
        "README.txt", "install-linux.sh", "install-mac.command", "install-windows.bat"
    }  # fmt: skip
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_batch_files_end_their_lines_as_windows_does(folder: Path) -> None:
    text = (folder / "install-windows.bat").read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") > 20


@pytest.mark.parametrize("name", ["install-linux.sh", "install-mac.command"])
def test_a_missing_python_is_named(name: str, folder: Path, tmp_path: Path) -> None:
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("there is no shell")
    done = subprocess.run(
        [shell, folder / name, tmp_path / "target"],
        env={"PYTHON": "no-such-python", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Python 3.11 or 3.12 with venv is missing here (Debian: apt-get install python3-venv).\n"
    )
    assert not (tmp_path / "target").exists()


def test_a_named_python_may_have_spaces_in_its_path(folder: Path, tmp_path: Path) -> None:
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("there is no shell")
    python = tmp_path / "own python"
    python.write_text(f'#!{shell}\n[ "$1" = -c ] && exit 0\necho "$1 $2"\nexit 3\n')
    python.chmod(0o755)
    done = subprocess.run(
        [shell, folder / "install-linux.sh", tmp_path / "target"],
        env={"PYTHON": str(python), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "-m venv\n")
