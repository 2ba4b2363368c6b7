"""How far a score can be trusted: confidence intervals."""

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from scallion.errors import ArgumentError


class Interval(NamedTuple):
    """Where the true value lies, as far as these data can tell."""

    low: float
    high: float


def wilson_interval(right: int, total: int, confidence: float = 0.95) -> Interval:
    """The interval of a share, `right` of `total`, by Wilson's score (1927).

    Raises ArgumentError for counts that are no share.

    >>> wilson_interval(81, 263)
    Interval(low=0.255..., high=0.366...)
    """
    if total < 1 or not 0 <= right <= total:
        raise ArgumentError(
            f"a share is some of at least one. Received: right={right!r}, total={total!r}",
            hint="wilson_interval(81, 263)",
        )
    if not 0 < confidence < 1:
        raise ArgumentError(
            f"confidence lies between 0 and 1. Received: confidence={confidence!r}",
            hint="confidence=0.95",
        )
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = right / total
    weight = 1 + z * z / total
    centre = (share + z * z / (2 * total)) / weight
    half = z / weight * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return Interval(
        0.0 if right == 0 else max(0.0, centre - half),
        1.0 if right == total else min(1.0, centre + half),
    )
