"""When a classifier is not sure: the threshold chosen from validation images."""

import numpy as np
import pytest

from scallion.insight.metrics.abstention import AbstentionThreshold, choose_threshold
from scallion.insight.metrics.predictions import Predictions, as_predictions


def predictions(highest: list[float], correct: list[bool]) -> Predictions:
    """Return two-class predictions with these highest probabilities."""
    rows = np.array([[one, 1 - one] for one in highest])
    return as_predictions(np.where(correct, 0, 1), rows)


def test_the_threshold_halves_the_error_rate() -> None:
    # 4 of 20 wrong: at most 1 in 10 may be. From 0.71 on it is 1 of 17; with 0.65, 2 of 18.
    highest = [0.99] * 16 + [0.71, 0.65, 0.6, 0.55]
    correct = [True] * 16 + [False, False, False, False]
    assert choose_threshold(predictions(highest, correct)) == AbstentionThreshold(
        0.71, 17 / 20, 16 / 17
    )


def test_images_of_one_probability_are_kept_together() -> None:
    highest = [0.9] * 16 + [0.7] * 4
    correct = [True] * 16 + [True, False, False, False]
    found = choose_threshold(predictions(highest, correct))
    assert found == AbstentionThreshold(0.9, 0.8, 1.0)


def test_without_errors_it_is_the_lowest_probability() -> None:
    found = choose_threshold(predictions([0.9] * 19 + [0.6], [True] * 20))
    assert found == AbstentionThreshold(0.6, 1.0, 1.0)


@pytest.mark.parametrize(
    ("highest", "correct"),
    [
        ([0.9] * 19, [True] * 18 + [False]),
        ([0.9] * 10 + [0.6] * 10, [False] * 10 + [True] * 10),
        ([0.9] * 20, [True] * 19 + [False]),
    ],
    ids=["too few images", "wrong ones are the surest", "all equal"],
)
def test_probabilities_that_tell_nothing_give_no_threshold(
    highest: list[float], correct: list[bool]
) -> None:
    assert choose_threshold(predictions(highest, correct)) is None
