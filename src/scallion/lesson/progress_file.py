"""The file with a learner's answers and page, and reading answers from files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from scallion import file_versions, files
from scallion.errors import DataError, FileError, UnknownNameError
from scallion.lesson.answers.grading import Answer
from scallion.lesson.lesson import Lesson
from scallion.toml_format import read_toml


class _ProgressJson(msgspec.Struct, forbid_unknown_fields=True):
    lesson: str
    page: int = 0
    answers: dict[str, str] = {}
    format_version: int | None = None


@dataclass(slots=True)
class LessonProgress:
    """The index of the next page, and all accepted answers by question."""

    path: Path
    lesson: str
    page: int = 0
    answers: dict[str, str] = field(default_factory=dict)

    def save(self) -> None:
        """Write the file atomically. Raises FileError."""
        content = _ProgressJson(self.lesson, self.page, self.answers, file_versions.LESSON_PROGRESS)
        files.write_bytes(self.path, msgspec.json.format(msgspec.json.encode(content)) + b"\n")


def open_progress(path: files.StrPath, lesson: Lesson) -> LessonProgress:
    """Read the file, or start at the first page without one. Raises FileError, DataError."""
    path = Path(path)
    if not path.is_file():
        return LessonProgress(path, lesson.name)
    saved = _read(path)
    if saved.lesson != lesson.name:
        raise DataError(
            f"{path} belongs to the lesson {saved.lesson!r}, not to {lesson.name!r}",
            hint=f"--progress {lesson.name}-2.json",
        )
    page = min(max(saved.page, 0), len(lesson.pages))
    return LessonProgress(path, lesson.name, page, dict(saved.answers))


def read_answers(path: files.StrPath, lesson: Lesson) -> dict[str, Answer]:
    """Return answers by question, from a TOML file or a progress file of `lesson start`.

    Raises UnknownNameError for a question that the lesson does not have, DataError, FileError.
    """
    path = Path(path)
    answers: Mapping[str, Answer]
    if path.suffix == ".json":
        answers = _read(path).answers
    else:
        text = files.read_bytes(path).decode("utf-8", errors="replace")
        answers = read_toml(text, dict[str, str | int | float], path.name)
    for name in answers:
        if name not in lesson.questions:
            raise UnknownNameError("question", name, lesson.questions)
    return dict(answers)


def _read(path: Path) -> _ProgressJson:
    hint = "rename it; the lesson then starts from page 1"
    try:
        saved = msgspec.json.decode(files.read_bytes(path), type=_ProgressJson)
    except msgspec.MsgspecError as error:
        raise FileError(f"{path} is damaged: {error}", hint=hint) from error
    file_versions.require_version(
        saved.format_version, file_versions.LESSON_PROGRESS, str(path), hint=hint
    )
    return saved
