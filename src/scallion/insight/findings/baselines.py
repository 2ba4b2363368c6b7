"""Is it better than what costs nothing: guessing, and a linear model on the pixels?"""

from math import log, sqrt

import numpy as np

from scallion.findings import Finding
from scallion.insight.findings.learning_curves import WINDOW, LearningCurves
from scallion.insight.metrics.intervals import wilson_interval
from scallion.text_format import percent

_SURE = 3.0


def guessing(
    right: int, total: int, largest: int, course: LearningCurves | None = None
) -> Finding | None:
    """No better than always naming the largest class, which has `largest` of `total` images.

    With the curves it says whether the network does learn its training images, so that the labels
    are to be doubted, or learns nothing at all.
    """
    interval = wilson_interval(right, total, confidence=0.99)
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


_ENOUGH = 30


def _learns_by_heart(course: LearningCurves, guess: float) -> bool:
    """Whether training accuracy ends clearly above guessing, while its loss falls."""
    if course.accuracy is None or course.count < WINDOW:
        return False
    reached = float(course.accuracy[-WINDOW:].mean())
    start, end = float(course.loss[0]), float(course.loss[-1])
    return reached > guess + 0.03 and np.isfinite(end) and end < start - 0.01 * abs(log(guess))
