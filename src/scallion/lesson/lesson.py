"""A lesson: a folder with `lesson.toml` and a Markdown file per page."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import msgspec

from scallion import files
from scallion.errors import DataError, MissingFileError, UnknownNameError
from scallion.lesson.markdown_page import (
    ExperimentBlock,
    LessonPage,
    RecallBlock,
    check_name,
    read_page,
)
from scallion.lesson.questions import AnyQuestion, PredictionQuestion
from scallion.study.plan import BUNDLED
from scallion.toml_format import read_toml

_BUNDLED_LESSONS = Path(__file__).parent
_FILE = "lesson.toml"


class LessonInfo(msgspec.Struct, forbid_unknown_fields=True):
    """The contents of `lesson.toml`. `pages` are the names of the Markdown files, in order."""

    title: str
    pages: list[str]
    about: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson's pages in order, and the folder that it was read from."""

    name: str
    info: LessonInfo
    pages: tuple[LessonPage, ...]
    folder: Path

    @property
    def title(self) -> str:
        """The lesson's title."""
        return self.info.title

    @property
    def questions(self) -> dict[str, AnyQuestion]:
        """All questions by their names, in order."""
        return {question.id: question for page in self.pages for question in page.questions}

    @property
    def minutes(self) -> int:
        """The minutes that all pages take together."""
        return sum(page.info.minutes for page in self.pages)


def names() -> tuple[str, ...]:
    """Return the names of the lessons that come with Scallion."""
    return tuple(sorted(path.parent.name for path in _BUNDLED_LESSONS.glob(f"*/{_FILE}")))


def find(name: files.StrPath) -> Lesson:
    """Return the bundled lesson of this name, or the one in this folder.

    >>> find("onions").title
    'Networks are like onions'

    Raises UnknownNameError, MissingFileError, DataError.
    """
    folder = Path(name)
    if str(name) in names():
        folder = _BUNDLED_LESSONS / str(name)
    elif not folder.is_dir():
        if folder.name != str(name):
            raise MissingFileError(
                f"there is no lesson at {name}", hint=f"name a folder with a {_FILE} in it"
            )
        raise UnknownNameError("lesson", name, names())
    return read_lesson(folder)


def read_lesson(folder: files.StrPath) -> Lesson:
    """Read the lesson in a folder. Raises MissingFileError, DataError with file and line."""
    folder = Path(folder)
    info = read_toml(_read_text(folder / _FILE), LessonInfo, _FILE)
    if not info.pages:
        raise DataError(f"{_FILE}: a lesson needs at least one page", hint='pages = ["first"]')
    pages = tuple(_read_page(folder, name) for name in info.pages)
    lesson = Lesson(folder.resolve().name, info, pages, folder)
    _check(lesson)
    return lesson


def find_study(lesson: Lesson, experiment: ExperimentBlock) -> Path:
    """Return the file of a page's study: in the lesson's folder, else a bundled one.

    Raises MissingFileError.
    """
    for folder in (lesson.folder, BUNDLED):
        path = folder / f"{experiment.study}.toml"
        if path.is_file():
            return path
    raise MissingFileError(
        f"{lesson.name} has no study {experiment.study!r}",
        hint=f"put {experiment.study}.toml into {lesson.folder}",
    )


def _read_page(folder: Path, name: str) -> LessonPage:
    name = check_name(name.removesuffix(".md"), _FILE)
    path = folder / f"{name}.md"
    if not path.is_file():
        raise MissingFileError(
            f"{_FILE} names the page {name!r}, but {path} does not exist",
            hint=f"write {path.name}, or remove the name from `pages`",
        )
    return read_page(_read_text(path), name, path.name)


def _read_text(path: Path) -> str:
    try:
        return files.read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is not UTF-8 text: {error.reason} at byte {error.start}",
            hint="save it as UTF-8",
        ) from None


def _check(lesson: Lesson) -> None:
    """Raise DataError, UnknownNameError or MissingFileError for faults across pages."""
    counts = Counter(question.id for page in lesson.pages for question in page.questions)
    duplicates = [name for name, count in counts.items() if count > 1]
    if duplicates:
        raise DataError(
            f"two questions of {lesson.name} are called {duplicates[0]!r}",
            hint=f'id = "{duplicates[0]}-2"',
        )
    predictions = {
        name for name, found in lesson.questions.items() if isinstance(found, PredictionQuestion)
    }
    for page in lesson.pages:
        for block in page.blocks:
            if isinstance(block, RecallBlock) and block.prediction not in predictions:
                raise UnknownNameError("prediction", block.prediction, predictions)
            if isinstance(block, ExperimentBlock):
                find_study(lesson, block)
