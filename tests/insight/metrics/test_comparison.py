"""Comparison of two classifiers."""

import numpy as np
import pytest

from scallion.errors import DataError
from scallion.insight import compare_classifiers, mcnemar


# scipy.stats.binomtest(min(b, c), b + c).pvalue, SciPy 1.17.
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (10, 2, 0.03857421875),
        (2, 10, 0.03857421875),
        (0, 10, 0.001953125),
        (300, 350, 0.05452994),
    ],
)
def test_the_exact_test_is_binomial(first: int, second: int, expected: float) -> None:
    assert mcnemar(first, second) == pytest.approx(expected, abs=1e-8)


# 2 * scipy.stats.norm.sf((|1100 - 1000| - 1) / sqrt(2100)).
def test_many_differing_images_use_the_normal_approximation() -> None:
    assert mcnemar(1100, 1000) == pytest.approx(0.030745, abs=1e-5)


def test_a_significant_lead_is_reported() -> None:
    one, two = np.ones(500, bool), np.ones(500, bool)
    one[:60], two[:20] = False, False
    found = compare_classifiers(one, two)
    assert (found.better, found.first_only, found.second_only) == ("second", 0, 40)
    assert found.difference == pytest.approx(0.08)
    assert 0.05 < found.interval.low < 0.08 < found.interval.high < 0.11
    assert compare_classifiers(two, one).better == "first"


def test_chance_is_not_reported_as_a_difference() -> None:
    random = np.random.default_rng(3)
    verdicts = [compare_classifiers(*(random.random((2, 300)) < 0.8)).better for _ in range(200)]
    assert sum(verdict is not None for verdict in verdicts) <= 16  # of 200, at 5 %


def test_the_interval_is_that_of_a_paired_bootstrap() -> None:
    random = np.random.default_rng(4)
    one, two = random.random(400) < 0.7, random.random(400) < 0.75
    found = compare_classifiers(one, two)
    gains = two.astype(int) - one
    means = [gains[random.integers(0, 400, 400)].mean() for _ in range(4000)]
    assert found.interval == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=0.006)


def test_the_interval_is_reproducible() -> None:
    random = np.random.default_rng(5).random((2, 100)) < 0.5
    assert compare_classifiers(*random) == compare_classifiers(*random)


@pytest.mark.parametrize(("first", "second"), [([1], [1, 0]), ([], []), ([[1]], [[1]])])
def test_predictions_of_other_images_are_refused(first: list, second: list) -> None:
    with pytest.raises(DataError, match="on the same images"):
        compare_classifiers(first, second)
