"""One training at a time in a run folder."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from scallion import files
from scallion.errors import StateError
from scallion.runs.folder.run_folder import RunFolder


@contextmanager
def training_lock(run: RunFolder) -> Iterator[None]:
    """Keep other processes from training in this folder; a killed one lets go by itself.

    Raises StateError where another one trains there. On Windows nothing is locked.
    """
    files.make_folder(run.last)
    with files.file_errors(run.last, "write"), _place(run).open("ab") as file:
        if not _take(file):
            raise StateError(
                f"{run.path} is being trained by another process",
                hint="wait for it, or end it first",
            )
        yield


def is_locked(run: RunFolder) -> bool:
    """Whether a process is training in this folder."""
    with suppress(OSError), _place(run).open("rb") as file:
        return not _take(file)
    return False


def _place(run: RunFolder) -> Path:
    return run.last / "lock"


def _take(file: IO[bytes]) -> bool:
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
