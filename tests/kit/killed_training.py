"""A training in a process of its own that is killed, as by a power cut, at a chosen moment."""

import subprocess
import sys
import time
from pathlib import Path

from scallion import files
from scallion.models import load_model
from scallion.runs import RunFolder, read_events

# A process may die at each system call that completes a file.
_AT_CALL = """
import os, signal, sys
left = int(sys.argv.pop(1))
def killing(function):
    def call(*arguments, **options):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return call
os.fsync, os.replace, os.rename = killing(os.fsync), killing(os.replace), killing(os.rename)
from scallion.cli import main
main()
"""


def killed_at_call(folder: Path, call: int, *arguments: object) -> int:
    """Run `scallion ARGUMENTS`, killed before this call, from 1; return the exit code."""
    command = [sys.executable, "-c", _AT_CALL, str(call), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True).returncode


def killed_after(folder: Path, seconds: float, *arguments: object) -> int:
    """Run `scallion ARGUMENTS`, killed so long after its first epoch; return the exit code."""
    command = [sys.executable, "-m", "scallion", *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr or ():
            if line.startswith("epoch "):
                break
        time.sleep(seconds)
        process.kill()
    return process.returncode


def check_readable(folder: Path) -> None:
    """Assert that every existing file of a run folder is complete."""
    run = RunFolder.open(folder)
    for path in (run.config, run.environment):
        files.read_json(path)
    read_events(folder)
    if run.history.exists():
        run.read_history()
    if run.model.exists():
        load_model(run.model)
    if run.evaluation.exists():
        files.read_json(run.evaluation)
