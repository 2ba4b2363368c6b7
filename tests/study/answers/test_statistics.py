"""Intervals over seeds, and paired differences."""

import pytest

from scallion.study.answers.statistics import difference, estimate
from scallion.study.results import TrialResult


def test_intervals_follow_students_t() -> None:
    # By hand: 3 -+ 2.7764 * 1.58114 / sqrt(5), with t for four degrees of freedom.
    found = estimate([1, 2, 3, 4, 5])
    assert found.low == pytest.approx(1.0368, abs=5e-4)
    assert found.high == pytest.approx(4.9632, abs=5e-4)


def test_differences_are_paired_by_seed() -> None:
    def runs(rate, *losses):
        return [
            TrialResult({"dropout": rate, "seed": seed}, {"val_loss": [loss]})
            for seed, loss in enumerate(losses)
        ]

    found = difference("loss", runs(0.5, 1.1, 2.1, 3.1), runs(0.0, 1.0, 2.0, 3.0), "dropout")
    assert (found.count, found.sign) == (3, 1)
    assert found.mean == pytest.approx(0.1)
