"""Statements about how values of an axis differ, also from values measured elsewhere."""

from collections.abc import Sequence

import numpy as np

from scallion.study.answers.statements import (
    POINTS,
    Statement,
    format_change,
    format_level,
    format_size,
)
from scallion.study.answers.statistics import Estimate, difference, estimate
from scallion.study.answers.training_statements import validation_loss_rise
from scallion.study.plan import ReferenceValue, Study, StudyQuestion, Value
from scallion.study.results import TrialResult, filter_results, measure
from scallion.text_format import percent


def values_of(study: Study, axis: str, results: Sequence[TrialResult]) -> list[Value]:
    """Return the values of an axis that results have, in the study's order or sorted."""
    return study.values(axis, {result.values[axis] for result in results if axis in result.values})


def trend(
    study: Study, question: StudyQuestion, subject: str, runs: list[TrialResult]
) -> list[Statement]:
    """State how each value of the axis differs from the first, in loss and accuracy."""
    axis = question.axis or ""
    values = values_of(study, axis, runs)
    if len(values) < 2:
        return []
    baseline = filter_results(runs, {axis: values[0]})
    statements: list[Statement] = []
    for value in values[1:]:
        own = filter_results(runs, {axis: value})
        loss = difference("final_loss", own, baseline, axis)
        accuracy = difference("accuracy", own, baseline, axis)
        name = study.name(axis, value)
        text = (
            f"With {name}, compared with {study.label(axis, values[0])}, the loss in the last "
            f"epoch {_effect(loss, 'loss')}, and the best accuracy "
            f"{_effect(accuracy, 'accuracy')}."
        )
        statements.append(Statement(subject, f"{name}: final_loss", loss.sign, loss, text))
        statements.append(Statement(subject, f"{name}: accuracy", accuracy.sign, accuracy, ""))
    statements.append(_trend_summary(study, axis, subject, runs, values))
    return [*statements, *_references(study, question, subject, runs, values)]


def compare(
    study: Study, question: StudyQuestion, subject: str, runs: list[TrialResult]
) -> list[Statement]:
    """State which value of the axis is best by the measure, and how the others differ from it."""
    axis = question.axis or ""
    means = {
        value: estimate([measure(run, question.measure) for run in found])
        for value in values_of(study, axis, runs)
        if (found := filter_results(runs, {axis: value}))
    }
    if len(means) < 2:
        return []
    sign = 1 if question.measure in POINTS - {"gap"} else -1
    best = max(means, key=lambda value: sign * means[value].mean)
    statements: list[Statement] = []
    for value in means:
        if value == best:
            continue
        own, other = (filter_results(runs, {axis: x}) for x in (value, best))
        found = difference(question.measure, own, other, axis)
        verb = {1: "is higher", -1: "is lower", 0: "does not differ significantly"}[found.direction]
        change = format_change(found, question.measure)
        text = f"With {study.name(axis, value)} it {verb}, {change}."
        statements.append(Statement(subject, str(value), found.sign, found, text))
    name = question.measure.replace("_", " ")
    level = format_level(means[best], question.measure)
    lead = f"The best {name} is {level}, with {study.name(axis, best)}."
    return [Statement(subject, name, 0, means[best], lead), *statements]


def between(
    study: Study, question: StudyQuestion, results: Sequence[TrialResult]
) -> list[Statement]:
    """State how the second and later values of the axis `by` differ from the first."""
    axis = question.by or ""
    is_level = question.kind == "level"
    measured = "accuracy" if is_level else "gap"
    what = "accuracy" if is_level else "gap between training and validation accuracy"
    values = values_of(study, axis, results)
    statements: list[Statement] = []
    for value in values[1:]:
        own, other = (filter_results(results, {axis: x}) for x in (value, values[0]))
        found = difference(measured, own, other, axis)
        name, first = study.name(axis, value), study.name(axis, values[0])
        change = format_change(found, "accuracy")
        if found.direction:
            verb = "higher" if found.direction > 0 else "lower"
            text = f"For {name} the {what} is {verb} than for {first}, {change}."
        else:
            text = f"For {name} the {what} does not differ significantly from {first}, {change}."
        statements.append(Statement("", f"{name} against {first}", found.sign, found, text))
    return statements


def _trend_summary(
    study: Study, axis: str, subject: str, runs: list[TrialResult], values: list[Value]
) -> Statement:
    """State the effect as a whole: what remains of overfitting, and where accuracy is best."""
    groups = [filter_results(runs, {axis: value}) for value in values]
    labels = [study.label(axis, value) for value in values]
    rises = [validation_loss_rise(group)[0].mean for group in groups]
    accuracies = [float(np.mean([measure(run, "accuracy") for run in group])) for group in groups]
    best = int(np.argmax(accuracies))
    last = difference("accuracy", groups[-1], groups[best], axis)
    shown = ", ".join(f"{rise:+.3f} at {label}" for rise, label in zip(rises, labels, strict=True))
    text = (
        f"As {axis} rises, the change of the validation loss from its minimum to the end is "
        f"{shown}. Accuracy is best at {labels[best]} ({percent(accuracies[best])})"
    )
    if best < len(values) - 1:
        text += f"; at {labels[-1]} it is {_lower(last)}"
    return Statement(subject, f"{axis}: highest against best", last.sign, last, f"{text}.")


def _references(
    study: Study,
    question: StudyQuestion,
    subject: str,
    runs: list[TrialResult],
    values: list[Value],
) -> list[Statement]:
    """Compare the effect of the first step on the loss with values measured elsewhere."""
    axis = question.axis or ""
    first, second = (filter_results(runs, {axis: value}) for value in values[:2])
    here = difference("final_loss", second, first, axis)
    step = study.name(axis, values[1])
    return [
        _reference(subject, step, here, name, reference)
        for name, reference in question.beside.items()
    ]


def _reference(
    subject: str, step: str, here: Estimate, name: str, reference: ReferenceValue
) -> Statement:
    low = None if here.low is None else here.low - reference.value
    high = None if here.high is None else here.high - reference.value
    found = Estimate(here.mean - reference.value, low, high, here.count)
    verb = {
        1: "lowers the loss in the last epoch by less than",
        -1: "lowers the loss in the last epoch by more than",
        0: "changes the loss in the last epoch no differently, as far as these runs show, from",
    }[found.direction]
    text = (
        f"It {verb} on {name}: {step} changes it by {here.mean:+.3f} here, "
        f"{reference.value:+.3f} there ({reference.source})."
    )
    return Statement(subject, f"compared with {name}", found.sign, found, text)


def _effect(change: Estimate, measure: str) -> str:
    if not change.direction:
        return f"does not change significantly, {format_change(change, measure)}"
    return f"{'rises' if change.direction > 0 else 'falls'} by {format_size(change, measure)}"


def _lower(found: Estimate) -> str:
    if found.direction < 0:
        return f"lower by {format_size(found, 'accuracy')}"
    return f"not significantly lower, {format_change(found, 'accuracy')}"
