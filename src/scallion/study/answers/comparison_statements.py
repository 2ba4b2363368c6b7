"""How settings differ: along an axis, from each other, beside what was measured elsewhere."""

from collections.abc import Sequence

import numpy as np

from scallion.study.answers.statements import POINTS, Statement, amount, change, reached
from scallion.study.answers.statistics import Estimate, difference, estimate
from scallion.study.answers.training_statements import validated_rise
from scallion.study.plan import ReferenceValue, Study, StudyQuestion, Value, ValueRange
from scallion.study.results import TrialResult, filter_results, measure
from scallion.text_format import percent


def values_of(study: Study, axis: str, results: Sequence[TrialResult]) -> list[Value]:
    """An axis' values: in the study's order, or by size where they were drawn."""
    values = study.axes.get(axis, [])
    if not isinstance(values, ValueRange):
        return values
    return sorted({result.values[axis] for result in results if axis in result.values})


def trend(
    study: Study, ask: StudyQuestion, subject: str, runs: list[TrialResult]
) -> list[Statement]:
    """What each value of the axis does, against the first, to overfitting and accuracy."""
    axis = ask.axis or ""
    values = [
        value for value in values_of(study, axis, runs) if filter_results(runs, {axis: value})
    ]
    if len(values) < 2:
        return []
    base = filter_results(runs, {axis: values[0]})
    claims: list[Statement] = []
    for value in values[1:]:
        own = filter_results(runs, {axis: value})
        loss = difference("final_loss", own, base, axis)
        right = difference("accuracy", own, base, axis)
        name = f"{axis} {study.label(axis, value)}"
        words = (
            f"With {name}, against {study.label(axis, values[0])}, the loss in the last epoch "
            f"{_verb(loss)} by {amount(loss, 'loss')}, and the best accuracy {_verb(right)} by "
            f"{amount(right, 'accuracy')}."
        )
        claims.append(Statement(subject, f"{name}: final_loss", loss.sign, loss, words))
        claims.append(Statement(subject, f"{name}: accuracy", right.sign, right, ""))
    return [*claims, *_as_it_rises(study, ask, subject, runs, values)]


def _as_it_rises(
    study: Study, ask: StudyQuestion, subject: str, runs: list[TrialResult], values: list[Value]
) -> list[Statement]:
    """The effect as a whole: what is left of overfitting, and where accuracy is best."""
    axis = ask.axis or ""
    rises = [validated_rise(filter_results(runs, {axis: value}))[0].mean for value in values]
    right = [
        float(np.mean([measure(run, "accuracy") for run in filter_results(runs, {axis: value})]))
        for value in values
    ]
    top = int(np.argmax(right))
    last = difference(
        "accuracy",
        filter_results(runs, {axis: values[-1]}),
        filter_results(runs, {axis: values[top]}),
        axis,
    )
    shown = ", ".join(
        f"{rise:+.3f} at {study.label(axis, value)}"
        for rise, value in zip(rises, values, strict=True)
    )
    words = (
        f"As {axis} rises, the change of the validation loss from its best epoch to the end is "
        f"{shown}. Accuracy is best at {study.label(axis, values[top])} ({percent(right[top])})"
    )
    if top < len(values) - 1:
        words += f"; at {study.label(axis, values[-1])} it is {_below(last)}"
    claims = [Statement(subject, f"{axis}: highest against best", last.sign, last, f"{words}.")]
    for name, beside in ask.beside.items():
        first = difference(
            "final_loss",
            filter_results(runs, {axis: values[1]}),
            filter_results(runs, {axis: values[0]}),
            axis,
        )
        step = f"{axis} {study.label(axis, values[1])}"
        claims.append(_against(subject, step, first, name, beside))
    return claims


def _against(
    subject: str, step: str, here: Estimate, name: str, beside: ReferenceValue
) -> Statement:
    """What a step does to the loss here, against what it was measured to do elsewhere."""
    low = None if here.low is None else here.low - beside.value
    high = None if here.high is None else here.high - beside.value
    off = Estimate(here.mean - beside.value, low, high, here.count)
    words = {
        1: "lowers the loss in the last epoch by less than",
        -1: "lowers the loss in the last epoch by more than",
        0: "changes the loss in the last epoch, as far as can be told, as",
    }[off.said]
    return Statement(
        subject,
        f"severity beside {name}",
        off.sign,
        off,
        f"It {words} on {name}: {step} makes {here.mean:+.3f} here, {beside.value:+.3f} there "
        f"({beside.source}).",
    )


def compare(
    study: Study, ask: StudyQuestion, subject: str, runs: list[TrialResult]
) -> list[Statement]:
    """Which value of the axis is best by the measure, and whether the others are behind."""
    axis = ask.axis or ""
    means = {
        value: estimate([measure(run, ask.measure) for run in found])
        for value in values_of(study, axis, runs)
        if (found := filter_results(runs, {axis: value}))
    }
    if len(means) < 2:
        return []
    sign = 1 if ask.measure in POINTS - {"gap"} else -1
    best = max(means, key=lambda value: sign * means[value].mean)
    claims: list[Statement] = []
    for value in means:
        if value == best:
            continue
        off = difference(
            ask.measure,
            filter_results(runs, {axis: value}),
            filter_results(runs, {axis: best}),
            axis,
        )
        verb = {1: "is higher", -1: "is lower", 0: "cannot be told apart"}[off.said]
        words = f"With {axis} {study.label(axis, value)} it {verb}, {change(off, ask.measure)}."
        claims.append(Statement(subject, str(value), off.sign, off, words))
    name = ask.measure.replace("_", " ")
    shown = reached(means[best], ask.measure)
    lead = f"The best {name}, {shown}, has {axis} {study.label(axis, best)}."
    return [Statement(subject, name, 0, means[best], lead), *claims]


def between(study: Study, ask: StudyQuestion, results: Sequence[TrialResult]) -> list[Statement]:
    """How the second and later values of `by` differ from the first."""
    axis = ask.by or ""
    name = "accuracy" if ask.kind == "level" else "gap"
    found = [
        value for value in values_of(study, axis, results) if filter_results(results, {axis: value})
    ]
    claims: list[Statement] = []
    for value in found[1:]:
        off = difference(
            name,
            filter_results(results, {axis: value}),
            filter_results(results, {axis: found[0]}),
            axis,
        )
        first, own = study.label(axis, found[0]), study.label(axis, value)
        what = "accuracy" if name == "accuracy" else "gap between training and validation accuracy"
        verb = {1: "higher", -1: "lower", 0: "not to be told from that"}[off.said]
        than = f" than on {first}" if off.said else f" on {first}"
        words = f"On {own} the {what} is {verb}{than}, {change(off, 'accuracy')}."
        claims.append(Statement("", f"{own} against {first}", off.sign, off, words))
    return claims


def _verb(change: Estimate) -> str:
    if change.said:
        return "rises" if change.said > 0 else "falls"
    return "changes, if at all,"


def _below(found: Estimate) -> str:
    if found.said < 0:
        return f"lower by {amount(found, 'accuracy')}"
    return f"not surely lower, {change(found, 'accuracy')}"
