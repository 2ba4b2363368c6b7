"""Custom metrics: classes with variables, functions, and the labels that they get."""

from typing import Any

import numpy as np
import pytest

import scallion
from scallion import ops
from scallion.errors import ShapeError
from scallion.metrics import Metric, Precision, Recall


class Hits(Metric):
    """The fraction of correct images, as scripts write it."""

    def __init__(self, name: str = "hits", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.correct = self.add_weight(name="correct", initializer="zeros")
        self.seen = self.add_variable(shape=(), initializer="zeros", name="seen")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        same = ops.equal(ops.cast(y_true, "int32"), ops.argmax(y_pred, axis=-1))
        values = ops.cast(same, "float32")
        if sample_weight is not None:
            values = values * sample_weight
        self.correct.assign_add(ops.sum(values))
        self.seen.assign_add(float(len(y_true)))

    def result(self) -> Any:
        return self.correct / self.seen


class F1(Metric):
    """A metric made of two others."""

    def __init__(self, name: str = "f1") -> None:
        super().__init__(name=name)
        self.precision, self.recall = Precision(), Recall()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        self.precision.update_state(y_true, y_pred, sample_weight)
        self.recall.update_state(y_true, y_pred, sample_weight)

    def result(self) -> Any:
        p, r = self.precision.result(), self.recall.result()
        return 2 * p * r / (p + r + 1e-7)


def data() -> tuple[np.ndarray, np.ndarray]:
    """Return images (40, 4) and labels (40,)."""
    generator = np.random.default_rng(1)
    return generator.normal(size=(40, 4)).astype(np.float32), generator.integers(0, 3, 40)


def network(units: int = 3, activation: str = "softmax") -> Any:
    """Return a network of one layer."""
    scallion.utils.set_random_seed(4)
    return scallion.Sequential(
        [scallion.Input((4,)), scallion.layers.Dense(units, activation=activation)]
    )


def test_a_metric_class_equals_the_built_in_one() -> None:
    x, y = data()
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy", Hits()])
    history = model.fit(x, y, epochs=3, batch_size=16, verbose=0, validation_split=0.25).history
    np.testing.assert_allclose(history["hits"], history["accuracy"], rtol=1e-6)
    np.testing.assert_allclose(history["val_hits"], history["val_accuracy"], rtol=1e-6)
    assert model.evaluate(x, y, verbose=0, return_dict=True)["hits"] == pytest.approx(
        float(np.mean(model.predict(x, verbose=0).argmax(-1) == y))
    )


def test_variables_behave_as_in_keras() -> None:
    metric = Hits()
    assert [one.name for one in metric.variables] == ["correct", "seen"]
    metric.update_state(np.array([0, 1]), np.eye(3, dtype=np.float32)[[0, 2]])
    assert float(metric.result()) == 0.5
    assert metric.correct.numpy() == 1
    assert metric.result().numpy() == 0.5
    metric.reset_state()
    assert [float(one) for one in metric.variables] == [0, 0]
    table = metric.add_weight(shape=(2, 3), initializer="ones", name="table")
    table.assign_sub(np.full((2, 3), 0.5))
    assert np.sum(table) == 3
    assert (table[0] * 2).tolist() == [1, 1, 1]
    with pytest.raises(ShapeError, match=r"'table' has the shape \(2, 3\). Received: \(3,\)"):
        table.assign(np.zeros(3))


def test_the_state_of_variables_and_inner_metrics_is_restored() -> None:
    one, other = Hits(), Hits()
    one.update_state(np.array([0, 1]), np.eye(3)[[0, 1]])
    other.set_state(one.get_state())
    assert float(other.result()) == 1
    first, second = F1(), F1()
    first.update_state([0, 1, 1], [0.2, 0.8, 0.1])
    second.set_state(first.get_state())
    assert second.result() == first.result() > 0
    second.reset_state()
    assert second.result() == 0


def test_a_metric_of_other_metrics_counts_each_epoch_anew() -> None:
    x, y = data()
    model = network(1, "sigmoid")
    model.compile(
        "sgd", "binary_crossentropy", metrics=[F1(), Precision(name="p"), Recall(name="r")]
    )
    history = model.fit(x, y > 0, epochs=2, verbose=0).history
    for f1, p, r in zip(history["f1"], history["p"], history["r"], strict=True):
        assert f1 == pytest.approx(2 * p * r / (p + r + 1e-7), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("rmse", lambda t, p: ops.sqrt(ops.mean(ops.square(p - ops.one_hot(t, 3)), axis=-1))),
        ("scalar", lambda _, p: ops.mean(p[:, 0])),
        ("matrix", lambda _, p: p * 2),
    ],
)
def test_functions_are_averaged_over_images(name: str, function: Any) -> None:
    function.__name__ = name
    x, y = data()
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[function])
    found = model.evaluate(x, y, batch_size=20, verbose=0, return_dict=True)
    p = model.predict(x, verbose=0)
    expected = {
        "rmse": np.sqrt(((p - np.eye(3)[y]) ** 2).mean(-1)).mean(),
        "scalar": p[:, 0].mean(),
        "matrix": 2 / 3,
    }
    assert found[name] == pytest.approx(float(expected[name]), rel=1e-5)


def test_a_function_in_capitals_is_named_as_in_keras() -> None:
    def MyF1Score(y_true: Any, y_pred: Any) -> Any:
        return y_pred[:, 0]

    x, y = data()
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[MyF1Score])
    assert "my_f1_score" in model.fit(x, y, verbose=0).history


@pytest.mark.parametrize("shape", [(40,), (40, 1)])
def test_labels_come_in_the_shape_that_fit_got(shape: tuple[int, ...]) -> None:
    seen = []

    def watched(y_true: Any, y_pred: Any) -> Any:
        seen.append(y_true.shape)
        return y_pred[:, 0]

    x, y = data()
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[watched])
    model.fit(x, y.reshape(shape), batch_size=40, verbose=0)
    assert seen == [shape]
