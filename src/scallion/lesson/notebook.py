"""A lesson as a Jupyter notebook: it runs from top to bottom, checks answers, shows solutions."""

import hashlib
from typing import Any

import msgspec

from scallion.html.markdown import escape_products
from scallion.lesson.answers.grading import LETTERS
from scallion.lesson.lesson import Lesson, names
from scallion.lesson.markdown_page import (
    Block,
    CodeBlock,
    ExperimentBlock,
    FigureBlock,
    LessonPage,
    RecallBlock,
    TextBlock,
)
from scallion.lesson.questions import (
    AnyQuestion,
    BuildQuestion,
    ChoiceQuestion,
    NumberQuestion,
    PredictionQuestion,
    RunQuestion,
)
from scallion.lesson.solutions import solution_of

Cell = dict[str, Any]


def to_notebook(lesson: Lesson) -> bytes:
    """Return the file: notebook format 4.5, without outputs. Cell ids are made from their text."""
    cells = [_markdown(f"# {lesson.title}\n\n{lesson.info.about.strip()}")]
    if lesson.questions:
        name = lesson.name if lesson.name in names() else str(lesson.folder)
        cells += [
            _markdown(
                "Answer in the cells that begin with `check`: put your answer in place of `...`"
            ),
            _code(f"from scallion import lesson\n\ncheck = lesson.checker({name!r})"),
        ]
    for page in lesson.pages:
        cells += _page(page)
    if lesson.info.credit:
        cells.append(_markdown(f"*{lesson.info.credit.strip()}*"))
    for number, cell in enumerate(cells):
        text = f"{number} {cell['source']}".encode()
        cell["id"] = hashlib.sha256(text).hexdigest()[:12]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "title": lesson.title,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return msgspec.json.format(msgspec.json.encode(notebook), indent=1) + b"\n"


def _page(page: LessonPage) -> list[Cell]:
    step = f"\n\n*{page.info.step}, about {page.info.minutes} minutes*" if page.info.step else ""
    cells = [_markdown(f"## {page.title}{step}")]
    for block in page.blocks:
        cells += _block(block)
    return cells


def _block(block: Block) -> list[Cell]:
    match block:
        case TextBlock():
            return [_markdown(block.markdown)]
        case CodeBlock() if block.run:
            return [_code(block.source)]
        case CodeBlock():
            return [_markdown(f"```{block.language}\n{block.source}\n```")]
        case FigureBlock():
            source = (
                "from scallion.lesson import figures\n\n"
                f"figures.draw({block.draw!r}, {block.settings!r})"
            )
            text = (
                f"{block.about} {block.caption} Change the settings in the cell and run it again."
            )
            return [_code(source), _markdown(text.strip())]
        case ExperimentBlock():
            minutes = f", minutes={block.minutes:g}" if block.minutes else ""
            source = (
                "from scallion import study\n\n"
                f"folder = study.run(study.find({block.study!r}){minutes}, report=print)\n"
                "outcome = study.open_folder(folder)\n"
                "outcome.draw()\n"
                "print(outcome.text)\n"
                "outcome"
            )
            return [_code(source)]
        case RecallBlock():
            return []
        case _:
            return _question(block)


def _question(question: AnyQuestion) -> list[Cell]:
    """Return the question, a cell that checks the answer, and the folded solution."""
    # The lesson's own questions begin with their number.
    ask = question.ask if question.ask.startswith("**") else f"**Question.** {question.ask}"
    texts: list[str] = []
    if isinstance(question, ChoiceQuestion):
        texts = [option.text for option in question.options]
    elif isinstance(question, PredictionQuestion):
        texts = question.options
    options = "\n".join(f"- {letter}: {text}" for letter, text in zip(LETTERS, texts, strict=False))
    cells = [
        _markdown(f"{ask}\n\n{options}".strip()),
        _code(f"check({question.id!r}, ...)  # {_what_to_type(question, texts)}"),
    ]
    text, program = solution_of(question)
    folded = f"<details><summary>Solution</summary>\n\n{text}\n\n</details>"
    if isinstance(question, BuildQuestion):
        return [*cells, _markdown(folded), _code(program.strip())] if program else cells
    return [*cells, _markdown(folded)] if text else cells


def _what_to_type(question: AnyQuestion, options: list[str]) -> str:
    if options:
        return f"a letter from 'a' to {LETTERS[len(options) - 1]!r}"
    match question:
        case NumberQuestion():
            return "a number, or a calculation such as 3*3 + 1"
        case BuildQuestion():
            return "your network, such as model"
        case RunQuestion():
            return "the folder of your run, such as 'runs/mnist-1'"
        case _:
            return "what you expect, as text"


def _markdown(text: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": escape_products(text)}


def _code(source: str) -> Cell:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source.strip(),
    }
