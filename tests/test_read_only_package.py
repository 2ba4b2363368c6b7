"""The package never writes where it is installed: site-packages may be read-only."""

import subprocess
import sys
from pathlib import Path

import scallion

# Python reports each file that is opened, made, renamed or removed. Byte code (-B) is Python's own.
WATCH = """
import os, sys
PACKAGE = sys.argv[1]
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate"}
attempts = []

def watch(event, arguments):
    if event == "open":
        changes = isinstance(arguments[2], int) and arguments[2] & WRITING
    else:
        changes = event in CHANGES
    places = [os.path.abspath(one) for one in arguments[:2] if isinstance(one, str)]
    if changes and any(place.startswith(PACKAGE) for place in places):
        attempts.append((event, *places))

sys.addaudithook(watch)
import scallion
from scallion.cli import main
for command in COMMANDS:
    print(command, flush=True)
    try:
        sys.argv = ["scallion", *command]
        main()
    except SystemExit as ended:
        if ended.code:
            raise
sys.exit(f"{attempts}" if attempts else 0)
"""
TRAIN = ["train", "mnist", "--model", "lesson-dense", "--limit", "500", "--steps", "2"]
COMMANDS = [
    TRAIN,
    ["report", "runs/mnist-1", "--no-images"],
    ["export", "runs/mnist-1", "--format", "html", "--out", "run.html"],
    ["doctor"],
]


def run_watched(
    package: str, folder: Path, commands: list[list[str]]
) -> subprocess.CompletedProcess[str]:
    program = f"COMMANDS = {commands}\n{WATCH}"
    command = [sys.executable, "-B", "-W", "ignore", "-c", program, package]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_no_command_writes_into_the_package(tmp_path: Path) -> None:
    package = str(Path(scallion.__file__).parent)
    done = run_watched(package, tmp_path, COMMANDS)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run.html").exists()


def test_writing_is_noticed(tmp_path: Path) -> None:
    done = run_watched(str(tmp_path), tmp_path, [TRAIN])
    assert done.returncode == 1
    assert "history.csv" in done.stderr
