"""Results have TensorFlow's `numpy()`, and learning rates can be assigned."""

import numpy as np
import pytest

import scallion
from scallion import backend, losses, metrics, optimizers


def test_losses_and_metrics_have_numpy() -> None:
    loss = losses.MeanSquaredError()([[1.0, 2.0]], [[0.0, 0.0]])
    assert (loss.numpy(), type(loss.numpy()), f"{loss:.1f}") == (2.5, np.float32, "2.5")
    assert losses.MeanSquaredError(reduction=None)([[1.0]], [[0.0]]).numpy().tolist() == [1.0]
    mean = metrics.Mean()
    mean.update_state([1, 2])
    assert (mean.result().numpy(), f"{mean.result():.2f}", mean.result() + 1) == (1.5, "1.50", 2.5)
    assert mean.result().dtype == "float32"


def test_a_learning_rate_can_be_read_and_assigned() -> None:
    optimizer = optimizers.Adam(0.01)
    assert optimizer.learning_rate.numpy() == np.float32(0.01)
    optimizer.learning_rate.assign(0.5)
    assert optimizer.learning_rate == 0.5
    assert float(optimizer.learning_rate.value) == 0.5
    backend.set_value(optimizer.learning_rate, 0.25)
    assert backend.get_value(optimizer.learning_rate) == 0.25


def test_weights_can_be_read_and_set_by_the_backend() -> None:
    layer = scallion.layers.Dense(1)
    layer.build((None, 2))
    backend.set_value(layer.kernel, [[1.0], [2.0]])
    assert backend.get_value(layer.kernel).tolist() == [[1.0], [2.0]]
    with pytest.raises(scallion.errors.ArgumentError, match="hint:"):
        backend.set_value(3, 4)
