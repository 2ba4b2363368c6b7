"""Confidence intervals."""

import pytest

from scallion.errors import ArgumentError
from scallion.insight import wilson_interval

# scipy 1.17.1: binomtest(right, total).proportion_ci(method="wilson")
SCIPY = [
    (81, 263, 0.2552885198782742, 0.36620957698280004),
    (9180, 10000, 0.9124606760579441, 0.9232183013041702),
    (0, 10, 0.0, 0.27753279986288926),
    (10, 10, 0.7224672001371109, 1.0),
    (1, 2, 0.09453120573423074, 0.9054687942657693),
]


@pytest.mark.parametrize(("right", "total", "low", "high"), SCIPY)
def test_the_interval_is_scipys(right: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(right, total) == pytest.approx((low, high), abs=1e-12)


def test_more_confidence_makes_it_wider() -> None:
    expected = (0.9106525873297834, 0.9247931030930444)  # scipy, confidence 0.99
    assert wilson_interval(9180, 10000, 0.99) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("right", "total"), [(1, 0), (-1, 5), (6, 5)])
def test_counts_that_are_no_share_are_refused(right: int, total: int) -> None:
    with pytest.raises(ArgumentError, match="a proportion is"):
        wilson_interval(right, total)


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_lies_between_nothing_and_certainty(confidence: float) -> None:
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        wilson_interval(1, 2, confidence)
