"""The mean and the sum over batches. Expected values are those of Keras 3.15."""

import numpy as np
import pytest

from scallion import metrics
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


def test_a_result_stays_when_the_next_batch_comes() -> None:
    metric = metrics.FalsePositives(thresholds=[0.2, 0.7])
    metric.update_state([0, 0], [0.5, 0.9])
    first = metric.result()
    metric.update_state([0, 0], [0.5, 0.9])
    np.testing.assert_array_equal(first, [2, 1])
    np.testing.assert_array_equal(metric.result(), [4, 2])


def test_weights_may_have_the_last_axis_that_outputs_lose() -> None:
    metric = metrics.Precision()
    metric.update_state([1, 0], [[0.9], [0.8]], sample_weight=[[1.0], [3.0]])
    assert metric.result() == 0.25


def test_a_label_that_is_no_class_is_not_among_the_largest_outputs() -> None:
    metric = metrics.SparseTopKCategoricalAccuracy(k=2)
    metric.update_state([1, 5], [[0.2, 0.8], [0.3, 0.7]])
    assert metric.result() == 0.5


def test_equal_targets_have_no_variance_to_explain() -> None:
    metric = metrics.R2Score()
    metric.update_state([[0.1], [0.1], [0.1]], [[0.3], [0.2], [0.4]], sample_weight=[0.3, 0.7, 1.1])
    assert metric.result() == 0.0
