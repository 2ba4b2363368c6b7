"""A page of a lesson: Markdown, with questions and figures as blocks of TOML between the words.

A block is fenced as code is, and named for what it is:

    ```question
    id = "biases"
    kind = "number"
    ask = "How many biases has a Dense layer of 100 units?"
    answer = 100
    ```
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from scallion.errors import DataError
from scallion.lesson.questions import AnyQuestion
from scallion.toml_format import as_kind, parse

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"\s*# +(?P<title>[^\n]+)\n")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class FigureBlock(msgspec.Struct, forbid_unknown_fields=True):
    """A picture that Scallion draws, with numbers that the learner can change.

    `about` says what it shows; `caption` what to try, where numbers are typed.
    """

    draw: str
    about: str = ""
    caption: str = ""
    numbers: dict[str, Any] = {}


class ExperimentBlock(msgspec.Struct, forbid_unknown_fields=True):
    """A study: the name of one that comes with Scallion, or a file beside the page.

    `questions` picks questions of the study by their names; without it all are answered.
    """

    study: str
    minutes: float | None = None
    questions: list[str] = []


class RecallBlock(msgspec.Struct, forbid_unknown_fields=True):
    """Shows the learner what was prediction_text, beside what came out."""

    prediction: str


class PageInfo(msgspec.Struct, forbid_unknown_fields=True):
    """What a page takes, and which step of the workflow it belongs to."""

    minutes: int = 5
    step: str = ""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Words in Markdown."""

    markdown: str


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A program. One that does not `run` is only to be read."""

    source: str
    language: str = "python"
    run: bool = True


Block = TextBlock | CodeBlock | FigureBlock | ExperimentBlock | RecallBlock | AnyQuestion


@dataclass(frozen=True, slots=True)
class LessonPage:
    """A page, in the order in which it is read."""

    name: str
    title: str
    about: PageInfo
    blocks: tuple[Block, ...]

    @property
    def questions(self) -> tuple[AnyQuestion, ...]:
        """The questions on this page."""
        return tuple(block for block in self.blocks if isinstance(block, AnyQuestion))


def read_page(text: str, name: str, where: str | None = None) -> LessonPage:
    """The page that a Markdown text is. Raises DataError that names the place.

    >>> read_page("# Layers\\n\\nAn onion has many.\\n", "layers").blocks
    (TextBlock(markdown='An onion has many.'),)
    """
    where = where or f"{name}.md"
    text = text.replace("\r\n", "\n")
    title = _TITLE.match(text)
    if title is None:
        raise DataError(
            f"{where}: a page begins with its title. Received: {text[:40]!r}",
            hint="# The title of the page",
        )
    about = PageInfo()
    blocks: list[Block] = []
    for block in _blocks(text, title.end(), where):
        if isinstance(block, PageInfo):
            about = block
        else:
            blocks.append(block)
    return LessonPage(name, title["title"].strip(), about, tuple(blocks))


def _blocks(text: str, start: int, where: str) -> Iterator[Block | PageInfo]:
    for found in _FENCE.finditer(text, start):
        yield from _words(text[start : found.start()], where)
        line = text.count("\n", 0, found.start()) + 1
        yield _block(found["info"].strip(), found["body"], f"{where}, line {line}")
        start = found.end()
    yield from _words(text[start:], where)


def _words(text: str, where: str) -> Iterator[TextBlock]:
    if "```" in text:
        raise DataError(
            f"{where}: a block begins with ``` and never ends",
            hint="end it with a line that is ``` alone",
        )
    if text.strip():
        yield TextBlock(text.strip())


def _block(info: str, body: str, where: str) -> Block | PageInfo:
    word, _, rest = info.partition(" ")
    kinds: dict[str, Any] = {
        "figure": FigureBlock,
        "page": PageInfo,
        "question": AnyQuestion,
        "recall": RecallBlock,
        "study": ExperimentBlock,
    }
    if word in kinds:
        return as_kind(parse(body, where), kinds[word], where)
    return CodeBlock(body.rstrip("\n"), word or "text", word == "python" and "norun" not in rest)


def check_name(name: str, where: str) -> str:
    """A page's or lesson's name. Raises DataError for one that is no plain word."""
    if not _NAME.fullmatch(name):
        raise DataError(
            f"{where}: a name is small letters, digits and dashes. Received: {name!r}",
            hint=f'"{re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "lesson"}"',
        )
    return name
