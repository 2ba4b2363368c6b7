"""The log of requests and refusals, in the user's state folder."""

import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from scallion import files

_MAX_BYTES = 1 << 20  # then the log is renamed, and the one before is gone
_MAX_PATH = 200  # characters of a path that are written


class RequestLog:
    """Appends one line per request: time, method, path, status, and why it was refused.

    Neither tokens nor cookies nor query strings are written. A log that cannot be written, as on a
    full disk, stops nothing.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "workbench.log"
        self._lock = threading.Lock()

    def write(self, method: str, path: str, status: int, reason: str = "") -> None:
        """Write a line."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        # What a stranger sent is quoted, so that it can neither forge a line nor steer a terminal.
        place = ascii(path[:_MAX_PATH])
        line = f"{now} {ascii(method[:20])[1:-1]} {place} {status} {reason}".rstrip() + "\n"
        try:
            with self._lock:
                self._append(line)
        except OSError:
            return

    def _append(self, line: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.path.is_file() and self.path.stat().st_size > _MAX_BYTES:
            self.path.replace(self.path.with_suffix(".old.log"))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = os.open(self.path, flags, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


def state_folder() -> Path:
    r"""Return the folder for logs and the page that opens the browser; it may not exist yet.

    It follows the platform's convention: `~/Library/Logs/scallion` on macOS,
    `%LOCALAPPDATA%\scallion\State` on Windows, `$XDG_STATE_HOME/scallion` or
    `~/.local/state/scallion` elsewhere. Raises FileError if there is no home folder.
    """
    if sys.platform == "darwin":
        return files.expand_home("~/Library/Logs/scallion")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
        return files.expand_home(base) / "scallion" / "State"
    base = os.environ.get("XDG_STATE_HOME", "")
    # The XDG convention says that relative paths are ignored.
    return files.expand_home(base if Path(base).is_absolute() else "~/.local/state") / "scallion"
