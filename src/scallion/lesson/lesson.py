"""A lesson: a folder with `lesson.toml` and a Markdown file for each page."""

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

HERE = Path(__file__).parent
FILE = "lesson.toml"


class LessonInfo(msgspec.Struct, forbid_unknown_fields=True):
    """What `lesson.toml` holds. `pages` are the names of the Markdown files, in order."""

    title: str
    pages: list[str]
    about: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """Pages in their order. `folder` is where the lesson lies."""

    name: str
    cover: LessonInfo
    pages: tuple[LessonPage, ...]
    folder: Path

    @property
    def title(self) -> str:
        return self.cover.title

    @property
    def questions(self) -> dict[str, AnyQuestion]:
        """All questions by their names, in order."""
        return {question.id: question for page in self.pages for question in page.questions}

    @property
    def minutes(self) -> int:
        """What the pages take together."""
        return sum(page.about.minutes for page in self.pages)


def names() -> tuple[str, ...]:
    """The lessons that come with Scallion."""
    return tuple(sorted(path.parent.name for path in HERE.glob(f"*/{FILE}")))


def find(name: files.StrPath) -> Lesson:
    """The lesson of this name, or the one in this folder. Raises UnknownNameError, DataError.

    >>> find("onions").title
    'Networks are like onions'
    """
    folder = Path(name)
    if str(name) in names():
        folder = HERE / str(name)
    elif not folder.is_dir():
        if folder.name != str(name):
            raise MissingFileError(
                f"there is no lesson at {name}", hint=f"name a folder with a {FILE} in it"
            )
        raise UnknownNameError("lesson", name, names())
    return read_lesson(folder)


def read_lesson(folder: files.StrPath) -> Lesson:
    """The lesson in a folder. Raises MissingFileError, DataError that names file and line."""
    folder = Path(folder)
    cover = read_toml(_text(folder / FILE), LessonInfo, FILE)
    if not cover.pages:
        raise DataError(f"{FILE}: a lesson has a page or more", hint='pages = ["first"]')
    pages = tuple(_page(folder, name) for name in cover.pages)
    lesson = Lesson(folder.resolve().name, cover, pages, folder)
    _check(lesson)
    return lesson


def _page(folder: Path, name: str) -> LessonPage:
    name = check_name(name.removesuffix(".md"), FILE)
    path = folder / f"{name}.md"
    if not path.is_file():
        raise MissingFileError(
            f"{FILE} names the page {name!r}, and {path} is not there",
            hint=f"write {path.name}, or take the name out of `pages`",
        )
    return read_page(_text(path), name, path.name)


def _text(path: Path) -> str:
    try:
        return files.read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} is no UTF-8 text: {error.reason} at byte {error.start}",
            hint="save it as UTF-8",
        ) from None


def _check(lesson: Lesson) -> None:
    """Raise DataError for what no page can see of itself."""
    counted = Counter(question.id for page in lesson.pages for question in page.questions)
    twice = [name for name, count in counted.items() if count > 1]
    if twice:
        raise DataError(
            f"two questions of {lesson.name} are called {twice[0]!r}",
            hint=f'id = "{twice[0]}-2"',
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


def find_study(lesson: Lesson, experiment: ExperimentBlock) -> Path:
    """The file of a page's study: beside the page, else among those that come with Scallion."""
    beside = [folder / f"{experiment.study}.toml" for folder in (lesson.folder, BUNDLED)]
    for path in beside:
        if path.is_file():
            return path
    raise MissingFileError(
        f"{lesson.name} has no study {experiment.study!r}",
        hint=f"put {experiment.study}.toml into {lesson.folder}",
    )
