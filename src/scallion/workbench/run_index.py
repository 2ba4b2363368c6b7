"""The runs of a folder by id: what the page lists, read again only where files have changed."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scallion import files
from scallion.errors import MissingFileError
from scallion.runs.folder.listing import summarize_run
from scallion.runs.folder.run_folder import RunFolder

NOTES = "notes.txt"
MAX_NOTES = 20_000  # characters

_FILES = ("config.json", "environment.json", "evaluation.json", "history.csv", NOTES)
_UNSETTLED = ("running", "crashed")  # which of them, only the lock tells
_Stamp = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of a run when its files had this stamp."""

    stamp: _Stamp
    row: dict[str, Any]


class RunIndex:
    """The runs in `home`. An id is the name of a run's folder, and only that.

    A request can name a run only as the listing of `home` does: an id is looked up there, and never
    becomes a path. Links are no runs, since they may lead elsewhere.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._known: dict[str, _Known] = {}

    def find(self, run: str) -> RunFolder:
        """Return the run with this id. Raises MissingFileError."""
        folder = self._folders().get(run)
        if folder is None:
            raise MissingFileError(
                f"there is no run {run!r:.100} in {self.home}", hint="it may have been deleted"
            )
        return folder

    def summaries(self) -> list[dict[str, Any]]:
        """Return what `scallion runs` knows of each run, with its id and notes, newest first."""
        folders = self._folders()
        self._known = {name: known for name, known in self._known.items() if name in folders}
        rows = [self._row(name, folder) for name, folder in folders.items()]
        return sorted(rows, key=lambda row: row["started"], reverse=True)

    def summary(self, run: str) -> dict[str, Any]:
        """Return what `scallion runs` knows of one run. Raises MissingFileError."""
        return self._row(run, self.find(run))

    def _row(self, name: str, folder: RunFolder) -> dict[str, Any]:
        stamp = _stamp(folder)
        known = self._known.get(name)
        if known is None or known.stamp != stamp or known.row["status"] in _UNSETTLED:
            notes = "" if stamp[-1] is None else read_notes(folder)
            row = {"id": name, **summarize_run(folder).as_dict(), "notes": notes}
            known = _Known(stamp, row)
            self._known[name] = known
        return known.row

    def _folders(self) -> dict[str, RunFolder]:
        """Return the run folders by their names."""
        try:
            with files.file_errors(self.home, "read"), os.scandir(self.home) as entries:
                names = [
                    entry.name
                    for entry in entries
                    if entry.name[:1] != "." and entry.is_dir(follow_symlinks=False)
                ]
        except FileNotFoundError:  # nothing has been trained here yet
            if self.home.parent.is_dir():
                return {}
            raise MissingFileError(
                f"the folder {self.home.parent} has vanished",
                hint="bring it back, or end the server and start it in another folder",
            ) from None
        folders = {name: RunFolder(self.home / name) for name in sorted(names)}
        return {name: folder for name, folder in folders.items() if _has_config(folder)}


def own_file(folder: RunFolder, name: str) -> Path:
    """Return the path of a file in a run folder. Raises MissingFileError for a link to elsewhere.

    A run folder may come from someone else.
    """
    path = folder.path / name
    if not path.resolve().is_relative_to(folder.path.resolve()):
        raise MissingFileError(f"{path} is a link to another folder", hint="delete the link")
    return path


def read_notes(folder: RunFolder) -> str:
    """Return the notes of a run, empty if there are none."""
    try:
        with own_file(folder, NOTES).open(encoding="utf-8", errors="replace") as file:
            return file.read(MAX_NOTES)
    except OSError:  # MissingFileError is one
        return ""


def _has_config(folder: RunFolder) -> bool:
    try:
        os.stat(os.path.join(folder.path, _FILES[0]))  # noqa: PTH116, PTH118
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # it cannot be looked into, which the list says
        pass
    return True


def _stamp(folder: RunFolder) -> _Stamp:
    """Return time and size of the files that a summary depends on; the notes' come last.

    With os.path, since thousands of runs are looked at each time, and pathlib takes twice as long.
    """
    return tuple(_time_and_size(os.path.join(folder.path, name)) for name in _FILES)  # noqa: PTH118


def _time_and_size(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
