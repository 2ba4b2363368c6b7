"""Overfitting: from the learning curves, and on few images from the accuracies alone."""

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
from scallion.insight.metrics.intervals import SIGNIFICANT, wilson_interval
from scallion.text_format import percent, plural, three_digits

_RISE = 0.10  # of the lowest loss: what deserves a warning
_SLIGHT = 0.03
_GAP = 0.05  # of accuracy, training above validation
_FOLLOWS = 0.2  # of the gain in training: less, and validation no longer follows
_LEAD = 0.2  # of validation loss: how far training loss is below it
_FEW = 400  # validation images, below which the noise of their loss hides its trend
_MEMORISED = 0.9  # training accuracy
_EXACT = 100_000  # images, of which an interval is of no width
_BEYOND = 0.03  # of accuracy, training above what chance explains of validation


def _overfitting(
    curves: TrainingCurves,
    val_loss: Curve,
    correct: int | None,
    images: int | None,
    training_correct: int | None,
    training_images: int | None,
) -> Detection | None:
    """Detect overfitting from the curves, or from accuracies that chance cannot explain."""
    if correct is None or not images or images >= _FEW:
        return _from_curves(curves, val_loss)
    high = wilson_interval(correct, images, confidence=0.99).high
    found = _from_curves(curves, val_loss, high)
    if found is not None and found.severity == "warning":
        return found
    pairs = [_last_accuracies(curves, images)]
    if training_correct is not None and training_images:
        pairs.append(((training_correct, training_images), (correct, images)))
    memorised = (_from_accuracies(*pair) for pair in pairs if pair is not None)
    return next((one for one in memorised if one is not None), found)


_Count = tuple[int, int]  # correct, of how many


def _last_accuracies(curves: TrainingCurves, images: int) -> tuple[_Count, _Count] | None:
    """Return the counts of the last epoch; those of training count as exact."""
    if curves.accuracy is None or curves.val_accuracy is None:
        return None
    own, other = float(curves.accuracy[-1]), float(curves.val_accuracy[-1])
    if not 0 <= own <= 1 or not 0 <= other <= 1:  # a metric with acc in its name, or NaN
        return None
    return (round(_EXACT * own), _EXACT), (round(other * images), images)


def _from_accuracies(training: _Count, validation: _Count) -> Detection | None:
    """Detect that training images are memorised and validation images are not.

    The 99 % intervals of both accuracies must be three points apart: with few validation images the
    loss is too noisy to show it, and the accuracy is not.
    """
    if training[0] < _MEMORISED * training[1]:
        return None
    low = wilson_interval(*training, confidence=0.99).low
    high = wilson_interval(*validation, confidence=0.99).high
    if low - high <= _BEYOND:
        return None
    own, other = training[0] / training[1], validation[0] / validation[1]
    return Detection(
        f"It overfits: {percent(own)} of the training images are classified correctly, and "
        f"{percent(other)} of {validation[1]:,} validation images; so few can mislead, but hardly "
        f"beyond {percent(high)} (99 % interval).",
        {"training_accuracy": own, "val_accuracy": other, "images": validation[1], "high": high},
        "more images; until then augmentation (--augment), Dropout(0.5) before the dense layers, "
        "or a pretrained network",
        "warning",
    )


def _from_curves(
    curves: TrainingCurves, val_loss: Curve, high: float | None = None
) -> Detection | None:
    """Detect that validation loss rises or stagnates while training loss falls.

    `high` bounds the validation accuracy of few images: where the training accuracy is not above
    it, a single image may have raised the loss, which is no warning.

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
    if high is not None and curves.accuracy is not None and curves.accuracy[-1] <= high + _SLIGHT:
        strong = False
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
    optional=("correct", "images", "training_correct", "training_images"),
    suppresses=("still-improving",),
)
