"""Findings about the data: leakage, class imbalance, too few validation images."""

from collections.abc import Sequence
from itertools import count

from scallion.finding_rules import Detection, FindingRule
from scallion.insight.metrics.intervals import wilson_interval
from scallion.text_format import percent, plural

_LEAKED = 0.01  # of the validation images
_COARSE = 0.05  # half the width of an accuracy's interval
_UNEVEN, _VERY_UNEVEN = 4, 10  # largest class / smallest


def _leaked(duplicates: int, images: int) -> Detection | None:
    if not duplicates:
        return None
    fraction = duplicates / images
    matters = fraction >= _LEAKED
    return Detection(
        f"{duplicates:,} of the {plural(images, 'validation image')} ({percent(fraction)}) "
        f"{'is' if duplicates == 1 else 'are'} among the training images as well, pixel for pixel"
        + ("; the scores are better than they would be on new images." if matters else "."),
        {"duplicates": duplicates, "images": images, "split": "validation"},
        "remove the duplicates from one of the splits, and train again" if matters else "",
        "error" if matters else "info",
    )


def _imbalanced(class_counts: Sequence[int], class_names: Sequence[str] | None) -> Detection | None:
    counts = list(class_counts)
    present = [count for count in counts if count]
    if len(present) < 2 or max(present) < _UNEVEN * min(present):
        return None
    few, many = counts.index(min(present)), counts.index(max(present))
    names = class_names or [f"class {label}" for label in range(len(counts))]
    ratio = max(present) / min(present)
    return Detection(
        f"The classes are imbalanced: {names[many]} has {counts[many]:,} training images, "
        f"{names[few]} has {counts[few]:,}, {ratio:.0f} times fewer. "
        "Accuracy alone hides how well small classes are recognised.",
        {"largest": counts[many], "smallest": counts[few], "ratio": ratio},
        "check recall per class and balanced accuracy; class_weight in fit compensates",
        "warning" if ratio >= _VERY_UNEVEN else "info",
    )


def _too_small(correct: int, images: int) -> Detection | None:
    low, high = wilson_interval(correct, images)
    half = (high - low) / 2
    if half <= _COARSE:
        return None
    return Detection(
        f"{plural(images, 'validation image')} cannot show small differences: the accuracy of "
        f"{percent(correct / images)} may as well be {percent(low)} or {percent(high)}.",
        {"images": images, "interval": [low, high]},
        "differences smaller than this cannot be told apart; about "
        f"{plural(_images_for(_COARSE, correct / images), 'image')} narrow the interval to 5 "
        "points on either side",
        "warning" if half > 2 * _COARSE else "info",
    )


def _images_for(half: float, accuracy: float) -> int:
    """Return how many images give a 95 % interval of `half` on either side, rounded up to tens.

    The interval is Wilson's, as it is shown beside each accuracy.
    """

    def has_width(images: int) -> bool:
        low, high = wilson_interval(round(accuracy * images), images)
        return (high - low) / 2 <= half

    return next(images for images in count(10, 10) if has_width(images))


LEAKED = FindingRule("duplicates-across-splits", "error", _leaked, needs=("duplicates", "images"))
IMBALANCED = FindingRule(
    "imbalance", "warning", _imbalanced, needs=("class_counts",), optional=("class_names",)
)
TOO_SMALL = FindingRule("validation-too-small", "warning", _too_small, needs=("correct", "images"))
