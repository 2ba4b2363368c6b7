"""Confidence intervals."""

import pytest

from scallion.errors import ArgumentError
from scallion.insight import wilson_interval

# scipy 1.17.1: binomtest(correct, total).proportion_ci(method="wilson")
SCIPY = [
    (81, 263, 0.2552885198782742, 0.36620957698280004),
    (9180, 10000, 0.9124606760579441, 0.9232183013041702),
    (0, 10, 0.0, 0.27753279986288926),
    (10, 10, 0.7224672001371109, 1.0),
    (1, 2, 0.09453120573423074, 0.9054687942657693),
]


@pytest.mark.parametrize(("correct", "total", "low", "high"), SCIPY)
def test_the_interval_equals_that_of_scipy(
    correct: int, total: int, low: float, high: float
) -> None:
    assert wilson_interval(correct, total) == pytest.approx((low, high), abs=1e-12)


def test_more_confidence_widens_the_interval() -> None:
    expected = (0.9106525873297834, 0.9247931030930444)  # scipy, confidence 0.99
    assert wilson_interval(9180, 10000, 0.99) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("correct", "total"), [(1, 0), (-1, 5), (6, 5)])
def test_counts_that_are_not_proportions_are_refused(correct: int, total: int) -> None:
    with pytest.raises(ArgumentError, match="a proportion is"):
        wilson_interval(correct, total)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_confidence_is_between_0_and_1(confidence: float) -> None:
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        wilson_interval(1, 2, confidence)
