"""A lesson's questions on the HTML page, with the data by which the browser checks answers."""

from typing import Any

import msgspec

from scallion.html import Markup, code_block, element, join, markdown_to_html
from scallion.lesson.answers.number_input import format_number
from scallion.lesson.questions import (
    AnyQuestion,
    BuildQuestion,
    ChoiceQuestion,
    NumberQuestion,
    PredictionQuestion,
    RunQuestion,
)
from scallion.lesson.solutions import solution_of


def question_html(question: AnyQuestion) -> Markup:
    """Return the question, inputs for the answer, room for feedback, and the folded solution."""
    return element(
        "div",
        markdown_to_html(question.ask),
        _inputs(question),
        element("p", class_="feedback", aria_live="polite"),
        _solution(question),
        class_="question",
        data_question=msgspec.json.encode(_check(question)).decode(),
    )


def _solution(question: AnyQuestion) -> Markup | None:
    text, program = solution_of(question)
    if not text and not program:
        return None
    return element(
        "details",
        element("summary", "Solution"),
        markdown_to_html(text) if text else None,
        code_block(program.strip()) if program else None,
    )


def _inputs(question: AnyQuestion) -> Markup:
    save = isinstance(question, PredictionQuestion)
    button = element("p", element("button", "Save" if save else "Check", type="button"))
    match question:
        case NumberQuestion():
            number = element(
                "input", inputmode="text", autocomplete="off", size=16, aria_label="Your number"
            )
            return element("p", number, " ", element("button", "Check", type="button"))
        case ChoiceQuestion():
            return join(*_radios(question.id, [option.text for option in question.options]), button)
        case PredictionQuestion() if question.options:
            return join(*_radios(question.id, question.options), button)
        case PredictionQuestion():
            text = element("textarea", rows=2, aria_label="What you expect")
            return join(element("p", text), button)
        case BuildQuestion():
            return _command("ANSWERS MODEL.py", "your file with `model`")
        case RunQuestion():
            return _command("ANSWERS", "the folder of your run")


def _command(arguments: str, what: str) -> Markup:
    return element(
        "div", markdown_to_html(f"To check {what}: `scallion lesson check LESSON {arguments}`")
    )


def _radios(name: str, texts: list[str]) -> list[Markup]:
    return [
        element("label", element("input", type="radio", name=name, value=i), f" {text}")
        for i, text in enumerate(texts)
    ]


def _check(question: AnyQuestion) -> dict[str, Any]:
    """Return the data with which the script checks an answer. Its keys are read in `lesson.js`."""
    check: dict[str, Any] = {"id": question.id, "kind": "other"}
    match question:
        case NumberQuestion():
            terms = question.count.arithmetic.partition(" = ")[0] if question.count else ""
            right = format_number(question.right)
            check |= {
                "kind": "number",
                "right": question.right,
                "tolerance": question.tolerance,
                "sum": f"{terms} = {right}" if terms else right,
                "mistakes": question.mistakes,
                "hint": question.hint,
            }
        case ChoiceQuestion():
            check |= {"kind": "choice", "options": question.options}
        case PredictionQuestion():
            check |= {"kind": "prediction", "options": question.options}
        case _:
            pass
    return check
