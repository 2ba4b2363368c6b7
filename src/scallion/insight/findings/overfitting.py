"""Does it learn by heart, too little, or could it go on? From the curves alone."""

from scallion.findings import Finding
from scallion.insight.findings.learning_curves import (
    WINDOW,
    Curve,
    LearningCurves,
    lowest,
    smoothed,
    step_error,
)
from scallion.text_format import percent, plural, three_digits

LEAST = 5  # epochs below which a trend is a guess

_SURE = 3.0  # standard errors: one false alarm in some hundred runs
_RISE = 0.10  # of the lowest loss: what is worth a warning
_SLIGHT = 0.03
_POINTS = 0.05  # of accuracy between training and validation
_FOLLOWS = 0.2  # of what training gains: less, and validation has stopped to follow
_LEAD = 0.2  # of validation loss: how far training loss is below it
_GAIN = 0.02  # of the loss: progress that is worth more epochs
_MORE = "train longer: --epochs {0} (epochs={0} in fit)"


def overfitting(course: LearningCurves) -> Finding | None:
    """Validation loss rises or stands still while training loss falls: since when, how far.

    The epoch is the middle of the three whose mean validation loss is lowest. It is a warning
    where the loss of the last three is a tenth above that and above noise, or where it has stopped
    to follow the training loss and the accuracies are five points or more apart.
    """
    if course.val_loss is None or course.count < LEAST:
        return None
    held, learned = smoothed(course.val_loss), smoothed(course.loss)
    place = lowest(course.val_loss)
    middle = place - WINDOW // 2
    rise, error = float(held[-1] - held[middle]), step_error(course.val_loss)
    falls = learned[-1] < learned[middle]
    risen = falls and rise > max(_SURE * error, _SLIGHT * held[middle])
    apart = _apart(course, held, learned)
    if not (risen or apart):
        return None
    strong = apart or rise >= _RISE * held[middle]
    epoch, gap = course.epoch(place), _accuracy_gap(course)
    return Finding(
        "overfitting",
        "warning" if strong else "info",
        _by_heart(epoch, held, learned, middle, gap, risen=risen, strong=strong),
        {
            "epoch": epoch,
            "lowest_val_loss": float(held[middle]),
            "last_val_loss": float(held[-1]),
            "rise": rise,
            "standard_error": error,
            "last_loss": float(learned[-1]),
            "gap": float(held[-1] - learned[-1]),
            "accuracy_gap": gap,
        },
        f"stop after about {plural(epoch, 'epoch')}; more images, or Dropout(0.2) to Dropout(0.5) "
        "before the dense layers, put it off",
    )


def _apart(course: LearningCurves, held: Curve, learned: Curve) -> bool:
    """Whether validation no longer follows training, and the two have come far apart."""
    gap = _accuracy_gap(course)
    if gap is None or gap < _POINTS:
        return False
    back = _back(len(held))
    if len(held) <= back:
        return False
    followed = float(held[:-back].min() - held.min())  # a new best, whatever bumps lie between
    ahead = float(learned[-1 - back] - learned[-1])
    return ahead > 0 and followed < _FOLLOWS * ahead and learned[-1] < (1 - _LEAD) * held[-1]


