"""Underfitting, and training that stopped while the loss was still falling."""

from scallion.finding_rules import Detection, FindingRule
from scallion.insight.findings.training_curves import (
    MIN_EPOCHS,
    WINDOW,
    Curve,
    TrainingCurves,
    moving_average,
    standard_error,
)
from scallion.insight.metrics.intervals import SIGNIFICANT
from scallion.text_format import percent, three_digits

_AHEAD = 0.1  # of accuracy, training above validation: what memorises that much is not too small
_HALTED = 0.05  # of the loss in the last third of the epochs: less gain is none
_RESTRAINED = 0.15  # of accuracy, training below validation
_GAIN = 0.02  # of the loss: progress that is worth more epochs


def is_restrained(curves: TrainingCurves, images: int | None = None) -> bool:
    """Return whether dropout or the like keeps training accuracy far below validation accuracy.

    With few validation `images` the gap must be larger than chance makes it.
    """
    gap = curves.accuracy_gap
    chance = SIGNIFICANT * 0.5 / images**0.5 if images else 0.0
    return gap is not None and gap < -max(_RESTRAINED, chance)


def _underfitting(
    curves: TrainingCurves,
    accuracy: Curve,
    majority_accuracy: float,
    linear_correct: int | None,
    images: int | None,
) -> Detection | None:
    """Detect a model that has stopped learning, with training no better than validation.

    It underfits where a linear model is clearly better, or where it has learned less than half of
    the way from guessing to perfect.
    """
    if curves.epochs < MIN_EPOCHS:
        return None
    learned = float(accuracy[-WINDOW:].mean())
    validation = curves.val_accuracy
    reached = learned if validation is None else float(validation[-WINDOW:].mean())
    skill = (learned - majority_accuracy) / (1 - majority_accuracy) if majority_accuracy < 1 else 1
    if learned - reached > _AHEAD or skill <= 0:
        return None
    linear = linear_correct / images if linear_correct is not None and images else None
    below = linear is not None and images is not None and _clearly_below(reached, linear, images)
    halted = _relative_gain(curves.loss) < _HALTED
    if not (below or (halted and skill < 0.5) or is_restrained(curves, images)):
        return None
    than = (
        f", less than a linear model on the pixels ({percent(linear)})" if below and linear else ""
    )
    return Detection(
        f"It underfits: the accuracy is only {percent(learned)} even on training images, and "
        f"{percent(reached)} on validation images{than}. "
        "The network is too small or too strongly regularised for these images.",
        {
            "accuracy": learned,
            "val_accuracy": reached,
            "majority": majority_accuracy,
            "linear": linear,
        },
        "more filters or one more convolution, less dropout, smaller strides or fewer pooling "
        "layers; if it was still improving, more epochs",
    )


def _still_improving(curves: TrainingCurves) -> Detection | None:
    curve = curves.loss if curves.val_loss is None else curves.val_loss
    if curves.epochs < MIN_EPOCHS:
        return None
    means = moving_average(curve)
    gain, error = float(means[-3] - means[-1]), standard_error(curve)
    if gain <= max(SIGNIFICANT * error, _GAIN * means[-3]):
        return None
    kind = "validation" if curves.val_loss is not None else "training"
    epochs = 2 * curves.epochs
    return Detection(
        f"It was still improving when it stopped: in the last two epochs the {kind} loss fell by "
        f"another {percent(gain / float(means[-3]))}, to {three_digits(means[-1])}.",
        {"gain": gain, "relative_gain": gain / float(means[-3]), "standard_error": error},
        f"train longer: --epochs {epochs} (epochs={epochs} in fit)",
    )


def _relative_gain(curve: Curve) -> float:
    """Return the fraction by which the moving average fell over the last third of the epochs."""
    means = moving_average(curve)
    before = float(means[-1 - max(2, len(means) // 3)])
    return (before - float(means[-1])) / before if before > 0 else 0.0


def _clearly_below(accuracy: float, other: float, images: int) -> bool:
    """Return whether one accuracy on `images` is three standard errors below another."""
    error = ((accuracy * (1 - accuracy) + other * (1 - other)) / images) ** 0.5
    return other - accuracy > SIGNIFICANT * error


UNDERFITTING = FindingRule(
    "underfitting",
    "warning",
    _underfitting,
    needs=("curves", "accuracy", "majority_accuracy"),
    optional=("linear_correct", "images"),
    suppresses=("worse-than-linear", "no-better-than-linear"),
)
STILL_IMPROVING = FindingRule("still-improving", "info", _still_improving, needs=("curves",))
