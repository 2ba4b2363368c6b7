"""Compare two classifiers on the same images: McNemar's test and a paired bootstrap."""

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
    """Two classifiers on the same images, and how many only one of them classifies correctly.

    `difference` is the accuracy of the second minus that of the first, `interval` its 95 % interval
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
        """The better classifier, None where the difference is not significant."""
        if self.p_value >= 0.05 or self.interval.low <= 0 <= self.interval.high:
            return None
        return "second" if self.difference > 0 else "first"


def compare_classifiers(
    first: ArrayLike, second: ArrayLike, *, seed: int = 0
) -> AccuracyDifference:
    """Compare two classifiers, given which images each classifies correctly: bool (n,).

    Raises DataError where there are no images, or not equally many.

    >>> found = compare_classifiers([1] * 90 + [0] * 10, [1] * 80 + [0] * 18 + [1] * 2)
    >>> found.first_only, found.second_only, round(found.p_value, 4)
    (10, 2, 0.0386)
    """
    one, two = np.asarray(first, bool), np.asarray(second, bool)
    if one.shape != two.shape or one.ndim != 1 or not len(one):
        raise DataError(
            "both classifiers need one value per image, (n,), on the same images. "
            f"Received: shapes {one.shape}, {two.shape}",
            hint="compare both on one data set: predictions.argmax(axis=1) == labels",
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
    """Return the two-sided p-value of McNemar's test (1947).

    It is exact, by the binomial distribution, up to 1000 differing images; beyond, by the normal
    approximation with Edwards' correction (1948).

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
    """Return the 95 % interval of the difference by resampling images with replacement.

    The counts of the three kinds of images (first only, second only, no difference) in a resample
    follow a multinomial distribution, so they are drawn at once.
    """
    generator = np.random.Generator(np.random.Philox(key=seed))
    fractions = np.array([first_only, second_only, images - first_only - second_only]) / images
    drawn: NDArray[np.int64] = generator.multinomial(images, fractions, size=RESAMPLES)
    differences = (drawn[:, 1] - drawn[:, 0]) / images
    low, high = np.quantile(differences, [0.025, 0.975])
    return Interval(float(low), float(high))
