"""Answers to a study's questions, from its results alone, with what they cannot show."""

from collections.abc import Sequence
from dataclasses import dataclass

from scallion.study.answers.comparison_statements import between, compare, trend, values_of
from scallion.study.answers.statements import Statement
from scallion.study.answers.training_statements import agreement, level, overfitting
from scallion.study.plan import Study, StudyQuestion
from scallion.study.results import TrialResult, filter_results


@dataclass(frozen=True, slots=True)
class StudyAnswer:
    """The answer to a question of a study."""

    id: str
    ask: str
    statements: tuple[Statement, ...]

    @property
    def text(self) -> str:
        """All statements, a paragraph per subject."""
        if not self.statements:
            return "No finished run can answer this."
        subjects = dict.fromkeys(statement.subject for statement in self.statements)
        return "\n".join(self._paragraph(subject) for subject in subjects)

    def _paragraph(self, subject: str) -> str:
        texts = (found.text for found in self.statements if found.subject == subject)
        text = " ".join(filter(None, texts))
        return f"{subject}: {text}" if subject else text


def answer_questions(study: Study, results: Sequence[TrialResult]) -> list[StudyAnswer]:
    """Answer each question of the study from the results that are long enough for it.

    Questions about curves need two epochs. Comparisons take finished runs of a single epoch, too,
    such as those of a frozen pretrained network.
    """
    curves = [result for result in results if result.epochs > 1]
    compared = [
        result
        for result in results
        if result.epochs > 1 or (result.epochs == 1 and result.status == "finished")
    ]
    return [
        StudyAnswer(
            question.id,
            question.ask,
            _statements(study, question, compared if question.kind == "compare" else curves),
        )
        for question in study.questions
    ]


def _statements(
    study: Study, question: StudyQuestion, results: Sequence[TrialResult]
) -> tuple[Statement, ...]:
    results = filter_results(results, question.where)
    statements: list[Statement] = []
    for subject, runs in _groups(study, question, results):
        match question.kind:
            case "level":
                statements += level(subject, runs)
            case "agreement":
                statements += agreement(subject, runs)
            case "overfitting":
                statements += overfitting(subject, runs)
            case "trend":
                statements += trend(study, question, subject, runs)
            case "compare":
                statements += compare(study, question, subject, runs)
    if question.by is not None and question.kind in ("level", "overfitting"):
        statements += between(study, question, results)
    return tuple(statements)


def _groups(
    study: Study, question: StudyQuestion, results: Sequence[TrialResult]
) -> list[tuple[str, list[TrialResult]]]:
    """Return the runs for each value of the axis `by`, with its label."""
    if question.by is None:
        return [("", list(results))] if results else []
    return [
        (study.name(question.by, value), filter_results(results, {question.by: value}))
        for value in values_of(study, question.by, results)
    ]
