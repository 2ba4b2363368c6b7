"""The check of all answers of a learner, for `scallion lesson check`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scallion.lesson.answers.grading import Answer, Grade, grade, grade_or_error, needs_file
from scallion.lesson.answers.learner_model import load_model
from scallion.lesson.answers.network_check import check_network
from scallion.lesson.answers.training_check import Report, check_run, check_training
from scallion.lesson.lesson import Lesson
from scallion.lesson.questions import AnyQuestion, BuildQuestion, RunQuestion
from scallion.models import Model


@dataclass(frozen=True, slots=True)
class CheckedQuestion:
    """A question with its grade, None if it was not answered."""

    question: AnyQuestion
    grade: Grade | None

    @property
    def passed(self) -> bool:
        """True if the answer is right, or a prediction, which cannot be wrong."""
        return self.grade is not None and self.grade.right is not False

    @property
    def status(self) -> str:
        """One of open, right, wrong and saved."""
        if self.grade is None:
            return "open"
        return {True: "right", False: "wrong", None: "saved"}[self.grade.right]

    def as_dict(self) -> dict[str, Any] | None:
        """Return the grade as `--json` prints it, None without an answer."""
        if self.grade is None:
            return None
        return {
            "right": self.grade.right,
            "mistake": self.grade.mistake,
            "reason": self.grade.reason,
            "hint": self.grade.hint,
        }


@dataclass(frozen=True, slots=True)
class AnswerReport:
    """All questions of a lesson with their grades, in order."""

    lesson: str
    questions: tuple[CheckedQuestion, ...]

    @property
    def passed(self) -> bool:
        """True if every question is answered, and none is wrong."""
        return all(checked.passed for checked in self.questions)

    @property
    def text(self) -> str:
        """A line per question, a second one for a hint, and the number of questions passed."""
        lines: list[str] = []
        for checked in self.questions:
            lines.append(f"{checked.status:<6} {checked.question.id}: {_reason(checked)}")
            if checked.grade is not None and checked.grade.hint and not checked.grade.right:
                lines.append(f"       hint: {checked.grade.hint}")
        done = sum(checked.passed for checked in self.questions)
        return "\n".join([*lines, f"{done} of {len(self.questions)} questions of {self.lesson}"])

    def as_dict(self) -> dict[str, Any]:
        """Return the report as `--json` prints it."""
        return {
            "lesson": self.lesson,
            "passed": self.passed,
            "questions": {checked.question.id: checked.as_dict() for checked in self.questions},
        }


def check_answers(
    lesson: Lesson,
    answers: Mapping[str, Answer],
    model: Path | None = None,
    report: Report = lambda _: None,
) -> AnswerReport:
    """Grade the answers to all questions.

    `model` is the learner's file for questions about a network; an answer may name another file.
    Networks are trained if the question says so; `report` is called with a line per seed.
    """
    checked: list[CheckedQuestion] = []
    for name, question in lesson.questions.items():
        answer = answers.get(name)
        if answer is None and isinstance(question, BuildQuestion) and model is not None:
            answer = str(model)
        found = None if answer is None else grade_answer(question, answer, report)
        checked.append(CheckedQuestion(question, found))
    return AnswerReport(lesson.name, tuple(checked))


def grade_answer(
    question: AnyQuestion, answer: Answer | Model, report: Report = lambda _: None
) -> Grade:
    """Grade an answer of any kind; one that cannot be used is wrong, with the reason.

    A network is given as such, or as the name of its file.
    """
    if isinstance(question, BuildQuestion):
        return grade_or_error(lambda: _grade_network(question, answer, report))
    if isinstance(question, RunQuestion):
        return grade_or_error(lambda: check_run(question, str(answer)))
    typed = answer.name if isinstance(answer, Model) else answer
    return grade_or_error(lambda: grade(question, typed))


def _grade_network(question: BuildQuestion, answer: Answer | Model, report: Report) -> Grade:
    model = answer if isinstance(answer, Model) else load_model(str(answer))
    found = check_network(question, model)
    if not found.right or question.train is None:
        return found
    trained = check_training(question.train, model, report)
    if trained.right:
        reason = trained.reason.removeprefix("Right: ")
        return Grade(True, f"{found.reason} {reason[0].upper()}{reason[1:]}")
    return trained


def _reason(checked: CheckedQuestion) -> str:
    if checked.grade is not None:
        return checked.grade.reason.removeprefix("Right: ").replace("Right.", "right")
    if needs_file(checked.question):
        what = "a network" if isinstance(checked.question, BuildQuestion) else "a run folder"
        return f"not answered; it needs {what}"
    return "not answered"
