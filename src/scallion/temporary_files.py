"""Temporary files and folders that are removed also after the process that made them was killed.

Their names are `.scallion-` with 16 hexadecimal digits and `.tmp`. Whoever makes one holds a lock
on it, which ends with the process, so that the next process that writes to the same folder can
tell what is left over from what is in use.
"""

import functools
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # on Windows, where age alone decides
    fcntl = None

_NAME = re.compile(r"\.scallion-[0-9a-f]{16}\.tmp")
GRACE_SECONDS = 60  # in which a new file may not be locked yet, or not any more
_OLD_SECONDS = 86_400  # where files cannot be locked


def temporary_path(folder: Path) -> Path:
    """Return a new path in a folder; removes left-over ones there, once per process."""
    _sweep_once(folder)
    return folder / f".scallion-{secrets.token_hex(8)}.tmp"


def lock(descriptor: int) -> None:
    """Mark an open file or folder as used until it is closed, or its process ends."""
    if fcntl is not None:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """Make a folder in `parent` that is removed at the end of the block, unless it was renamed."""
    path = temporary_path(parent)
    path.mkdir()
    try:
        with _locked_folder(path):
            yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def working_folder() -> Iterator[Path]:
    """Make a folder for this process among the system's temporary files, as above."""
    import tempfile  # here, so that `import scallion` stays fast

    with temporary_folder(Path(tempfile.gettempdir())) as folder:
        folder.chmod(0o700)
        yield folder


def remove_left_over(folder: Path) -> None:
    """Remove the temporary files and folders in a folder that no process uses any more."""
    try:
        entries = [entry for entry in os.scandir(folder) if _NAME.fullmatch(entry.name)]
    except OSError:
        return
    for entry in entries:
        path = Path(entry.path)
        with suppress(OSError):
            if not _is_left_over(path):
                continue
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()


_sweep_once = functools.lru_cache(maxsize=1024)(remove_left_over)


@contextmanager
def _locked_folder(path: Path) -> Iterator[None]:
    if fcntl is None:
        yield
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _is_left_over(path: Path) -> bool:
    age = time.time() - path.stat().st_mtime
    if age < GRACE_SECONDS:
        return False
    if fcntl is None:
        return age > _OLD_SECONDS
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return age > _OLD_SECONDS
    finally:
        os.close(descriptor)
    return True
