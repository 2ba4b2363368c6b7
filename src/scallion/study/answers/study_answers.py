"""Answers in words, from the measured runs alone: what they can tell, and what they cannot."""

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
    claims: tuple[Statement, ...]

    @property
    def words(self) -> str:
        """All claims as a text, a paragraph a subject."""
        if not self.claims:
            return "No finished run can answer this."
        subjects = dict.fromkeys(claim.subject for claim in self.claims)
        return "\n".join(
            _paragraph(subject, [c.words for c in self.claims if c.subject == subject])
            for subject in subjects
        )


def answer(study: Study, results: Sequence[TrialResult]) -> list[StudyAnswer]:
    """A verdict for each question of the study."""
    whole = [result for result in results if len(result.history.get("val_loss", ())) > 1]
    return [StudyAnswer(ask.id, ask.ask, _claims(study, ask, whole)) for ask in study.questions]


def _claims(
    study: Study, ask: StudyQuestion, results: Sequence[TrialResult]
) -> tuple[Statement, ...]:
    results = filter_results(results, ask.where)
    claims: list[Statement] = []
    for subject, runs in _groups(study, ask, results):
        match ask.kind:
            case "level":
                claims += level(subject, runs)
            case "agreement":
                claims += agreement(subject, runs)
            case "overfitting":
                claims += overfitting(subject, runs)
            case "trend":
                claims += trend(study, ask, subject, runs)
            case "compare":
                claims += compare(study, ask, subject, runs)
    if ask.by is not None and ask.kind in ("level", "overfitting"):
        claims += between(study, ask, results)
    return tuple(claims)


def _groups(
    study: Study, ask: StudyQuestion, results: Sequence[TrialResult]
) -> list[tuple[str, list[TrialResult]]]:
    """The runs for each value of the axis that the question is answered by."""
    if ask.by is None:
        return [("", list(results))] if results else []
    groups: list[tuple[str, list[TrialResult]]] = []
    for value in values_of(study, ask.by, results):
        found = filter_results(results, {ask.by: value})
        if found:
            groups.append((study.label(ask.by, value), found))
    return groups


def _paragraph(subject: str, words: list[str]) -> str:
    text = " ".join(filter(None, words))
    return f"{subject}: {text}" if subject else text
