"""Means over seeds, and how far they can be trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from scallion.study.plan import Value
from scallion.study.results import TrialResult, measure

# Student's t for 95 %, two-sided, by degrees of freedom from 1 (Fisher and Yates' table).
_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `count` runs with its 95 % interval; of one run there is none."""

    mean: float
    low: float | None
    high: float | None
    count: int

    @property
    def sign(self) -> int:
        """1 above 0, -1 below, 0 where these runs cannot tell."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0

    @property
    def said(self) -> int:
        """The direction that words take: of one run, which is named as such, what it shows."""
        if self.count != 1:
            return self.sign
        return (self.mean > 0) - (self.mean < 0)


def estimate(values: Sequence[float]) -> Estimate:
    """The mean and its interval by Student's t.

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
    name: str, of: Sequence[TrialResult], minus: Sequence[TrialResult], axis: str
) -> Estimate:
    """How much a measure differs between two values of an axis, runs of equal other values paired.

    The same seed draws the same first weights and order, so pairs differ by less than others.
    """
    before = {_others(result.values, axis): result for result in minus}
    pairs = [(result, before.get(_others(result.values, axis))) for result in of]
    differences = [
        measure(result, name) - measure(other, name) for result, other in pairs if other is not None
    ]
    return estimate(differences) if differences else Estimate(float("nan"), None, None, 0)


def _others(values: Mapping[str, Value], axis: str) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted((name, value) for name, value in values.items() if name != axis))