def _back(means: int) -> int:
    """Over how many of the last epochs validation is held against training."""
    return max(3, (means + WINDOW - 1) // 4)


def _by_heart(
    epoch: int,
    held: Curve,
    learned: Curve,
    middle: int,
    gap: float | None,
    *,
    risen: bool,
    strong: bool,
) -> str:
    lowest, last = three_digits(float(held[middle])), three_digits(float(held[-1]))
    since = (
        f"since then it has risen to {last}" if risen else f"since then it stands still, now {last}"
    )
    apart = ""
    if gap is not None and gap > 0:
        apart = f" It is now right {100 * gap:.0f} points more often on images that it has seen."
    if middle == len(held) - 1:  # nothing has risen yet: what was gained of late tells
        back = _back(len(held))
        return (
            f"It overfits: in the last {plural(back, 'epoch')} the loss on validation images came "
            f"no further than from {three_digits(float(held[-1 - back]))} to {last}, while on training "
            f"images it fell from {three_digits(float(learned[-1 - back]))} to "
            f"{three_digits(float(learned[-1]))}.{apart}"
        )
    return (
        f"It {'overfits' if strong else 'begins to overfit'} from epoch {epoch} on: until then the "
        f"loss on validation images fell, to {lowest}; {since}, while on training images it went on"
        f" falling, from {three_digits(float(learned[middle]))} to {three_digits(float(learned[-1]))}.{apart}"
    )


def underfitting(
    course: LearningCurves, guess: float, *, rival: float | None = None, images: int | None = None
) -> Finding | None:
    """It has stopped to learn, and little of it: in training no better than in validation.

    `guess` is the accuracy of always naming the largest class, `rival` that of a linear model on
    the same `images` of validation. It underfits where a linear model is clearly better, or where
    it has learned less than half of what there is between guessing and all.
    """
    if course.accuracy is None or course.count < LEAST:
        return None
    learned = float(course.accuracy[-WINDOW:].mean())
    held = course.val_accuracy
    reached = learned if held is None else float(held[-WINDOW:].mean())
    skill = (learned - guess) / (1 - guess) if guess < 1 else 1.0
    if learned - reached > _AHEAD or skill <= 0:
        return None
    behind = rival is not None and images is not None and _clearly_below(reached, rival, images)
    halted = _gain(course.loss) < _HALTED
    if not (behind or (halted and skill < 0.5) or is_restrained(course)):
        return None
    than = (
        f", fewer than a linear model on the pixels ({percent(rival)})" if behind and rival else ""
    )
    sentence = (
        f"It underfits: even of the images that it trains on, only {percent(learned)} are right, "
        f"and of the validation images {percent(reached)}{than}. "
        "It is too small or too restrained for these images."
    )
    return Finding(
        "underfitting",
        "warning",
        sentence,
        {"accuracy": learned, "val_accuracy": reached, "guessing": guess, "linear": rival},
        "more filters or one more convolution, less dropout, fewer or smaller steps and pools; "
        "if it was still getting better, more epochs",
    )


def is_restrained(course: LearningCurves) -> bool:
    """Whether dropout and the like make it far worse in training than it is in validation."""
    gap = _accuracy_gap(course)
    return gap is not None and gap < -_RESTRAINED


def still_improving(course: LearningCurves) -> Finding | None:
    """Whether the loss was still falling when training ended; good to know, no fault."""
    curve = course.loss if course.val_loss is None else course.val_loss
    if course.count < LEAST:
        return None
    means = smoothed(curve)
    gain, error = float(means[-3] - means[-1]), step_error(curve)
    if gain <= max(_SURE * error, _GAIN * means[-3]):
        return None
    where = "validation" if course.val_loss is not None else "training"
    return Finding(
        "still-improving",
        "info",
        f"It was still getting better when it stopped: in the last two epochs the loss in {where} "
        f"fell by another {percent(gain / float(means[-3]))}, to {three_digits(means[-1])}.",
        {"gain": gain, "share": gain / float(means[-3]), "standard_error": error},
        _MORE.format(2 * course.count),
    )


_AHEAD = 0.1  # of accuracy: what learns that much by heart is not too small
_HALTED = 0.05
_RESTRAINED = 0.15


def _gain(curve: Curve) -> float:
    """By what share the loss fell over the last third of the epochs, between three-epoch means."""
    means = smoothed(curve)
    before = float(means[-1 - max(2, len(means) // 3)])
    return (before - float(means[-1])) / before if before > 0 else 0.0


def _clearly_below(share: float, other: float, images: int) -> bool:
    """Whether one share of `images` is below another by three standard errors."""
    error = ((share * (1 - share) + other * (1 - other)) / images) ** 0.5
    return other - share > _SURE * error


def _accuracy_gap(course: LearningCurves) -> float | None:
    if course.accuracy is None or course.val_accuracy is None:
        return None
    return float((course.accuracy - course.val_accuracy)[-WINDOW:].mean())
