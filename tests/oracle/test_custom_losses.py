"""Custom losses and metrics, trained and evaluated as the installed Keras does."""

import os
from typing import Any

import numpy as np
import pytest

import scallion
from custom_losses import CUSTOM_LOSSES, CustomLoss, batch, network

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]


def trained(package: Any, case: CustomLoss, weights: np.ndarray | None) -> np.ndarray:
    """Return losses and weights after a few steps."""
    x, y = batch(case)
    model = network(package, case)
    history = model.fit(
        x, y, epochs=3, batch_size=5, verbose=0, shuffle=False, sample_weight=weights,
        validation_data=(x, y),
    ).history  # fmt: skip
    parts = [*history["loss"], *history["val_loss"], *(w.ravel() for w in model.get_weights())]
    return np.concatenate([np.atleast_1d(np.asarray(part, np.float64)) for part in parts])


@pytest.mark.parametrize("case", CUSTOM_LOSSES.values(), ids=CUSTOM_LOSSES)
def test_custom_losses_train_as_in_keras(case: CustomLoss) -> None:
    ours, theirs = trained(scallion, case, None), trained(keras, case, None)
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    "name", ["squared", "weighted cross-entropy", "dice", "built-in twice", "subclass of built-in"]
)
def test_custom_losses_with_sample_weights_train_as_in_keras(name: str) -> None:
    case, weights = CUSTOM_LOSSES[name], np.linspace(0, 2, 12).astype(np.float32)
    ours, theirs = trained(scallion, case, weights), trained(keras, case, weights)
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6)


def hits(package: Any) -> Any:
    """Return a metric with variables."""
    ops = package.ops

    class Hits(package.metrics.Metric):
        def __init__(self, name: str = "hits", **options: Any) -> None:
            super().__init__(name=name, **options)
            self.correct = self.add_weight(name="correct", initializer="zeros")
            self.seen = self.add_variable((), "zeros", name="seen")

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            same = ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))
            self.correct.assign_add(ops.sum(ops.cast(same, "float32")))
            self.seen.assign(self.seen + float(y_true.shape[0]))

        def result(self) -> Any:
            return self.correct / self.seen

    return Hits()


def rmse(package: Any) -> Any:
    """Return a metric function."""

    def root_mean_squared(y_true: Any, y_pred: Any) -> Any:
        return package.ops.sqrt(package.ops.mean(package.ops.square(y_true - y_pred), axis=-1))

    return root_mean_squared


def scalar(package: Any) -> Any:
    """Return a metric function of one value per batch."""
    return lambda _, y_pred: package.ops.max(y_pred)


def test_custom_metrics_match_keras() -> None:
    case, found = CUSTOM_LOSSES["squared"], []
    x, y = batch(case)
    for package in (scallion, keras):
        model = network(package, case)
        metrics = [hits(package), rmse(package), scalar(package)]
        weighted = [hits(package), rmse(package)]
        model.compile("sgd", "mse", metrics=metrics, weighted_metrics=weighted)
        model.set_weights(network(package, case).get_weights())
        weights = np.linspace(0, 2, 12).astype(np.float32)
        found.append(
            model.evaluate(x, y, batch_size=5, verbose=0, return_dict=True, sample_weight=weights)
        )
    assert sorted(found[0]) == sorted(found[1])
    for name, value in found[1].items():
        assert found[0][name] == pytest.approx(float(value), rel=1e-5), name
