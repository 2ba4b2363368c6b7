"""The run folder `runs/NAME-N/` and its files; each file is complete or absent."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scallion import file_versions, files
from scallion.errors import MissingFileError
from scallion.history_file import HISTORY_COLUMNS, format_history, read_history_file
from scallion.runs.folder.run_documents import (
    ConfigDocument,
    EnvironmentDocument,
    EvaluationDocument,
    check_document,
    damaged,
)
from scallion.temporary_files import remove_left_over, temporary_folder

CONFIG, ENVIRONMENT = "config.json", "environment.json"
_NAME = re.compile(r"(?P<name>.+)-(?P<number>[1-9]\d*)")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run's folder: the paths of its files, and their reading and writing.

    The readers of JSON files raise FileError for a damaged file, and FileVersionError for a file of
    another format version.
    """

    path: Path

    @classmethod
    def create(cls, parent: files.StrPath, name: str, contents: Mapping[str, Any]) -> "RunFolder":
        """Create the folder `NAME-N` in `parent`, with N one above the largest number there.

        `contents` maps file names to values that are written as JSON, before the folder gets its
        name: nobody ever sees it without them. Two processes never get the same folder. Raises
        FileError if nothing can be written.
        """
        home = files.make_folder(parent)
        name = safe_name(name)
        _remove_left_over(home)
        with files.file_errors(home, "make a run folder in"), temporary_folder(home) as unnamed:
            for file, value in contents.items():
                files.write_json(unnamed / file, value)
            return cls(_rename(unnamed, name))

    @classmethod
    def open(cls, path: files.StrPath) -> "RunFolder":
        """Return an existing run folder. Raises MissingFileError for any other folder."""
        folder = cls(Path(path))
        if not folder.config.is_file():
            parent = cls(folder.path.parent)
            is_inside = folder.path.is_file() and parent.config.is_file()
            raise MissingFileError(
                f"{path} is not a run folder: it has no {folder.config.name}",
                hint=f"name the folder it is in: {parent.path}"
                if is_inside
                else "name a folder that `scallion train` has written; `scallion runs` lists them",
            )
        return folder

    @classmethod
    def model_of(cls, path: files.StrPath) -> Path:
        """Return the model file of a run folder, or the path of a model file as it is.

        Raises MissingFileError for any other folder.
        """
        place = Path(path)
        return cls.open(place).model if place.is_dir() else place

    @property
    def config(self) -> Path:
        """`config.json`: everything that decides the result."""
        return self.path / CONFIG

    @property
    def environment(self) -> Path:
        """`environment.json`: machine and versions."""
        return self.path / ENVIRONMENT

    @property
    def events(self) -> Path:
        """`events.jsonl`: what happens while the run trains, one event per line."""
        return self.path / "events.jsonl"

    @property
    def history(self) -> Path:
        """`history.csv`: one row per epoch."""
        return self.path / "history.csv"

    @property
    def curves(self) -> Path:
        """`history.png`: the learning curves."""
        return self.path / "history.png"

    @property
    def last(self) -> Path:
        """The folder `last/` with all that resuming needs."""
        return self.path / "last"

    @property
    def model(self) -> Path:
        """`model.keras`: the model of the best epoch."""
        return self.path / "model.keras"

    @property
    def evaluation(self) -> Path:
        """`evaluation.json`: status, scores and findings."""
        return self.path / "evaluation.json"

    def read_config(self) -> dict[str, Any]:
        """Return the content of `config.json`. Raises MissingFileError if there is none."""
        return self._read(self.config, file_versions.RUN_CONFIG, ConfigDocument)

    def read_environment(self) -> dict[str, Any]:
        """Return the content of `environment.json`, empty if there is none."""
        return self._read_optional(self.environment, file_versions.ENVIRONMENT, EnvironmentDocument)

    def read_evaluation(self) -> dict[str, Any]:
        """Return the content of `evaluation.json`, empty if there is none yet."""
        return self._read_optional(self.evaluation, file_versions.EVALUATION, EvaluationDocument)

    def write_evaluation(self, content: Mapping[str, Any]) -> None:
        """Write `evaluation.json`. Raises FileError."""
        files.write_json(self.evaluation, {"format_version": file_versions.EVALUATION, **content})

    def write_history(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Write all epochs to `history.csv`, with Keras' names; epochs count from 1."""
        files.write_text(self.history, format_history(rows))

    def read_history(self) -> dict[str, list[float]]:
        """Return the columns of `history.csv`. Raises MissingFileError, FileError if damaged."""
        columns = read_history_file(self.history)
        missing = [name for name in HISTORY_COLUMNS if not columns.get(name)]
        if missing:
            raise damaged(self.history, f"it has no values of {missing[0]}")
        if columns["epoch"] != [*range(1, len(columns["epoch"]) + 1)]:
            raise damaged(self.history, "its epochs do not count from 1")
        return columns

    def _read_optional(self, path: Path, version: int, kind: Any) -> dict[str, Any]:
        return self._read(path, version, kind) if path.is_file() else {}

    def _read(self, path: Path, version: int, kind: Any) -> dict[str, Any]:
        content = files.read_json(path)
        file_versions.require_version(
            content.get("format_version"),
            version,
            str(path),
            hint="use the Scallion that trained this run, or train it again",
        )
        check_document(content, kind, path)
        return content


def safe_name(name: str) -> str:
    """Return the name as a folder can be called on every platform.

    >>> safe_name("My cells (2)"), safe_name("../.."), safe_name("fashion-mnist")
    ('My-cells-2', 'run', 'fashion-mnist')
    """
    return re.sub(r"[^\w.]+", "-", name).strip("-._")[:64] or "run"


def _rename(unnamed: Path, name: str) -> Path:
    """Give the folder its name with the first free number, in one step, and return it."""
    number = 1 + max(_numbers(unnamed.parent, name), default=0)
    while True:
        path = unnamed.with_name(f"{name}-{number}")
        try:
            # A folder replaces an empty one, but never one with files.
            return unnamed.rename(path)
        except OSError:
            if not path.exists():
                raise
            number += 1


def _remove_left_over(home: Path) -> None:
    """Remove what killed trainings have left in the folder of runs, and in the runs themselves."""
    for folder in (home, *home.glob("*/"), *home.glob("*/last/")):
        remove_left_over(folder)


def _numbers(home: Path, name: str) -> Iterable[int]:
    for entry in home.iterdir():
        found = _NAME.fullmatch(entry.name)
        if found and found["name"] == name:
            yield int(found["number"])
