"""Overfitting, from the learning curves alone."""

from scallion.finding_rules import Detection, FindingRule
from scallion.insight.findings.training_curves import (
    MIN_EPOCHS,
    WINDOW,
    Curve,
    TrainingCurves,
    lowest_epoch,
    moving_average,
    standard_error,
)
from scallion.insight.metrics.intervals import SIGNIFICANT
from scallion.text_format import plural, three_digits

_RISE = 0.10  # of the lowest loss: what deserves a warning
_SLIGHT = 0.03
_GAP = 0.05  # of accuracy, training above validation
_FOLLOWS = 0.2  # of the gain in training: less, and validation no longer follows
_LEAD = 0.2  # of validation loss: how far training loss is below it


def _overfitting(curves: TrainingCurves, val_loss: Curve) -> Detection | None:
    """Detect that validation loss rises or stagnates while training loss falls.

    The epoch is the middle of the three whose mean validation loss is lowest. It is a warning where
    the mean of the last three is a tenth above that and above noise, or where validation loss no
    longer follows training loss and the accuracies are five points or more apart.
    """
    if curves.epochs < MIN_EPOCHS:
        return None
    validation, training = moving_average(val_loss), moving_average(curves.loss)
    lowest = lowest_epoch(val_loss)
    at = lowest - WINDOW // 2
    rise, error = float(validation[-1] - validation[at]), standard_error(val_loss)
    falls = training[-1] < training[at]
    risen = falls and rise > max(SIGNIFICANT * error, _SLIGHT * validation[at])
    apart = _has_come_apart(curves.accuracy_gap, validation, training)
    if not (risen or apart):
        return None
    strong = apart or rise >= _RISE * validation[at]
    epoch = curves.epoch_number(lowest)
    if at == len(validation) - 1:  # no rise yet, so the recent gains decide
        sentence = _stagnation(validation, training)
    else:
        sentence = _rise(epoch, validation, training, at, risen=bool(risen), strong=bool(strong))
    return Detection(
        sentence + _accuracies(curves.accuracy_gap),
        {
            "epoch": epoch,
            "lowest_val_loss": float(validation[at]),
            "last_val_loss": float(validation[-1]),
            "rise": rise,
            "standard_error": error,
            "last_loss": float(training[-1]),
            "gap": float(validation[-1] - training[-1]),
            "accuracy_gap": curves.accuracy_gap,
        },
        f"stop after about {plural(epoch, 'epoch')}; more images, or Dropout(0.2) to Dropout(0.5) "
        "before the dense layers, delay overfitting",
        "warning" if strong else "info",
    )


def _has_come_apart(gap: float | None, validation: Curve, training: Curve) -> bool:
    """Return whether validation loss no longer follows training loss, and both are far apart."""
    if gap is None or gap < _GAP:
        return False
    recent = _recent(len(validation))
    if len(validation) <= recent:
        return False
    followed = float(validation[:-recent].min() - validation.min())  # a new best despite bumps
    gain = float(training[-1 - recent] - training[-1])
    lead = training[-1] < (1 - _LEAD) * validation[-1]
    return bool(gain > 0 and followed < _FOLLOWS * gain and lead)


def _recent(means: int) -> int:
    """Return over how many of the last epochs the gains are compared."""
    return max(3, (means + WINDOW - 1) // 4)


def _stagnation(validation: Curve, training: Curve) -> str:
    recent = _recent(len(validation))
    before, last = (three_digits(float(validation[place])) for place in (-1 - recent, -1))
    start, end = (three_digits(float(training[place])) for place in (-1 - recent, -1))
    return (
        f"It overfits: in the last {plural(recent, 'epoch')} the validation loss only fell from "
        f"{before} to {last}, while the training loss fell from {start} to {end}."
    )


def _rise(
    epoch: int, validation: Curve, training: Curve, at: int, *, risen: bool, strong: bool
) -> str:
    lowest, last = three_digits(float(validation[at])), three_digits(float(validation[-1]))
    since = (
        f"since then it has risen to {last}" if risen else f"since then it stagnates, now {last}"
    )
    start, end = three_digits(float(training[at])), three_digits(float(training[-1]))
    return (
        f"It {'overfits' if strong else 'begins to overfit'} from epoch {epoch} on: until then the "
        f"validation loss fell, to {lowest}; {since}, while the training loss went on falling, "
        f"from {start} to {end}."
    )


def _accuracies(gap: float | None) -> str:
    if gap is None or gap <= 0:
        return ""
    return f" Training accuracy is now {100 * gap:.0f} points above validation accuracy."


OVERFITTING = FindingRule(
    "overfitting",
    "warning",
    _overfitting,
    needs=("curves", "val_loss"),
    suppresses=("still-improving",),
)
