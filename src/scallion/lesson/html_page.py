"""A lesson as one HTML page that needs nothing else: no network, no server, no library."""

import base64
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from scallion.errors import MissingFileError
from scallion.html.markdown import markdown_to_html
from scallion.lesson import example_images, figures
from scallion.lesson.figures.layer_figures import KERNELS
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
from scallion.lesson.number_input import format_number
from scallion.lesson.questions import (
    AnyQuestion,
    BuildQuestion,
    ChoiceQuestion,
    NumberQuestion,
    PredictionQuestion,
    RunQuestion,
)
from scallion.lesson.solutions import solution_of

HERE = Path(__file__).parent
IMAGES = (0, 1, 5, 7, 8, 23)  # of Fashion-MNIST, which the page carries to try numbers on
_LIVE = {  # what can be changed on the page, and between what
    "border": {"image": (0, len(IMAGES) - 1), "kernel_size": (1, 27), "stride": (1, 8)},
    "convolution": {"image": (0, len(IMAGES) - 1), "stride": (1, 8)},
    "dropout": {"image": (0, len(IMAGES) - 1), "rate": (0, 0.95)},
    "pooling": {"image": (0, len(IMAGES) - 1), "pool_size": (1, 28)},
}
_WORDS = {"convolution": {"padding": ("valid", "same")}, "pooling": {"kind": ("max", "average")}}


def to_html(lesson: Lesson, studies: Path | None = None) -> str:
    """The page. Where a study of it has been run in `studies`, its answers and curves are in it."""
    contents = "".join(
        f'<li><a href="#{page.name}">{escape(page.title)}</a></li>' for page in lesson.pages
    )
    body = "".join(_page(lesson, page, studies) for page in lesson.pages)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(lesson.title)}</title>
