"""A lesson as a Jupyter notebook that runs from top to bottom, with solutions."""

import hashlib
from typing import Any

import msgspec

from scallion.html.markdown import escape_products
from scallion.lesson.lesson import Lesson
from scallion.lesson.markdown_page import (
    Block,
    CodeBlock,
    ExperimentBlock,
    FigureBlock,
    LessonPage,
    RecallBlock,
    TextBlock,
)
from scallion.lesson.questions import BuildQuestion, ChoiceQuestion, PredictionQuestion
from scallion.lesson.solutions import solution_of

Cell = dict[str, Any]


def to_notebook(lesson: Lesson) -> bytes:
    """Return the file: notebook format 4.5, without outputs. Cell ids are made from their text."""
    cells = [_markdown(f"# {lesson.title}\n\n{lesson.info.about.strip()}")]
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


def _question(question: Any) -> list[Cell]:
    lines = [f"**Question.** {question.ask}"]
    texts: list[str] = []
    if isinstance(question, ChoiceQuestion):
        texts = [option.text for option in question.options]
    elif isinstance(question, PredictionQuestion):
        texts = question.options
    lines += [f"- {text}" for text in texts]
    cells = [_markdown("\n\n".join([lines[0], "\n".join(lines[1:])]).strip())]
    text, program = solution_of(question)
    if isinstance(question, BuildQuestion):
        hidden = f"<details><summary>Solution</summary>\n\n{text}\n\n</details>"
        return [*cells, _markdown(hidden), _code(program.strip())] if program else cells
    if text:
        cells.append(
            _markdown(
                f"<details><summary>Solution</summary>\n\n{escape_products(text)}\n\n</details>"
            )
        )
    return cells


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
