"""What is wrong with a training, and what is not: its findings, the weightiest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from scallion.findings import Finding, worst_first
from scallion.insight.findings import (
    baselines,
    calibration,
    data_quality,
    dead_units,
    gradients,
    learning_rate,
    overfitting,
)
from scallion.insight.findings.dead_units import DeadUnits
from scallion.insight.findings.gradients import RelativeGradient
from scallion.insight.findings.learning_curves import LearningCurves, course
from scallion.insight.metrics.calibration import CalibrationCurve, calibration_curve
from scallion.insight.metrics.confusion import confusion_matrix
from scallion.insight.metrics.intervals import wilson_interval
from scallion.insight.metrics.predictions import Predictions
from scallion.text_format import percent, plural


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """What is known of a run besides its curves; what is None was not looked at.

    `correct` of `images` validation images are classified correctly, `linear_correct` by a linear
    model on the pixels; the largest class has `largest_class` of them. `class_counts` are training images.
    `duplicates` are validation images that are training images too.
    """

    classes: int | None = None
    images: int | None = None
    correct: int | None = None
    linear_correct: int | None = None
    largest_class: int | None = None
    class_counts: Sequence[int] | None = None
    class_names: Sequence[str] | None = None
    calibration: CalibrationCurve | None = None
    dead_units: Sequence[DeadUnits] = ()
    gradients: Sequence[RelativeGradient] = ()
    duplicates: int | None = None
    non_finite_layer: str | None = None

    @property
    def guess(self) -> float | None:
        """The accuracy of always naming the largest class."""
        if self.largest_class is not None and self.images:
            return self.largest_class / self.images
        return None if self.classes is None else 1 / self.classes

    @property
    def chance(self) -> float | None:
        """The loss of guessing: log of the number of classes."""
        return None if self.classes is None else log(self.classes)


def measurements_of(answers: Predictions, **others: Any) -> Measurements:
    """The facts that validation labels and probabilities hold, with those given besides."""
    matrix = confusion_matrix(answers.labels, answers.predicted, answers.classes)
    return Measurements(
        classes=answers.classes,
        images=answers.count,
        correct=int(matrix.trace()),
        largest_class=int(matrix.sum(axis=1).max()),
        calibration=calibration_curve(answers),
        **others,
    )


def diagnose(
    history: Any,
    facts: Measurements | None = None,
    *,
    labels: ArrayLike | None = None,
    probabilities: ArrayLike | None = None,
) -> list[Finding]:
    """All findings about a training, the weightiest first; never empty.

    `history` is what `fit` returned, or a dict of lists. `labels` (n,) and `probabilities`
    (n, classes) are those of the validation images; `facts` tells more, where more is known. What
    was not measured is not judged. Raises ArgumentError, DataError.

    >>> diagnose({"loss": [0.9, float("nan")]})[0].sentence
    'It diverged: the loss is no longer a number in epoch 2.'
    """
    if facts is None:
        if labels is not None and probabilities is not None:
            from scallion.insight.metrics.predictions import as_predictions

            facts = measurements_of(as_predictions(labels, probabilities))
        else:
            facts = Measurements()
    curves = course(history)
    found = [*_of_data(facts), *_of_training(curves, facts)]
    if not any(finding.severity != "info" for finding in found):
        found.append(_healthy(curves, facts))
    return worst_first(found)


def at_least(findings: Sequence[Finding], severity: str) -> list[Finding]:
    """The findings that are as bad as `severity`, or worse."""
    from scallion.findings import SEVERITIES

    least = SEVERITIES.index(severity)  # type: ignore[arg-type]
    return [one for one in findings if SEVERITIES.index(one.severity) >= least]


def _of_data(facts: Measurements) -> Iterator[Finding]:
    if facts.duplicates is not None and facts.images:
        yield from _some(data_quality.copies_across_splits(facts.duplicates, facts.images))
    if facts.class_counts is not None:
        names = list(facts.class_names) if facts.class_names is not None else None
        yield from _some(data_quality.imbalance(list(facts.class_counts), names))
    if facts.correct is not None and facts.images:
        yield from _some(data_quality.too_few_to_tell(facts.correct, facts.images))


def _of_training(curves: LearningCurves, facts: Measurements) -> Iterator[Finding]:
    """What training did wrong. A cause that is found keeps its consequences from being named."""
    if broken := learning_rate.diverged(curves, facts.non_finite_layer):
        yield broken
        return
    causes = list(_guessing(curves, facts))
    if not any(finding.code == "labels-unrelated" for finding in causes):
        causes = [*_rates(curves, facts), *causes]
    yield from causes
    if all(layer.dead < layer.units for layer in facts.dead_units):  # else nothing can pass
        yield from _some(gradients.gradient_finding(facts.gradients))
    if any(finding.severity != "info" for finding in causes):
        return
    yield from _some(dead_units.dead_units_finding(facts.dead_units))
    yield from _fit(curves, facts)
    if facts.calibration is not None:
        yield from _some(calibration.miscalibration(facts.calibration))


def _rates(curves: LearningCurves, facts: Measurements) -> Iterator[Finding]:
    high = learning_rate.too_high(curves, facts.chance, facts.dead_units)
    if high is not None:
        yield high
    elif facts.chance is not None and not overfitting.is_restrained(curves):
        yield from _some(learning_rate.too_low(curves, facts.chance))


def _guessing(curves: LearningCurves, facts: Measurements) -> Iterator[Finding]:
    if facts.correct is not None and facts.images and facts.largest_class is not None:
        yield from _some(
            baselines.guessing(facts.correct, facts.images, facts.largest_class, curves)
        )


def _fit(curves: LearningCurves, facts: Measurements) -> Iterator[Finding]:
    over = overfitting.overfitting(curves)
    under = _underfitting(curves, facts)
    yield from _some(over)
    yield from _some(under)
    if (
        under is None
        and facts.correct is not None
        and facts.linear_correct is not None
        and facts.images
    ):
        yield from _some(
            baselines.worse_than_linear(facts.correct, facts.linear_correct, facts.images)
        )
    if over is None:
        yield from _some(overfitting.still_improving(curves))


def _underfitting(curves: LearningCurves, facts: Measurements) -> Finding | None:
    if facts.guess is None:
        return None
    rival = None
    if facts.linear_correct is not None and facts.images:
        rival = facts.linear_correct / facts.images
    return overfitting.underfitting(curves, facts.guess, rival=rival, images=facts.images)


def _healthy(curves: LearningCurves, facts: Measurements) -> Finding:
    """The verdict where nothing is wrong, or where it cannot be told."""
    if curves.val_loss is None:
        return Finding(
            "cannot-tell",
            "info",
            "Whether it overfits cannot be told: no validation images were kept.",
            {"epochs": curves.count},
            "keep some: validation_split=0.1 in fit",
        )
    if curves.count < overfitting.LEAST:
        return Finding(
            "cannot-tell",
            "info",
            f"Whether it overfits cannot be told yet: {plural(curves.count, 'epoch')} "
            f"{'is' if curves.count == 1 else 'are'} too few for a trend.",
            {"epochs": curves.count},
            f"at least {overfitting.LEAST} epochs: --epochs {2 * overfitting.LEAST}",
        )
    return Finding(
        "healthy",
        "info",
        f"No fault seen in training: no overfitting in {plural(curves.count, 'epoch')}"
        f"{_standing(curves, facts)}.",
        {"epochs": curves.count},
    )


def _standing(curves: LearningCurves, facts: Measurements) -> str:
    parts: list[str] = []
    if facts.correct is not None and facts.images:
        low, high = wilson_interval(facts.correct, facts.images)
        parts.append(
            f"{percent(facts.correct / facts.images)} of the validation images right "
            f"(95 % interval {percent(low)[:-2]} to {percent(high)})"
        )
    if curves.accuracy is not None and curves.val_accuracy is not None:
        gap = 100 * float(np.mean((curves.accuracy - curves.val_accuracy)[-3:]))
        if gap > 0.05:
            parts.append(f"{gap:.1f} points fewer than in training")
    return ", " + ", ".join(parts) if parts else ""


def _some(finding: Finding | None) -> list[Finding]:
    return [] if finding is None else [finding]
