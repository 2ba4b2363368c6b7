"""The mean and the sum over batches. Expected values are those of Keras 3.15."""

import numpy as np
import pytest

from scallion.errors import ShapeError
from scallion.metrics import Mean, Sum


def test_mean_accumulates_and_resets() -> None:
    mean = Mean()
    assert mean.result() == 0
    mean.update_state([1, 3, 5, 7])
    assert mean.result() == 4
    mean.update_state([2.0], sample_weight=[4.0])
    assert mean.result() == 3
    mean.update_state(5.0, sample_weight=3)
    assert mean.result() == pytest.approx(3.545454502105713, rel=1e-7)
    mean.reset_state()
    assert mean.result() == 0


def test_images_with_many_values_count_once() -> None:
    mean = Mean()
    mean.update_state([[1, 3], [5, 7]], sample_weight=[1, 0])
    assert mean.result() == 2
    mean.reset_state()
    mean.update_state([[1, 3], [5, 7]], sample_weight=[[1, 0], [1, 1]])
    assert mean.result() == pytest.approx(4.333333492279053, rel=1e-7)
    mean.reset_state()
    mean.update_state([[1, 3], [5, 7]])
    assert mean.result() == 4
    assert mean.count == 2


def test_a_call_accumulates_and_returns_the_mean() -> None:
    mean = Mean(name="mine")
    assert mean([1.0, 2.0]) == 1.5
    assert mean.get_config() == {"name": "mine", "dtype": "float32"}


def test_sum_matches_keras() -> None:
    total = Sum()
    total.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
    assert total.result() == 4
    total.update_state([[1, 2], [3, 4]], sample_weight=[1, 0.5])
    assert total.result() == 10.5
    total.reset_state()
    assert total.result() == 0


def test_mismatched_weights_report_both_shapes() -> None:
    with pytest.raises(ShapeError, match=r"\(2,\) does not fit values of \(3,\)"):
        Mean().update_state(np.ones(3), sample_weight=np.ones(2))
