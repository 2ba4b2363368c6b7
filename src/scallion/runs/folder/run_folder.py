"""The run folder: `runs/NAME-N/`, where each file is whole or not there."""

import re
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scallion import files
from scallion.errors import MissingFileError
from scallion.history_file import format_history, read_history_file

CONFIG, ENVIRONMENT = "config.json", "environment.json"
_NAME = re.compile(r"(?P<name>.+)-(?P<number>[1-9]\d*)")

Contents = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's folder, with the places of its files."""

    path: Path

    @classmethod
    def create(cls, parent: files.StrPath, name: str, contents: Contents) -> "RunFolder":
        """A new folder `NAME-N` in `parent`, N one more than the largest that is there.

        `contents` are written as JSON, by file name, before the folder has its name: nobody ever
        sees it without them. Two processes never get the same one. Raises FileError where nothing
        can be written.
        """
        home = files.make_folder(parent)
        name = safe_name(name)
        unnamed = files.make_folder(home / f".scallion-{secrets.token_hex(8)}.tmp")
        try:
            for file, value in contents.items():
                files.write_json(unnamed / file, value)
            with files.file_errors(home, "make a run folder in"):
                return cls(_named(unnamed, name))
        except BaseException:
            shutil.rmtree(unnamed, ignore_errors=True)
            raise

    @classmethod
    def open(cls, path: files.StrPath) -> "RunFolder":
        """A folder that a run has left. Raises MissingFileError where there is none."""
        folder = cls(Path(path))
        if not folder.config.is_file():
            raise MissingFileError(
                f"{path} is no run folder: it has no {folder.config.name}",
                hint="name a folder that `scallion train` has written, such as runs/mnist-1",
            )
        return folder

    @property
    def config(self) -> Path:
        return self.path / CONFIG

    @property
    def environment(self) -> Path:
        return self.path / ENVIRONMENT

    @property
    def history(self) -> Path:
        return self.path / "history.csv"

    @property
    def curves(self) -> Path:
        return self.path / "history.png"

    @property
    def last(self) -> Path:
        """The folder with all that resuming needs."""
        return self.path / "last"

    @property
    def model(self) -> Path:
        return self.path / "model.keras"

    @property
    def evaluation(self) -> Path:
        return self.path / "evaluation.json"

    def write_history(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Put all epochs into `history.csv`, with Keras' names; epochs count from 1."""
        files.write_text(self.history, format_history(rows))

    def read_history(self) -> dict[str, list[float]]:
        """The columns of `history.csv`. Raises MissingFileError, FileError where it is damaged."""
        return read_history_file(self.history)


def safe_name(name: str) -> str:
    """The name as a folder may be called on every platform.

    >>> safe_name("My cells (2)"), safe_name("../.."), safe_name("fashion-mnist")
    ('My-cells-2', 'run', 'fashion-mnist')
    """
    return re.sub(r"[^\w.]+", "-", name).strip("-._")[:64] or "run"


def _named(unnamed: Path, name: str) -> Path:
    """The folder under the first free number, given in one step."""
    number = 1 + max(_numbers(unnamed.parent, name), default=0)
    while True:
        path = unnamed.with_name(f"{name}-{number}")
        try:
            # A folder takes the place of an empty one, but never of a run's.
            return unnamed.rename(path)
        except OSError:
            if not path.exists():
                raise
            number += 1


def _numbers(home: Path, name: str) -> Iterable[int]:
    for entry in home.iterdir():
        found = _NAME.fullmatch(entry.name)
        if found and found["name"] == name:
            yield int(found["number"])
