"""Is one classifier better than another, or can these data not show it?"""

from dataclasses import dataclass
from math import comb, erfc, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion.errors import DataError
from scallion.insight.metrics.intervals import Interval

EXACT = 1000  # differing images up to which McNemar's test is exact
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class AccuracyDifference:
    """Two classifiers on the same images, by which of these each has right.

    `difference` is the accuracy of the second less that of the first, `interval` its 95 % interval
    by paired bootstrap, `p_value` McNemar's.
    """

    images: int
    first_only: int
    second_only: int
    difference: float
    interval: Interval
    p_value: float

    @property
    def better(self) -> Literal["first", "second"] | None:
        """Which one is better, None where these images cannot show a difference."""
        if self.p_value >= 0.05 or self.interval.low <= 0 <= self.interval.high:
            return None
        return "second" if self.difference > 0 else "first"


def compare_classifiers(
    first: ArrayLike, second: ArrayLike, *, seed: int = 0
) -> AccuracyDifference:
    """Hold two classifiers' right answers, bool (n,) each on the same images, against each other.

    Raises DataError where there are none, or not equally many.

    >>> found = compare_classifiers([1] * 90 + [0] * 10, [1] * 80 + [0] * 18 + [1] * 2)
    >>> found.first_only, found.second_only, round(found.p_value, 4)
    (10, 2, 0.0386)
    """
    one, two = np.asarray(first, bool), np.asarray(second, bool)
    if one.shape != two.shape or one.ndim != 1 or not len(one):
        raise DataError(
            f"right answers are (n,) each, on the same images. Received: shapes {one.shape}, "
            f"{two.shape}",
            hint="compare both on one set: predictions.argmax(axis=1) == labels",
        )
    gained = two.astype(np.int64) - one
    first_only, second_only = int((gained < 0).sum()), int((gained > 0).sum())
    return AccuracyDifference(
        images=len(one),
        first_only=first_only,
        second_only=second_only,
        difference=float(gained.mean()),
        interval=_bootstrap(first_only, second_only, len(one), seed),
        p_value=mcnemar(first_only, second_only),
    )


def mcnemar(first_only: int, second_only: int) -> float:
    """The probability that chance alone divides the differing images so unevenly (McNemar 1947).

    Exact, by the binomial distribution, up to 1000 of them; beyond, by its normal limit with
    Edwards' correction (1948).

    >>> mcnemar(5, 5), round(mcnemar(0, 10), 6)
    (1.0, 0.001953)
    """
    total, fewer = first_only + second_only, min(first_only, second_only)
    if total == 0:
        return 1.0
    if total <= EXACT:
        tail = sum(comb(total, k) for k in range(fewer + 1))
        return min(1.0, 2 * tail / 2**total)
    z = max(0.0, abs(first_only - second_only) - 1) / sqrt(total)
    return erfc(z / sqrt(2))


def _bootstrap(first_only: int, second_only: int, images: int, seed: int) -> Interval:
    """The 95 % interval of the difference, from images drawn again with replacement.

    What is drawn of the three kinds of images (first only, second only, neither differs) follows a
    multinomial distribution, so that is drawn at once.
    """
    generator = np.random.Generator(np.random.Philox(key=seed))
    shares = np.array([first_only, second_only, images - first_only - second_only]) / images
    drawn: NDArray[np.int64] = generator.multinomial(images, shares, size=RESAMPLES)
    differences = (drawn[:, 1] - drawn[:, 0]) / images
    low, high = np.quantile(differences, [0.025, 0.975])
    return Interval(float(low), float(high))
