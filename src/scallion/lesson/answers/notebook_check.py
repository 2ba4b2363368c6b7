"""The check of answers in a notebook: `check("precision", 0.8)` shows what is right, or a hint."""

from typing import Any

from scallion.errors import UnknownNameError
from scallion.files import StrPath
from scallion.lesson.answers.answer_check import grade_answer
from scallion.lesson.answers.grading import Grade
from scallion.lesson.lesson import find


class Feedback:
    """A grade that a notebook shows as text; None if nothing was answered yet."""

    def __init__(self, grade: Grade | None) -> None:
        self.grade = grade

    def __repr__(self) -> str:
        if self.grade is None:
            return "Not answered yet: put your answer in place of ... and run the cell again."
        return self.grade.text


class AnswerChecker:
    """Checks answers to the questions of one lesson, by the names of the questions."""

    def __init__(self, name: StrPath) -> None:
        self.lesson = find(name)

    def __call__(self, question: str, answer: Any = ...) -> Feedback:
        """Return feedback on an answer: a number, a letter, text, a network, or a run folder.

        An Ellipsis is no answer. Raises UnknownNameError for a question that the lesson lacks.
        """
        if question not in self.lesson.questions:
            raise UnknownNameError("question", question, tuple(self.lesson.questions))
        if answer is ...:
            return Feedback(None)
        return Feedback(grade_answer(self.lesson.questions[question], answer))


def checker(name: StrPath) -> AnswerChecker:
    """Return the check of a lesson's answers, for notebooks. Raises as `find` does.

    >>> check = checker("onions")
    >>> check("precision", 0.8)  # doctest: +ELLIPSIS
    Right...
    """
    return AnswerChecker(name)
