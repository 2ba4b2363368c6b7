"""Confidence intervals of proportions."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from scallion.errors import ArgumentError

SIGNIFICANT = 3.0  # standard errors: one false alarm in some hundred runs


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval (1927) of the proportion `correct` of `total`.

    Raises ArgumentError for counts that are not a proportion.

    >>> wilson_interval(81, 263)
    Interval(low=0.255..., high=0.366...)
    """
    if total < 1 or not 0 <= correct <= total:
        raise ArgumentError(
            "a proportion is `correct` of at least one in `total`. "
            f"Received: correct={correct!r}, total={total!r}",
            hint="wilson_interval(81, 263)",
        )
    if not 0 < confidence < 1:
        raise ArgumentError(
            f"confidence lies between 0 and 1. Received: confidence={confidence!r}",
            hint="confidence=0.95",
        )
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    proportion = correct / total
    weight = 1 + z * z / total
    centre = (proportion + z * z / (2 * total)) / weight
    half = z / weight * sqrt(proportion * (1 - proportion) / total + z * z / (4 * total * total))
    return Interval(
        0.0 if correct == 0 else max(0.0, centre - half),
        1.0 if correct == total else min(1.0, centre + half),
    )
