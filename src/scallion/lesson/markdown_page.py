"""A lesson's page: Markdown, with questions and figures as blocks of TOML in it.

A block is fenced like code, and named after its kind:

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
from scallion.toml_format import convert, parse_toml

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"\s*# +(?P<title>[^\n]+)\n")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class FigureBlock(msgspec.Struct, forbid_unknown_fields=True):
    """A figure that Scallion draws, with settings that the learner can change.

    `about` says what it shows, `caption` what to try in the terminal and in a notebook.
    """

    draw: str
    about: str = ""
    caption: str = ""
    settings: dict[str, Any] = {}


class ExperimentBlock(msgspec.Struct, forbid_unknown_fields=True):
    """A study: the name of one that comes with Scallion, or of a file in the lesson's folder.

    `questions` chooses questions of the study by their ids; without it all are answered.
    """

    study: str
    minutes: float | None = None
    questions: list[str] = []


class RecallBlock(msgspec.Struct, forbid_unknown_fields=True):
    """Shows the learner an earlier prediction, next to what was measured."""

    prediction: str


class PageInfo(msgspec.Struct, forbid_unknown_fields=True):
    """The minutes that a page takes, and the step of the workflow that it belongs to."""

    minutes: int = 5
    step: str = ""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Text in Markdown."""

    markdown: str


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A program. Without `run` it is only read."""

    source: str
    language: str = "python"
    run: bool = True


Block = TextBlock | CodeBlock | FigureBlock | ExperimentBlock | RecallBlock | AnyQuestion


@dataclass(frozen=True, slots=True)
class LessonPage:
    """A page's title and blocks, in order."""

    name: str
    title: str
    info: PageInfo
    blocks: tuple[Block, ...]

    @property
    def questions(self) -> tuple[AnyQuestion, ...]:
        """The questions on the page."""
        return tuple(block for block in self.blocks if isinstance(block, AnyQuestion))


def read_page(text: str, name: str, file: str | None = None) -> LessonPage:
    """Parse a page. Raises DataError with file and line.

    >>> read_page("# Layers\\n\\nAn onion has many.\\n", "layers").blocks
    (TextBlock(markdown='An onion has many.'),)
    """
    file = file or f"{name}.md"
    text = text.replace("\r\n", "\n")
    title = _TITLE.match(text)
    if title is None:
        raise DataError(
            f"{file}: a page begins with its title. Received: {text[:40]!r}",
            hint="# The title of the page",
        )
    info = PageInfo()
    blocks: list[Block] = []
    for block in _blocks(text, title.end(), file):
        if isinstance(block, PageInfo):
            info = block
        else:
            blocks.append(block)
    return LessonPage(name, title["title"].strip(), info, tuple(blocks))


def _blocks(text: str, start: int, file: str) -> Iterator[Block | PageInfo]:
    for found in _FENCE.finditer(text, start):
        yield from _text(text[start : found.start()], file)
        line = text.count("\n", 0, found.start()) + 1
        yield _block(found["info"].strip(), found["body"], f"{file}, line {line}")
        start = found.end()
    yield from _text(text[start:], file)


def _text(text: str, file: str) -> Iterator[TextBlock]:
    if "```" in text:
        raise DataError(
            f"{file}: a block begins with ``` and never ends",
            hint="end it with a line of ``` alone",
        )
    if text.strip():
        yield TextBlock(text.strip())


def _block(info: str, body: str, where: str) -> Block | PageInfo:
    kind, _, rest = info.partition(" ")
    kinds: dict[str, Any] = {
        "figure": FigureBlock,
        "page": PageInfo,
        "question": AnyQuestion,
        "recall": RecallBlock,
        "study": ExperimentBlock,
    }
    if kind in kinds:
        return convert(parse_toml(body, where), kinds[kind], where)
    return CodeBlock(body.rstrip("\n"), kind or "text", kind == "python" and "norun" not in rest)


def check_name(name: str, where: str) -> str:
    """Return the name of a page. Raises DataError for one with other characters."""
    if not _NAME.fullmatch(name):
        raise DataError(
            f"{where}: a name consists of small letters, digits and dashes. Received: {name!r}",
            hint=f'"{re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "lesson"}"',
        )
    return name
