"""All answers of a learner in one report: what `scallion lesson check` prints."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scallion.lesson.grading import Answer, Grade, attempt, grade, needs_more
from scallion.lesson.learner_model import load_model
from scallion.lesson.lesson import Lesson
from scallion.lesson.network_check import check_network
from scallion.lesson.questions import AnyQuestion, BuildQuestion, RunQuestion
from scallion.lesson.training_check import Tell, check_run, check_training


@dataclass(frozen=True, slots=True)
class CheckedQuestion:
    """A question of the report. Without a grade it was not answered."""

    question: AnyQuestion
    grade: Grade | None

    @property
    def passed(self) -> bool:
        """Right, or a prediction, which cannot be wrong."""
        return self.grade is not None and self.grade.right is not False


@dataclass(frozen=True, slots=True)
class AnswerReport:
    """All questions of a lesson with their grades, in order."""

    lesson: str
    lines: tuple[CheckedQuestion, ...]

    @property
    def passed(self) -> bool:
        """Whether every question is answered, and none wrongly."""
        return all(line.passed for line in self.lines)

    @property
    def words(self) -> str:
        """A line a question, a second one for what helps, and the count."""
        lines: list[str] = []
        for line in self.lines:
            mark = _mark(line)
            lines.append(f"{mark:<6} {line.question.id}: {_reason(line)}")
            if line.grade is not None and line.grade.hint and not line.grade.right:
                lines.append(f"       hint: {line.grade.hint}")
        done = sum(line.passed for line in self.lines)
        return "\n".join([*lines, f"{done} of {len(self.lines)} questions of {self.lesson}"])

    def as_dict(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {
            "lesson": self.lesson,
            "passed": self.passed,
            "questions": {line.question.id: _as_dict(line) for line in self.lines},
        }


def check(
    lesson: Lesson,
    answers: Mapping[str, Answer],
    model: Path | None = None,
    tell: Tell = lambda _: None,
) -> AnswerReport:
    """Grade every question. `model` is the learner's file for questions that want a network.

    An answer to such a question may name a file of its own. Networks are trained where a question
    says so; `tell` hears of each seed.
    """
    lines: list[CheckedQuestion] = []
    for name, question in lesson.questions.items():
        answer = answers.get(name)
        if answer is None and isinstance(question, BuildQuestion) and model is not None:
            answer = str(model)
        lines.append(
            CheckedQuestion(
                question, None if answer is None else grade_answer(question, answer, tell)
            )
        )
    return AnswerReport(lesson.name, tuple(lines))


def grade_answer(question: AnyQuestion, answer: Answer, tell: Tell = lambda _: None) -> Grade:
    """The grade of any answer; what cannot be used at all is wrong, and the reason says why."""
    if isinstance(question, BuildQuestion):
        return attempt(lambda: _judge_network(question, str(answer), tell))
    if isinstance(question, RunQuestion):
        return attempt(lambda: check_run(question, str(answer)))
    return attempt(lambda: grade(question, answer))


def _judge_network(question: BuildQuestion, path: str, tell: Tell) -> Grade:
    model = load_model(path)
    found = check_network(question, model)
    if not found.right or question.train is None:
        return found
    trained = check_training(question.train, model, tell)
    if trained.right:
        return Grade(True, f"{found.reason} {trained.reason.removeprefix('Right: ').capitalize()}")
    return trained


def _mark(line: CheckedQuestion) -> str:
    if line.grade is None:
        return "open"
    return {True: "right", False: "wrong", None: "kept"}[line.grade.right]


def _reason(line: CheckedQuestion) -> str:
    if line.grade is not None:
        return line.grade.reason.removeprefix("Right: ").replace("Right.", "right")
    if needs_more(line.question):
        what = "a network" if isinstance(line.question, BuildQuestion) else "a run folder"
        return f"not answered; it wants {what}"
    return "not answered"


def _as_dict(line: CheckedQuestion) -> dict[str, Any] | None:
    if line.grade is None:
        return None
    return {
        "right": line.grade.right,
        "mistake": line.grade.mistake,
        "reason": line.grade.reason,
        "hint": line.grade.hint,
    }