<style>
{(HERE / "page.css").read_text(encoding="utf-8")}</style>
</head>
<body>
<header>
<h1>{escape(lesson.title)}</h1>
{markdown_to_html(lesson.cover.about)}
<p class="step">{len(lesson.pages)} pages, about {lesson.minutes} minutes</p>
<nav><ol>{contents}</ol></nav>
</header>
<main>
{body}
</main>
<footer>{markdown_to_html(lesson.cover.credit)}</footer>
<script type="application/json" id="images">{_pixels()}</script>
<script>
{(HERE / "page.js").read_text(encoding="utf-8")}</script>
</body>
</html>
"""


def _page(lesson: Lesson, page: LessonPage, studies: Path | None) -> str:
    step = f"{page.about.step}, about" if page.about.step else "about"
    blocks = "\n".join(_block(lesson, block, studies) for block in page.blocks)
    return (
        f'<section id="{page.name}">\n<h2>{escape(page.title)}</h2>\n'
        f'<p class="step">{escape(step)} {page.about.minutes} minutes</p>\n{blocks}\n</section>\n'
    )


def _block(lesson: Lesson, block: Block, studies: Path | None) -> str:
    match block:
        case TextBlock():
            return markdown_to_html(block.markdown)
        case CodeBlock():
            return _code(block)
        case FigureBlock():
            return _figure(block)
        case ExperimentBlock():
            return _experiment(lesson, block, studies)
        case RecallBlock():
            return f'<p data-recall="{block.prediction}"></p>'
        case _:
            return _question(block)


def _code(code: CodeBlock) -> str:
    broken = "" if code.run or code.language != "python" else ' class="broken"'
    return f"<pre{broken}><code>{escape(code.source)}</code></pre>"


def _figure(figure: FigureBlock) -> str:
    numbers = figures.with_defaults(figure.draw, figure.numbers)
    drawing = figures.draw(figure.draw, numbers)
    picture = base64.b64encode(drawing.png()).decode()
    live = _controls(figure.draw, numbers)
    caption = f"<p>{escape(drawing.words)}</p>" if not live else ""
    known = ""
    if figure.draw == "convolution":
        known = f' data-kernels="{_json(KERNELS)}"'
    marked = f' data-draw="{figure.draw}"{known}' if live else ""
    return (
        f'<figure{marked}><img alt="{escape(drawing.words, quote=True)}" '
        f'src="data:image/png;base64,{picture}">{live}'
        f"<figcaption>{caption}{_caption(figure, bool(live))}</figcaption></figure>"
    )


def _caption(figure: FigureBlock, live: bool) -> str:
    """On the page numbers are changed in boxes, so what to type is not said there."""
    return "<p>Change the numbers, and look.</p>" if live else markdown_to_html(figure.about)


def _controls(name: str, numbers: dict[str, Any]) -> str:
    """Boxes for the numbers that the page can redraw with; empty where it cannot."""
    if name not in _LIVE:
        return ""
    boxes: list[str] = []
    if name == "convolution":
        weights = KERNELS.get(str(numbers["kernel"])) or tuple(numbers["kernel"])
        cells = "".join(
            f'<input inputmode="decimal" aria-label="kernel, number {place + 1}" '
            f'value="{weight:.3g}">'
            for place, weight in enumerate(weights)
        )
        names = "".join(f"<option>{known}</option>" for known in ("", *KERNELS))
        boxes.append(f'<div class="kernel">{cells}</div>')
        boxes.append(f'<label>kernel <select name="known">{names}</select></label>')
    for key, (low, high) in _LIVE[name].items():
        step = 0.05 if isinstance(high, float) else 1
        value = min(max(numbers[key], low), high)
        boxes.append(
            f'<label>{key} <input type="number" name="{key}" min="{low}" max="{high}" '
            f'step="{step}" value="{value}"></label>'
        )
    for key, options in _WORDS.get(name, {}).items():
        names = "".join(
            f"<option{' selected' if numbers[key] == option else ''}>{option}</option>"
            for option in options
        )
        boxes.append(f'<label>{key} <select name="{key}">{names}</select></label>')
    return f'<div class="panels"></div><div class="controls" hidden>{"".join(boxes)}</div>'


def _question(question: AnyQuestion) -> str:
    words, program = solution_of(question)
    solution = markdown_to_html(words) if words else ""
    if program:
        solution += f"<pre><code>{escape(program.strip())}</code></pre>"
    hidden = f"<details><summary>Solution</summary>{solution}</details>" if solution else ""
    return (
        f'<div class="question" data-question="{_json(_checked(question))}">'
        f"{markdown_to_html(question.ask)}{_inputs(question)}"
        f'<p class="verdict" aria-live="polite"></p>{hidden}</div>'
    )


def _inputs(question: AnyQuestion) -> str:
    word = "Keep" if isinstance(question, PredictionQuestion) else "Check"
    button = f'<p><button type="button">{word}</button></p>'
    match question:
        case NumberQuestion():
            return (
                '<p><input inputmode="text" autocomplete="off" size="16" '
                'aria-label="Your number"> <button type="button">Check</button></p>'
            )
        case ChoiceQuestion():
            return _radios(question.id, [option.text for option in question.options]) + button
        case PredictionQuestion() if question.options:
            return _radios(question.id, question.options) + button
        case PredictionQuestion():
            return '<p><textarea rows="2" aria-label="What you expect"></textarea></p>' + button
        case BuildQuestion():
            return _how("ANSWERS MODEL.py", "your file with `model`")
        case RunQuestion():
            return _how("ANSWERS", "the folder of your run")


def _how(arguments: str, what: str) -> str:
    words = markdown_to_html(f"To have {what} checked: `scallion lesson check LESSON {arguments}`")
    return f"<div>{words}</div>"


def _radios(name: str, texts: list[str]) -> str:
    return "".join(
        f'<label><input type="radio" name="{name}" value="{place}"> {escape(text)}</label>'
        for place, text in enumerate(texts)
    )


def _checked(question: AnyQuestion) -> dict[str, Any]:
    """What the page needs to check an answer by itself."""
    known: dict[str, Any] = {"id": question.id, "kind": "other"}
    match question:
        case NumberQuestion():
            terms = question.count.arithmetic.partition(" = ")[0] if question.count else ""
            right = question.right
            known |= {
                "kind": "number",
                "right": right,
                "tolerance": question.tolerance,
                "sum": f"{terms} = {format_number(right)}" if terms else format_number(right),
                "mistakes": question.mistakes,
                "hint": question.hint,
            }
        case ChoiceQuestion():
            known |= {"kind": "choice", "options": question.options}
        case PredictionQuestion():
            known |= {"kind": "prediction", "options": question.options}
        case _:
            pass
    return known


def _experiment(lesson: Lesson, experiment: ExperimentBlock, studies: Path | None) -> str:
    from scallion import study

    path = find_study(lesson, experiment)
    found = study.find(path)
    minutes = f" --minutes {experiment.minutes:g}" if experiment.minutes else ""
    asked = found.name if found.name in study.names() else path.name
    lines = [
        f"<p><strong>ExperimentBlock: {escape(found.study.title)}</strong></p>",
        markdown_to_html(found.study.about),
        f"<pre><code>scallion study run {escape(asked)}{minutes}</code></pre>",
    ]
    try:
        outcome = study.open_folder(path, studies) if studies else None
    except MissingFileError:
        outcome = None
    if outcome is not None and outcome.results:
        lines.append(_answers(outcome))
    return f'<div class="study">{"".join(lines)}</div>'


def _answers(outcome: Any) -> str:
    """What came out when the study was run here."""
    picture = base64.b64encode(outcome.draw().read_bytes()).decode()
    verdicts = "".join(
        f"<p><strong>{escape(one.ask)}</strong></p>"
        + "".join(f"<p>{escape(line)}</p>" for line in one.words.splitlines())
        for one in outcome.verdicts
    )
    missing = f"<p>{escape(outcome.given_up)}</p>" if outcome.given_up else ""
    return (
        f"<details><summary>What {len(outcome.results)} runs here came to</summary>"
        f'<p><img style="max-width:100%" alt="The curves of {escape(outcome.study.title)}" '
        f'src="data:image/png;base64,{picture}"></p>{verdicts}{missing}</details>'
    )


def _pixels() -> str:
    """A few images for the page's own figures, a byte a pixel."""
    images = example_images.images("fashion-mnist").x_train
    texts = [base64.b64encode(images[place, ..., 0].tobytes()).decode() for place in IMAGES]
    return msgspec.json.encode(texts).decode()


def _json(value: Any) -> str:
    """JSON that may stand in an attribute."""
    return escape(msgspec.json.encode(value).decode(), quote=True)
