"""Where a learner is: the answers so far, in a file of the learner's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from scallion import files
from scallion.errors import DataError, FileError, UnknownNameError
from scallion.lesson.grading import Answer
from scallion.lesson.lesson import Lesson
from scallion.toml_format import read_toml


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    lesson: str
    page: int = 0
    answers: dict[str, str] = {}


@dataclass(slots=True)
class LessonProgress:
    """The page that comes next, counted from 0, and all answers that counted, by question."""

    path: Path
    lesson: str
    page: int = 0
    answers: dict[str, str] = field(default_factory=dict)

    def save(self) -> None:
        """Write the file, whole or not at all. Raises FileError."""
        kept = _Kept(self.lesson, self.page, self.answers)
        files.write_bytes(self.path, msgspec.json.format(msgspec.json.encode(kept)) + b"\n")


def open_progress(path: files.StrPath, lesson: Lesson) -> LessonProgress:
    """What the file holds, or a start where there is none yet. Raises FileError, DataError."""
    path = Path(path)
    if not path.is_file():
        return LessonProgress(path, lesson.name)
    kept = _kept(path)
    if kept.lesson != lesson.name:
        raise DataError(
            f"{path} belongs to the lesson {kept.lesson!r}, not to {lesson.name!r}",
            hint=f"--progress {lesson.name}-2.json",
        )
    page = min(max(kept.page, 0), len(lesson.pages))
    return LessonProgress(path, lesson.name, page, dict(kept.answers))


def read_answers(path: files.StrPath, lesson: Lesson) -> dict[str, Answer]:
    """Answers by question, from a TOML file or from what `lesson start` has kept.

    Raises UnknownNameError for a question that the lesson does not have, DataError, FileError.
    """
    path = Path(path)
    answers: Mapping[str, Answer]
    if path.suffix == ".json":
        answers = _kept(path).answers
    else:
        text = files.read_bytes(path).decode("utf-8", errors="replace")
        answers = read_toml(text, dict[str, str | int | float], path.name)
    for name in answers:
        if name not in lesson.questions:
            raise UnknownNameError("question", name, lesson.questions)
    return dict(answers)


def _kept(path: Path) -> _Kept:
    try:
        return msgspec.json.decode(files.read_bytes(path), type=_Kept)
    except msgspec.MsgspecError as error:
        raise FileError(
            f"{path} is damaged: {error}", hint="rename it, and the lesson begins anew"
        ) from error
