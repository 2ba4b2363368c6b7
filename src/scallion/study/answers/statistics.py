"""Means over seeds with 95 % intervals, and paired differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from scallion.study.plan import Value
from scallion.study.results import TrialResult, measure

# Quantiles of Student's t for a two-sided 95 % interval, by degrees of freedom from 1 (Fisher and
# Yates' table).
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `count` runs with its 95 % interval, which a single run does not have."""

    mean: float
    low: float | None
    high: float | None
    count: int

    @property
    def sign(self) -> int:
        """1 or -1 if the interval lies above or below 0, else 0."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    @property
    def direction(self) -> int:
        """The sign, and for a single run that of its value: texts mark it as a single run."""
        if self.count != 1:
            return self.sign
        return (self.mean > 0) - (self.mean < 0)

    def __neg__(self) -> "Estimate":
        low = None if self.high is None else -self.high
        high = None if self.low is None else -self.low
        return Estimate(-self.mean, low, high, self.count)


def estimate(values: Sequence[float]) -> Estimate:
    """Return the mean and its interval by Student's t.

    >>> found = estimate([1.0, 2.0, 3.0])
    >>> found.mean, round(found.low, 3), round(found.high, 3)
    (2.0, -0.484, 4.484)
    """
    mean = fmean(values)
    if len(values) < 2:
        return Estimate(mean, None, None, len(values))
    t = _T[len(values) - 2] if len(values) - 2 < len(_T) else 1.96
    half = t * stdev(values) / sqrt(len(values))
    return Estimate(mean, mean - half, mean + half, len(values))


def difference(
    name: str, results: Sequence[TrialResult], baseline: Sequence[TrialResult], axis: str
) -> Estimate:
    """Estimate how much a measure differs between two values of an axis: results minus baseline.

    Runs whose other values are equal are paired: with the same seed they start from the same
    weights and see the same order of images, so the differences vary less.
    """
    others = {_other_values(result.values, axis): result for result in baseline}
    pairs = [(result, others.get(_other_values(result.values, axis))) for result in results]
    differences = [
        measure(result, name) - measure(other, name) for result, other in pairs if other is not None
    ]
    return estimate(differences) if differences else Estimate(float("nan"), None, None, 0)


def _other_values(values: Mapping[str, Value], axis: str) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted((name, value) for name, value in values.items() if name != axis))
