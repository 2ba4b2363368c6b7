"""The run folder: `runs/NAME-N/`, where each file is whole or not there."""

import csv
import io
import re
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scallion import files
from scallion.errors import FileError, MissingFileError

CONFIG, ENVIRONMENT = "config.json", "environment.json"
LEADING = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
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
        files.write_text(self.history, as_csv(rows))

    def read_history(self) -> dict[str, list[float]]:
        """The columns of `history.csv`. Raises MissingFileError, FileError where it is damaged."""
        text = files.read_bytes(self.history).decode("utf-8", errors="replace")
        try:
            rows = list(csv.DictReader(io.StringIO(text), strict=True))
            names = list(rows[0]) if rows else []
            return {name: [float(row[name]) for row in rows] for name in names}
        except (ValueError, TypeError, csv.Error) as error:
            raise FileError(
                f"{self.history} is damaged: {error}",
                hint="train again, or restore the file from a copy",
            ) from error


def as_csv(rows: Sequence[Mapping[str, float]]) -> str:
    """The rows as a CSV text, every number to its last bit; missing ones are nan.

    >>> print(as_csv([{"loss": 0.5, "epoch": 1}]), end="")
    epoch,loss
    1,0.5
    """
    found = {name for row in rows for name in row}
    names = [*(name for name in LEADING if name in found), *sorted(found.difference(LEADING))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_number(row.get(name)) for name in names] for row in rows)
    return out.getvalue()


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


def _number(value: Any) -> str:
    if value is None:
        return "nan"
    return str(value) if isinstance(value, int) else repr(float(value))


def _numbers(home: Path, name: str) -> Iterable[int]:
    for entry in home.iterdir():
        found = _NAME.fullmatch(entry.name)
        if found and found["name"] == name:
            yield int(found["number"])
