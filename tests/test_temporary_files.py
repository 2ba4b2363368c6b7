"""What killed processes leave behind is removed by the next one; what is in use stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scallion import files, temporary_files
from scallion.runs import RunFolder
from scallion.temporary_files import GRACE_SECONDS, remove_left_over, temporary_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="locks are those of POSIX")

WRITER = """
import sys, time
from pathlib import Path
from scallion import files, temporary_files
from scallion.temporary_files import temporary_folder
folder = Path(sys.argv[1])
with files.atomic_write(folder / "model.keras") as file, temporary_folder(folder) as cache:
    file.write(bytes(1000))
    (cache / "pixels.npy").write_bytes(bytes(1000))
    print("ready", flush=True)
    time.sleep(60)
"""


def age(folder: Path) -> None:
    """Make everything in a folder older than the time in which it may not be locked yet."""
    for path in folder.iterdir():
        os.utime(path, (time.time() - 2 * GRACE_SECONDS,) * 2)


def left(folder: Path) -> int:
    return sum(path.name.startswith(".scallion-") for path in folder.iterdir())


def test_what_a_killed_process_leaves_is_removed_and_what_is_used_stays(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    age(tmp_path)
    remove_left_over(tmp_path)
    assert left(tmp_path) == 2  # in use
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert left(tmp_path) == 2
    remove_left_over(tmp_path)
    assert left(tmp_path) == 0


def leave(folder: Path) -> None:
    """Leave a temporary file and a temporary folder, as a process that was killed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".scallion-0123456789abcdef.tmp").write_bytes(bytes(10))
    cache = folder / ".scallion-fedcba9876543210.tmp"
    cache.mkdir()
    (cache / "pixels.npy").write_bytes(bytes(10))
    age(folder)


def test_the_first_file_written_to_a_folder_removes_what_is_left_there(tmp_path: Path) -> None:
    leave(tmp_path)
    files.write_text(tmp_path / "new.txt", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["new.txt"]


def test_a_new_run_removes_what_killed_runs_have_left(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "mnist-1", tmp_path / "mnist-1" / "last"):
        leave(folder)
    RunFolder.create(tmp_path, "mnist", {"config.json": {}})
    assert not list(tmp_path.rglob(".scallion-*"))


def test_files_of_others_and_new_ones_stay(tmp_path: Path) -> None:
    for name in (".scallion-notes.tmp", ".scallion-0123456789abcdef.tmp.txt", "x.tmp"):
        (tmp_path / name).write_bytes(b"mine")
    age(tmp_path)
    (tmp_path / ".scallion-0123456789abcdef.tmp").write_bytes(b"new")
    remove_left_over(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
    remove_left_over(tmp_path / "missing")


def test_a_temporary_folder_is_removed_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with temporary_folder(tmp_path) as folder:
            (folder / "x").write_bytes(b"x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not list(tmp_path.iterdir())


def test_every_temporary_folder_is_one_that_the_next_start_removes() -> None:
    package = Path(temporary_files.__file__).parent
    others = ("TemporaryDirectory(", "mkdtemp(", "NamedTemporaryFile(", "mkstemp(")
    assert [
        f"{module.relative_to(package)}: {line.strip()}"
        for module in package.rglob("*.py")
        for line in module.read_text(encoding="utf-8").splitlines()
        if any(name in line for name in others)
    ] == []


def test_a_working_folder_is_private_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with temporary_files.working_folder() as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
