"""Learning curves from a history, and their noise."""

import numpy as np
import pytest

from scallion.errors import ArgumentError, DataError
from scallion.insight import diagnose
from scallion.insight.findings.training_curves import (
    lowest_epoch,
    moving_average,
    noise_std,
    training_curves,
)


# By hand: second differences of a zigzag of height 1 are all 4 or -4.
def test_noise_is_measured_whatever_the_trend() -> None:
    zigzag = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0]) * 2
    trend = np.arange(6) * 10.0
    assert noise_std(zigzag + trend) == pytest.approx(4 / (0.6745 * 6**0.5))
    assert noise_std(trend) == 0
    assert moving_average(trend) == pytest.approx([10, 20, 30, 40])
    assert lowest_epoch(np.array([5.0, 3.0, 1.0, 2.0, 4.0])) == 2


@pytest.mark.parametrize("history", [None, [0.5], 3])
def test_other_types_are_refused(history: object) -> None:
    with pytest.raises(ArgumentError, match="a history is what fit returns"):
        diagnose(history)


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({}, "has no loss. Received: no columns"),
        ({"accuracy": [0.5]}, "has no loss. Received: accuracy"),
        ({"loss": [1, 2], "val_loss": [1]}, "differ in length"),
    ],
)
def test_a_history_without_a_loss_is_refused(history: dict[str, list], message: str) -> None:
    with pytest.raises(DataError, match=message):
        diagnose(history)


def test_epochs_are_numbered_as_in_the_history() -> None:
    resumed = training_curves({"loss": [1.0, 2.0], "epoch": [11.0, 12.0]})
    assert resumed.epoch_number(1) == 12
