"""The lock of a run folder, for one training at a time, and the request to cancel that training."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from scallion import files
from scallion.errors import StateError
from scallion.files import StrPath
from scallion.runs.folder.run_folder import RunFolder

try:
    import fcntl
except ImportError:  # on Windows, where nothing is locked
    fcntl = None

_TRIES, _PAUSE_SECONDS = 10, 0.02  # other processes hold the lock for a moment to test it


@contextmanager
def training_lock(run: RunFolder) -> Iterator[None]:
    """Keep other processes from training in this folder; the lock of a killed process is released.

    Raises StateError if another process trains there. On Windows nothing is locked.
    """
    files.make_folder(run.last)
    with files.file_errors(run.last, "write"), _lock_file(run).open("ab") as file:
        if not _acquire_patiently(file):
            raise StateError(
                f"{run.path} is being trained by another process",
                hint="wait until it ends, or stop it first",
            )
        _cancel_file(run).unlink(missing_ok=True)  # a request to a training that is over
        try:
            yield
        finally:
            _cancel_file(run).unlink(missing_ok=True)


def is_locked(run: RunFolder) -> bool:
    """Return whether a process is training in this folder."""
    with suppress(OSError), _lock_file(run).open("rb") as file:
        return not _acquire(file)
    return False


def cancel(path: StrPath) -> None:
    """Ask the training in a run folder to stop, from any process; it can be resumed.

    It stops within a second. Raises MissingFileError for what is not a run folder, StateError if
    nothing trains there, and FileError.
    """
    run = RunFolder.open(path)
    if fcntl is not None and not is_locked(run):
        raise StateError(f"{path} is not being trained", hint="scallion runs lists all runs")
    files.write_bytes(_cancel_file(run), b"")


def is_cancel_requested(run: RunFolder) -> bool:
    """Return whether the training in this folder is asked to stop."""
    return _cancel_file(run).exists()


def _cancel_file(run: RunFolder) -> Path:
    return run.path / "cancel"


def _lock_file(run: RunFolder) -> Path:
    return run.last / "lock"


def _acquire_patiently(file: IO[bytes]) -> bool:
    for _ in range(_TRIES):
        if _acquire(file):
            return True
        time.sleep(_PAUSE_SECONDS)
    return False


def _acquire(file: IO[bytes]) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
