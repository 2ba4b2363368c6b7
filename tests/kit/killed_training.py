"""A training in a process of its own that is killed, as by a power cut, at a chosen moment."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from scallion import files
from scallion.models import load_model
from scallion.runs import RunFolder

# Each call of the system that a file becomes whole by is a moment at which a process may die.
_AT_CALL = """
import os, signal, sys
left = int(sys.argv.pop(1))
def killed_training(really):
    def call(*arguments, **options):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return really(*arguments, **options)
    return call
os.fsync, os.replace, os.rename = killed_training(os.fsync), killed_training(os.replace), killed_training(os.rename)
from scallion.cli import main
main()
"""


def killed_at_call(folder: Path, call: int, *arguments: object) -> int:
    """Run `scallion ARGUMENTS`, killed in front of this call, from 1; gives the exit code."""
    command = [sys.executable, "-c", _AT_CALL, str(call), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True).returncode


def killed_after(folder: Path, seconds: float, *arguments: object) -> int:
    """Run `scallion ARGUMENTS`, killed so long after its first epoch ended; gives the exit code."""
    command = [sys.executable, "-m", "scallion", *map(str, arguments)]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr:
            if line.startswith("epoch "):
                break
        time.sleep(seconds)
        process.kill()
    return process.returncode


def check_readable(folder: Path) -> None:
    """Every file of a run folder that is there must be whole."""
    run = RunFolder.open(folder)
    for path in (run.config, run.environment):
        files.read_json(path)
    if run.history.exists():
        run.read_history()
    if run.model.exists():
        load_model(run.model)
    if run.evaluation.exists():
        files.read_json(run.evaluation)


def result(folder: Path) -> tuple[dict[str, list[float]], list[np.ndarray], list[np.ndarray]]:
    """Curves, best weights and last arrays of a run that is finished."""
    run = RunFolder.open(folder)
    assert files.read_json(run.evaluation)["status"] == "finished"
    curves = run.read_history()
    del curves["seconds"]
    epochs = len(curves["epoch"])
    with np.load(run.last / ("odd.npz" if epochs % 2 else "even.npz")) as state:
        last = [state[name] for name in sorted(state.files) if name != "state.json"]
    return curves, load_model(run.model).get_weights(), last


def same(one: tuple, other: tuple) -> bool:
    """Whether two results are equal to the last bit."""
    curves, *arrays = zip(one, other, strict=True)
    return curves[0] == curves[1] and all(
        len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
        for a, b in arrays
    )
