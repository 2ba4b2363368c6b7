"""A lesson as one HTML page, which works without a server or a network."""

from pathlib import Path
from typing import Any

import msgspec

from scallion.errors import MissingFileError
from scallion.html import (
    Markup,
    Section,
    build_page,
    code_block,
    data_uri,
    element,
    join,
    markdown_to_html,
    paragraph,
    png_figure,
)
from scallion.lesson import example_images
from scallion.lesson.html_figures import IMAGES, figure_html
from scallion.lesson.html_questions import question_html
from scallion.lesson.lesson import Lesson, find_study
from scallion.lesson.markdown_page import (
    Block,
    CodeBlock,
    ExperimentBlock,
    FigureBlock,
    LessonPage,
    RecallBlock,
    TextBlock,
)
from scallion.plots import PngFigure

_FOLDER = Path(__file__).parent


def to_html(lesson: Lesson, studies: Path | None = None) -> str:
    """Return the page. Studies that were run in the folder `studies` show their results."""
    header = join(
        element("h1", lesson.title),
        markdown_to_html(lesson.info.about),
        paragraph(f"{len(lesson.pages)} pages, about {lesson.minutes} minutes", "note"),
    )
    return build_page(
        lesson.title,
        header=header,
        sections=[_section(lesson, page, studies) for page in lesson.pages],
        footer=markdown_to_html(lesson.info.credit),
        numbered=True,
        css=(_FOLDER / "lesson.css").read_text(encoding="utf-8"),
        data=element("script", Markup(_images()), type="application/json", id="images"),
        script=(_FOLDER / "lesson.js").read_text(encoding="utf-8"),
    )


def _section(lesson: Lesson, page: LessonPage, studies: Path | None) -> Section:
    step = f"{page.info.step}, about" if page.info.step else "about"
    blocks = join(*(_block(lesson, block, studies) for block in page.blocks), separator="\n")
    return Section(page.name, page.title, blocks, f"{step} {page.info.minutes} minutes")


def _block(lesson: Lesson, block: Block, studies: Path | None) -> Markup:
    match block:
        case TextBlock():
            return markdown_to_html(block.markdown)
        case CodeBlock():
            only_read = block.language == "python" and not block.run
            return code_block(block.source, "broken" if only_read else None)
        case FigureBlock():
            return figure_html(block)
        case ExperimentBlock():
            return _experiment(lesson, block, studies)
        case RecallBlock():
            return element("p", data_recall=block.prediction)
        case _:
            return question_html(block)


def _experiment(lesson: Lesson, experiment: ExperimentBlock, studies: Path | None) -> Markup:
    """Return the study's description and command, with its results if it has been run."""
    from scallion import study  # imports the runs and the engine, slow to import

    path = find_study(lesson, experiment)
    found = study.find(path)
    minutes = f" --minutes {experiment.minutes:g}" if experiment.minutes else ""
    name = found.name if found.name in study.names() else path.name
    try:
        outcome = study.open_folder(path, studies) if studies else None
    except MissingFileError:
        outcome = None
    return element(
        "div",
        element("p", element("strong", f"Experiment: {found.study.title}")),
        markdown_to_html(found.study.about),
        code_block(f"scallion study run {name}{minutes}"),
        _results(outcome) if outcome is not None and outcome.results else None,
        class_="experiment",
    )


def _results(outcome: Any) -> Markup:
    title = outcome.study.title
    curves = PngFigure("study", outcome.draw().read_bytes(), f"Learning curves: {title}")
    answers = (
        join(
            element("p", element("strong", answer.ask)),
            *(paragraph(line) for line in answer.text.splitlines()),
        )
        for answer in outcome.answers
    )
    return element(
        "details",
        element("summary", f"Results of {len(outcome.results)} runs on this machine"),
        png_figure(curves),
        *answers,
        paragraph(outcome.dropped) if outcome.dropped else None,
    )


def _images() -> str:
    """Return the images of the page's figures as JSON: base64, one byte per pixel."""
    images = example_images.images("fashion-mnist").x_train
    pixels = (images[index, ..., 0].tobytes() for index in IMAGES)
    texts = [data_uri(content, "").rpartition(",")[2] for content in pixels]
    return msgspec.json.encode(texts).decode()
