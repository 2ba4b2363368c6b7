"""Is it better than what costs nothing: guessing, and a linear model on the pixels?"""

from math import log, sqrt

import numpy as np

from scallion.findings import Finding
from scallion.insight.course import WINDOW, Course
from scallion.insight.intervals import wilson
from scallion.text_format import percent, plural

_SURE = 3.0


def guessing(right: int, total: int, largest: int, course: Course | None = None) -> Finding | None:
    """No better than always naming the largest class, which has `largest` of `total` images.

    With the curves it says whether the network does learn its training images, so that the labels
    are to be doubted, or learns nothing at all.
    """
    interval = wilson(right, total, confidence=0.99)
    if interval.low > largest / total:
        return None
    evidence = {
        "right": right,
        "images": total,
        "interval": list(interval),
        "largest_class": largest / total,
    }
    scores = (
        f"{percent(right / total)} of {total:,} validation images are right, and always naming the "
        f"most frequent class would reach {percent(largest / total)}"
    )
    if total < _ENOUGH:
        return Finding(
            "cannot-tell",
            "info",
            f"Whether it is better than guessing cannot be told from {total:,} validation images: "
            f"{scores}.",
            evidence,
            "keep more images for validation",
        )
    if course is not None and _learns_by_heart(course, largest / total):
        return Finding(
            "labels-unrelated",
            "error",
            f"The labels do not seem to belong to the images: it learns its training images by "
            f"heart, but {scores}.",
            evidence,
            "check that images and labels are in the same order (shuffled together?), and look at "
            "twenty images beside their labels",
        )
    return Finding(
        "guessing",
        "error",
        f"It is no better than guessing: {scores}.",
        evidence,
        "a learning rate ten times lower, then ten times higher; check that pixels lie between "
        "0 and 1 and that the labels belong to their images",
    )


def worse_than_linear(right: int, linear: int, total: int) -> Finding | None:
    """Not better than a linear model on the pixels, on the same `total` validation images."""
    share, other = right / total, linear / total
    error = sqrt((share * (1 - share) + other * (1 - other)) / total)
    lead = share - other
    if lead > 2 * error:
        return None
    evidence = {"right": right, "linear": linear, "images": total, "standard_error": error}
    scores = f"{percent(share)} of {total:,} validation images, {percent(other)} for the linear one"
    if lead < -_SURE * error:
        return Finding(
            "worse-than-linear",
            "warning",
            f"A linear model on the pixels does better: {scores}.",
            evidence,
            "something holds the network back: the learning rate, too few epochs, or too few "
            "filters; until then the linear model is the better choice",
        )
    return Finding(
        "no-better-than-linear",
        "info",
        f"These images cannot show that it is better than a linear model on the pixels: {scores}.",
        evidence,
        "more validation images would tell; if it stays so, the simpler model is enough",
    )


def too_few_to_tell(right: int, total: int) -> Finding | None:
    """A validation set so small that its accuracy hides what one would compare."""
    low, high = wilson(right, total)
    half = (high - low) / 2
    if half <= _COARSE:
        return None
    return Finding(
        "validation-too-small",
        "warning" if half > 2 * _COARSE else "info",
        f"{plural(total, 'validation image')} cannot tell small differences: the accuracy of "
        f"{percent(right / total)} may as well be {percent(low)} or {percent(high)}.",
        {"images": total, "interval": [low, high]},
        "compare nothing that lies closer than that; for 5 points either way "
        f"{plural(_images_for(_COARSE, right / total), 'image')} are enough",
    )


def imbalance(counts: list[int], names: list[str] | None = None) -> Finding | None:
    """Classes of very different size, of which the small ones are easily neglected."""
    present = [count for count in counts if count]
    if len(present) < 2 or max(present) < _UNEVEN * min(present):
        return None
    few, many = counts.index(min(present)), counts.index(max(present))
    called = names or [f"class {place}" for place in range(len(counts))]
    ratio = max(present) / min(present)
    return Finding(
        "imbalance",
        "warning" if ratio >= _VERY_UNEVEN else "info",
        f"The classes are uneven: {called[many]} has {counts[many]:,} training images, "
        f"{called[few]} has {counts[few]:,}, {ratio:.0f} times fewer. "
        "Accuracy alone hides how the small ones fare.",
        {"largest": counts[many], "smallest": counts[few], "ratio": ratio},
        "look at recall per class and at balanced accuracy; class_weight in fit makes up for it",
    )


_ENOUGH = 30
_COARSE = 0.05
_UNEVEN, _VERY_UNEVEN = 4, 10


def _images_for(half: float, share: float) -> int:
    """How many images put an accuracy's 95 % interval at `half` either way, in round figures."""
    exact = 1.96**2 * max(share * (1 - share), 0.01) / half**2
    return int(float(f"{exact:.1g}")) if exact < 100 else 10 * round(exact / 10)


def _learns_by_heart(course: Course, guess: float) -> bool:
    """Whether training accuracy ends clearly above guessing, while its loss falls."""
    if course.accuracy is None or course.count < WINDOW:
        return False
    reached = float(course.accuracy[-WINDOW:].mean())
    start, end = float(course.loss[0]), float(course.loss[-1])
    return reached > guess + 0.03 and np.isfinite(end) and end < start - 0.01 * abs(log(guess))
