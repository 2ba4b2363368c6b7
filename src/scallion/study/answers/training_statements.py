"""Statements about how training went: accuracy, precision and recall, overfitting."""

from collections.abc import Sequence

import numpy as np

from scallion.study.answers.statements import (
    Statement,
    format_change,
    format_level,
    format_size,
)
from scallion.study.answers.statistics import Estimate, estimate
from scallion.study.results import TrialResult, measure
from scallion.text_format import percent

_WINDOW = 3  # epochs that are averaged, so that a single jump does not look like a trend
_FOLLOWS = 0.02  # largest difference from the accuracy at which precision and recall follow it


def level(subject: str, runs: list[TrialResult]) -> list[Statement]:
    """State where accuracy begins, what it reaches, and how it changes in the second half."""
    best = estimate([measure(run, "accuracy") for run in runs])
    first = float(np.mean([run.column("val_accuracy")[0] for run in runs]))
    training = float(np.mean([run.column("accuracy")[-1] for run in runs]))
    text = (
        f"The validation accuracy is {percent(first)} after the first epoch and, at best, "
        f"{format_level(best, 'accuracy')}; the training accuracy is {percent(training)} in the "
        "last epoch."
    )
    late = estimate([_second_half_change(run, "val_accuracy") for run in runs])
    trend = {
        1: "It still rises in the second half",
        -1: "It falls in the second half",
        0: "In the second half it stays about level",
    }[late.direction]
    late_text = f"{trend}, {format_change(late, 'accuracy')}."
    return [
        Statement(subject, "accuracy", 0, best, text),
        Statement(subject, "late accuracy", late.sign, late, late_text),
    ]


def agreement(subject: str, runs: list[TrialResult]) -> list[Statement]:
    """State how precision and recall relate to accuracy, and which of them is higher."""
    if any(f"val_{name}" not in run.history for run in runs for name in ("precision", "recall")):
        nothing = Estimate(float("nan"), None, None, 0)
        text = 'Precision and recall were not measured: measures = ["precision", "recall"].'
        return [Statement(subject, "precision", 0, nothing, text)]
    precision, recall, accuracy = (
        [measure(run, name) for run in runs] for name in ("precision", "recall", "final_accuracy")
    )
    difference = estimate([p - r for p, r in zip(precision, recall, strict=True)])
    verdict = {
        1: "Precision is higher than recall",
        -1: "Precision is lower than recall",
        0: "Precision and recall do not differ significantly",
    }[difference.direction]
    means = [float(np.mean(values)) for values in (precision, recall, accuracy)]
    distance = max(abs(means[0] - means[2]), abs(means[1] - means[2]))
    follow = "both follow accuracy" if distance <= _FOLLOWS else "they do not follow accuracy"
    text = (
        f"In the last epoch precision is {percent(means[0])}, recall {percent(means[1])}, "
        f"accuracy {percent(means[2])}: {follow} (at most {100 * distance:.1f} points apart). "
        f"{verdict}{_by(difference, 'accuracy')}."
    )
    statements = [Statement(subject, "precision minus recall", difference.sign, difference, text)]
    for name in ("precision", "recall"):
        change = estimate([_total_change(run, f"val_{name}") for run in runs])
        verb = {1: "rises", -1: "falls", 0: "changes"}[change.direction]
        text = (
            f"From the first epoch to the last {name} {verb} by {format_size(change, 'accuracy')}."
        )
        statements.append(Statement(subject, f"{name} over the epochs", change.sign, change, text))
    return statements


def overfitting(subject: str, runs: list[TrialResult]) -> list[Statement]:
    """State whether the validation loss rises again while the training accuracy grows."""
    rise, epoch = validation_loss_rise(runs)
    gap = estimate([measure(run, "gap") for run in runs])
    gap_text = {
        1: "the training accuracy is higher than the validation accuracy",
        -1: "the training accuracy is lower than the validation accuracy",
        0: "training and validation accuracy do not differ significantly",
    }[gap.direction]
    return [
        Statement(subject, "overfitting", rise.sign, rise, _overfitting_text(rise, epoch, runs)),
        Statement(subject, "gap", gap.sign, gap, f"In the last epoch {gap_text}{_by(gap, 'gap')}."),
    ]


def validation_loss_rise(runs: Sequence[TrialResult]) -> tuple[Estimate, int]:
    """Return the change of the validation loss from its best epoch to the end, and that epoch.

    Epochs count from 1. The best epoch is that of the mean over the runs, and three epochs are
    averaged at both ends, so that the lowest of many noisy values does not count as a minimum. If
    the best epoch is among the last three, it is the change over those.
    """
    columns = [run.column("val_loss") for run in runs]
    shared = min(map(len, columns))
    best = int(np.argmin(np.mean([column[:shared] for column in columns], axis=0)))
    if best >= shared - _WINDOW:
        start = max(0, shared - 1 - _WINDOW)
        rises = [column[shared - 1] - column[start] for column in columns]
    else:
        low, high = max(0, best - 1), best + 2
        rises = [column[:shared][-_WINDOW:].mean() - column[low:high].mean() for column in columns]
    return estimate([float(rise) for rise in rises]), best + 1


def _overfitting_text(rise: Estimate, epoch: int, runs: Sequence[TrialResult]) -> str:
    to_the_end = f"from its minimum, near epoch {epoch}, to the end"
    if rise.sign > 0:
        best = float(np.mean([run.column("val_loss").min() for run in runs]))
        fraction = rise.mean / best if best > 0 else 0.0
        strength = "strongly" if fraction > 0.5 else "clearly" if fraction > 0.15 else "slightly"
        return (
            f"It overfits {strength}: the validation loss rises {to_the_end} by "
            f"{format_size(rise, 'loss')}, {100 * fraction:.0f} % of the minimum."
        )
    if rise.sign < 0:
        return (
            "It does not overfit so far: the validation loss still falls at the end, by "
            f"{format_size(rise, 'loss')} in the last epochs."
        )
    if rise.count < 2:
        return (
            f"The validation loss changes {to_the_end} by {rise.mean:+.3f}; one run cannot show "
            "whether that is chance."
        )
    return (
        f"Overfitting cannot be shown: the validation loss changes {to_the_end} by "
        f"{format_size(rise, 'loss')}."
    )


def _second_half_change(run: TrialResult, column: str) -> float:
    """Return how a column changes from the middle of the training to its end."""
    values = run.column(column)
    middle = len(values) // 2
    return float(values[-_WINDOW:].mean() - values[max(0, middle - 1) : middle + 2].mean())


def _total_change(run: TrialResult, column: str) -> float:
    values = run.column(column)
    return float(values[-1] - values[0])


def _by(found: Estimate, name: str) -> str:
    """Format a difference after a text that states its direction, or that there is none."""
    if found.direction:
        return f", by {format_size(found, name)}"
    return f": {format_change(found, name)}"
