"""How training went: accuracy, precision and recall, overfitting; over the seeds of one setting."""

from collections.abc import Sequence

import numpy as np

from scallion.study.answers.statements import Statement, amount, change, reached
from scallion.study.answers.statistics import Estimate, estimate
from scallion.study.results import TrialResult, measure
from scallion.text_format import percent

WINDOW = 3  # epochs that are averaged, so that one jump is no trend


def level(subject: str, runs: list[TrialResult]) -> list[Statement]:
    """Where accuracy begins, what it reaches, and whether it still moves at the end."""
    best = estimate([measure(run, "accuracy") for run in runs])
    first = float(np.mean([run.column("val_accuracy")[0] for run in runs]))
    own = float(np.mean([run.column("accuracy")[-1] for run in runs]))
    words = (
        f"Of the validation images {percent(first)} are right after the first epoch and, at best, "
        f"{reached(best, 'accuracy')}; of the training images "
        f"{percent(own)} in the last epoch."
    )
    late = estimate([_late(run, "val_accuracy") for run in runs])
    course = {
        1: "It still rises in the second half",
        -1: "It falls in the second half",
        0: "In the second half it stays about level",
    }[late.said]
    return [
        Statement(subject, "accuracy", 0, best, words),
        Statement(
            subject, "late accuracy", late.sign, late, f"{course}, {change(late, 'accuracy')}."
        ),
    ]


def _late(run: TrialResult, column: str) -> float:
    """How a column changes from the middle of the training to its end."""
    values = run.column(column)
    middle = len(values) // 2
    return float(values[-WINDOW:].mean() - values[max(0, middle - 1) : middle + 2].mean())


def agreement(subject: str, runs: list[TrialResult]) -> list[Statement]:
    """How precision and recall go with accuracy, and which of them is higher."""
    if any(f"val_{name}" not in run.history for run in runs for name in ("precision", "recall")):
        nothing = Estimate(float("nan"), None, None, 0)
        words = 'Precision and recall were not measured: measures = ["precision", "recall"].'
        return [Statement(subject, "precision", 0, nothing, words)]
    precision, recall = ([measure(run, name) for run in runs] for name in ("precision", "recall"))
    accuracy = [measure(run, "final_accuracy") for run in runs]
    apart = estimate([p - r for p, r in zip(precision, recall, strict=True)])
    words = {
        1: "Precision is higher than recall",
        -1: "Precision is lower than recall",
        0: "Precision and recall cannot be told apart",
    }[apart.said]
    means = [float(np.mean(values)) for values in (precision, recall, accuracy)]
    off = max(abs(means[0] - means[2]), abs(means[1] - means[2]))
    follow = "both follow accuracy" if off <= 0.02 else "they do not follow accuracy"
    first = estimate([_rises(run, "val_precision") for run in runs])
    second = estimate([_rises(run, "val_recall") for run in runs])
    return [
        Statement(
            subject,
            "precision minus recall",
            apart.sign,
            apart,
            f"In the last epoch precision is {percent(means[0])}, recall {percent(means[1])}, "
            f"accuracy {percent(means[2])}: {follow} ({100 * off:.1f} points apart at most). "
            f"{words}{_by(apart, 'accuracy')}.",
        ),
        Statement(
            subject, "precision over the epochs", first.sign, first, _course("precision", first)
        ),
        Statement(
            subject, "recall over the epochs", second.sign, second, _course("recall", second)
        ),
    ]


def _rises(run: TrialResult, column: str) -> float:
    values = run.column(column)
    return float(values[-1] - values[0])


def _course(name: str, change: Estimate) -> str:
    verb = {1: "rises", -1: "falls", 0: "changes"}[change.said]
    return f"From the first epoch to the last {name} {verb} by {amount(change, 'accuracy')}."


def overfitting(subject: str, runs: list[TrialResult]) -> list[Statement]:
    """Whether the loss on unseen images rises again while that on the known ones falls."""
    rise, epoch = validated_rise(runs)
    gap = estimate([measure(run, "gap") for run in runs])
    best = float(np.mean([run.column("val_loss").min() for run in runs]))
    end = f"from its best, near epoch {epoch}, to the end"
    if rise.sign > 0:
        share = rise.mean / best if best > 0 else 0.0
        how = "strongly" if share > 0.5 else "clearly" if share > 0.15 else "a little"
        words = (
            f"It overfits, {how}: the validation loss rises {end} by {amount(rise, 'loss')}, "
            f"{100 * share:.0f} % of its best."
        )
    elif rise.sign < 0:
        words = (
            "It does not overfit so far: the validation loss still falls at the end, by "
            f"{amount(rise, 'loss')} in the last epochs."
        )
    elif rise.count < 2:
        words = (
            f"The validation loss changes {end} by {rise.mean:+.3f}; one run cannot tell whether "
            "that is chance."
        )
    else:
        words = (
            f"That it overfits cannot be seen: the validation loss changes {end} by "
            f"{amount(rise, 'loss')}."
        )
    wide = {
        1: "the network is better on the images it learns from",
        -1: "the network is worse on the images it learns from",
        0: "the network may be as good on the images it learns from",
    }[gap.said]
    return [
        Statement(subject, "overfitting", rise.sign, rise, words),
        Statement(subject, "gap", gap.sign, gap, f"In the last epoch {wide}{_by(gap, 'gap')}."),
    ]


def validated_rise(runs: Sequence[TrialResult]) -> tuple[Estimate, int]:
    """How the validation loss changes from the best epoch to the end, and that epoch, from 1.

    The best epoch is that of the mean over the runs, and three epochs are averaged at both ends,
    so that the best of many noisy numbers is not taken for a dip. Where the best is among the last
    three, it is the change over those.
    """
    columns = [run.column("val_loss") for run in runs]
    shared = min(map(len, columns))
    epoch = int(np.argmin(np.mean([column[:shared] for column in columns], axis=0)))
    if epoch >= shared - WINDOW:
        start = max(0, shared - 1 - WINDOW)
        rises = [column[shared - 1] - column[start] for column in columns]
    else:
        low, high = max(0, epoch - 1), epoch + 2
        rises = [column[:shared][-WINDOW:].mean() - column[low:high].mean() for column in columns]
    return estimate([float(rise) for rise in rises]), epoch + 1


def _by(found: Estimate, name: str) -> str:
    """The amount of a difference that is said, or the difference that cannot be."""
    return f", by {amount(found, name)}" if found.said else f": {change(found, name)}"
