"""Comparison with baselines: always predicting the largest class, and a linear model."""

from math import log, sqrt
from typing import Any

import numpy as np

from scallion.finding_rules import Detection, FindingRule
from scallion.insight.findings.training_curves import WINDOW, TrainingCurves
from scallion.insight.metrics.intervals import SIGNIFICANT, wilson_interval
from scallion.text_format import percent

_FEW = 30  # validation images, below which chance level cannot be established


def _too_few_images(correct: int, images: int, largest_class: int) -> Detection | None:
    if images >= _FEW or not _is_at_chance(correct, images, largest_class):
        return None
    return Detection(
        f"{images:,} validation images are too few to show whether it is better than guessing: "
        f"{_scores(correct, images, largest_class)}.",
        _evidence(correct, images, largest_class),
        "keep more images for validation",
    )


def _labels_unrelated(
    correct: int, images: int, largest_class: int, curves: TrainingCurves
) -> Detection | None:
    if images < _FEW or not _is_at_chance(correct, images, largest_class):
        return None
    high = wilson_interval(correct, images, confidence=0.99).high
    if not _learns_training_images(curves, largest_class / images, high):
        return None
    return Detection(
        "The labels do not seem to belong to the images: it memorises its training images, but "
        f"{_scores(correct, images, largest_class)}.",
        _evidence(correct, images, largest_class),
        "check that images and labels are in the same order (shuffled together?), and inspect "
        "twenty images with their labels",
    )


def _guessing(correct: int, images: int, largest_class: int) -> Detection | None:
    if images < _FEW or not _is_at_chance(correct, images, largest_class):
        return None
    return Detection(
        f"It is no better than guessing: {_scores(correct, images, largest_class)}.",
        _evidence(correct, images, largest_class),
        "a learning rate ten times lower, then ten times higher; check that pixels lie between "
        "0 and 1 and that the labels belong to their images",
    )


def _worse_than_linear(correct: int, linear_correct: int, images: int) -> Detection | None:
    lead, error = _lead(correct, linear_correct, images)
    if lead >= -SIGNIFICANT * error:
        return None
    return Detection(
        f"A linear model on the pixels is better: {_comparison(correct, linear_correct, images)}.",
        _lead_evidence(correct, linear_correct, images),
        "something limits the network: the learning rate, too few epochs, or too few filters; "
        "until then the linear model is the better choice",
    )


def _no_better_than_linear(correct: int, linear_correct: int, images: int) -> Detection | None:
    lead, error = _lead(correct, linear_correct, images)
    if not -SIGNIFICANT * error <= lead <= 2 * error:
        return None
    return Detection(
        "These images cannot show that it is better than a linear model on the pixels: "
        f"{_comparison(correct, linear_correct, images)}.",
        _lead_evidence(correct, linear_correct, images),
        "more validation images would decide it; if it stays so, the simpler model is enough",
    )


def _is_at_chance(correct: int, images: int, largest_class: int) -> bool:
    """Return whether the 99 % interval of the accuracy includes that of the largest class."""
    return wilson_interval(correct, images, confidence=0.99).low <= largest_class / images


def _scores(correct: int, images: int, largest_class: int) -> str:
    return (
        f"{percent(correct / images)} of {images:,} validation images are classified correctly, "
        f"and always predicting the most frequent class would reach "
        f"{percent(largest_class / images)}"
    )


def _evidence(correct: int, images: int, largest_class: int) -> dict[str, Any]:
    return {
        "correct": correct,
        "images": images,
        "interval": list(wilson_interval(correct, images, confidence=0.99)),
        "largest_class": largest_class / images,
    }


def _learns_training_images(curves: TrainingCurves, majority_accuracy: float, high: float) -> bool:
    """Return whether training accuracy ends clearly above guessing, while its loss falls.

    It must be above `high`, too: what chance allows the validation accuracy to be.
    """
    if curves.accuracy is None or curves.epochs < WINDOW:
        return False
    reached = float(curves.accuracy[-WINDOW:].mean())
    start, end = float(curves.loss[0]), float(curves.loss[-1])
    falls = np.isfinite(end) and end < start - 0.01 * abs(log(majority_accuracy))
    return bool(reached > max(majority_accuracy + 0.03, high) and falls)


def _lead(correct: int, linear_correct: int, images: int) -> tuple[float, float]:
    """Return the lead over the linear model's accuracy, and its standard error."""
    own, linear = correct / images, linear_correct / images
    return own - linear, sqrt((own * (1 - own) + linear * (1 - linear)) / images)


def _comparison(correct: int, linear_correct: int, images: int) -> str:
    return (
        f"{percent(correct / images)} of {images:,} validation images, "
        f"{percent(linear_correct / images)} for the linear model"
    )


def _lead_evidence(correct: int, linear_correct: int, images: int) -> dict[str, Any]:
    return {
        "correct": correct,
        "linear": linear_correct,
        "images": images,
        "standard_error": _lead(correct, linear_correct, images)[1],
    }


_CHANCE = ("correct", "images", "largest_class")
_LINEAR = ("correct", "linear_correct", "images")

TOO_FEW_IMAGES = FindingRule("inconclusive", "info", _too_few_images, needs=_CHANCE)
LABELS_UNRELATED = FindingRule(
    "labels-unrelated",
    "error",
    _labels_unrelated,
    needs=(*_CHANCE, "curves"),
    suppresses=("guessing", "learning-rate-too-high", "learning-rate-too-low"),
)
GUESSING = FindingRule("guessing", "error", _guessing, needs=_CHANCE)
WORSE_THAN_LINEAR = FindingRule("worse-than-linear", "warning", _worse_than_linear, needs=_LINEAR)
NO_BETTER_THAN_LINEAR = FindingRule(
    "no-better-than-linear", "info", _no_better_than_linear, needs=_LINEAR
)
