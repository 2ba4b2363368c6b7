"""Accuracies. Expected values are those of Keras 3.15."""

from typing import Any

import numpy as np
import pytest

from scallion import metrics
from scallion.errors import ShapeError, UnknownNameError, UnsupportedError
from scallion.metrics import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    Mean,
    MeanMetricWrapper,
    Metric,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)

# The second image ties between classes 0 and 1: argmax is 0, and class 1 is within the top 1.
OUTPUTS = np.array([[0.1, 0.7, 0.2], [0.4, 0.4, 0.2], [0.6, 0.3, 0.1], [0.2, 0.2, 0.6]], np.float32)
LABELS = np.array([1, 1, 0, 2])
ONE_HOT = np.eye(3)[LABELS]
WEIGHTS = np.array([1.0, 0.5, 2.0, 0.0])
BINARY_OUTPUTS = np.array([[0.9], [0.5], [0.4], [0.51]], np.float32)
BINARY_TARGETS = np.array([[1], [1], [0], [0]])


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], LABELS.astype(np.uint8)])
def test_sparse_accuracy_over_two_batches(labels: np.ndarray) -> None:
    metric = SparseCategoricalAccuracy()
    metric.update_state(labels, OUTPUTS)
    assert metric.result() == 0.75
    metric.update_state(labels, OUTPUTS[::-1])
    assert metric.result() == 0.5
    metric.reset_state()
    assert metric.result() == 0


def test_sparse_accuracy_with_weights() -> None:
    metric = SparseCategoricalAccuracy()
    metric.update_state(LABELS, OUTPUTS, sample_weight=WEIGHTS)
    assert metric.result() == 0.8571428656578064
    metric.update_state(LABELS, OUTPUTS[::-1], sample_weight=WEIGHTS)
    assert metric.result() == 0.7142857313156128


@pytest.mark.parametrize(
    ("metric", "targets", "outputs", "weights", "wanted"),
    [
        (CategoricalAccuracy(), ONE_HOT, OUTPUTS, None, 0.75),
        (CategoricalAccuracy(), ONE_HOT, OUTPUTS, WEIGHTS, 0.8571428656578064),
        (TopKCategoricalAccuracy(k=1), ONE_HOT, OUTPUTS, None, 1.0),
        (TopKCategoricalAccuracy(k=1), ONE_HOT[::-1], OUTPUTS, None, 0.25),
        (SparseTopKCategoricalAccuracy(k=1), LABELS, OUTPUTS, None, 1.0),
        (SparseTopKCategoricalAccuracy(k=1), LABELS, OUTPUTS[::-1], None, 0.25),
        (SparseTopKCategoricalAccuracy(k=2), LABELS[:, None], OUTPUTS, WEIGHTS, 1.0),
        (SparseTopKCategoricalAccuracy(), LABELS, OUTPUTS, None, 1.0),
        (BinaryAccuracy(), BINARY_TARGETS, BINARY_OUTPUTS, None, 0.5),
        (BinaryAccuracy(), BINARY_TARGETS, BINARY_OUTPUTS, WEIGHTS, 0.8571428656578064),
        (BinaryAccuracy(), BINARY_TARGETS[:, 0], BINARY_OUTPUTS, None, 0.5),
        (BinaryAccuracy(threshold=0.45), BINARY_TARGETS, BINARY_OUTPUTS, None, 0.75),
        (BinaryAccuracy(), [[1, 0], [0, 1]], [[0.9, 0.8], [0.2, 0.7]], [1, 3], 0.875),
        (Accuracy(), [[1], [2], [3], [4]], [[0], [2], [3], [4]], None, 0.75),
    ],
)
def test_accuracies_match_keras(
    metric: Metric, targets: Any, outputs: Any, weights: Any, wanted: float
) -> None:
    metric.update_state(targets, outputs, sample_weight=weights)
    assert metric.result() == pytest.approx(wanted, rel=1e-7)
    assert isinstance(metric.result(), float)


def test_an_image_may_have_many_predictions() -> None:
    values = metrics.sparse_categorical_accuracy(LABELS.reshape(2, 2), OUTPUTS.reshape(2, 2, 3))
    np.testing.assert_array_equal(values, [[1, 0], [1, 1]])
    metric = SparseCategoricalAccuracy()
    metric.update_state(LABELS.reshape(2, 2), OUTPUTS.reshape(2, 2, 3), sample_weight=[1.0, 0.0])
    assert metric.result() == 0.5


def test_functions_return_one_value_per_image() -> None:
    np.testing.assert_array_equal(
        metrics.sparse_categorical_accuracy(LABELS, OUTPUTS), [1, 0, 1, 1]
    )
    np.testing.assert_array_equal(metrics.categorical_accuracy(ONE_HOT, OUTPUTS), [1, 0, 1, 1])
    np.testing.assert_array_equal(metrics.top_k_categorical_accuracy(ONE_HOT, OUTPUTS, 1), [1] * 4)
    np.testing.assert_array_equal(metrics.binary_accuracy([1, 0], [0.6, 0.5]), [1, 1])
    assert metrics.accuracy([1, 2], [1, 3]).dtype == np.float32


@pytest.mark.parametrize(
    ("targets", "outputs", "kind"),
    [
        ((None,), (None, 10), SparseCategoricalAccuracy),
        ((None, 1), (None, 10), SparseCategoricalAccuracy),
        ((None, 10), (None, 10), CategoricalAccuracy),
        ((None,), (None, 1), BinaryAccuracy),
        ((None, 1), (None, 1), BinaryAccuracy),
        ((None, 8, 8), (None, 8, 8, 3), SparseCategoricalAccuracy),
    ],
)
@pytest.mark.parametrize("word", ["accuracy", "acc", "Accuracy"])
def test_accuracy_is_resolved_by_the_shapes(
    targets: tuple[int | None, ...], outputs: tuple[int | None, ...], kind: type, word: str
) -> None:
    metric = metrics.resolve(word, targets, outputs)
    assert type(metric) is kind
    assert metric.name == word


def test_a_metric_found_by_name_keeps_that_name() -> None:
    shapes = ((None,), (None, 10))
    assert metrics.resolve("SparseCategoricalAccuracy", *shapes).name == "SparseCategoricalAccuracy"
    assert metrics.resolve("categorical_accuracy", *shapes).name == "categorical_accuracy"
    mine = CategoricalAccuracy(name="mine")
    assert metrics.resolve(mine, *shapes) is mine
    assert metrics.resolve(metrics.categorical_accuracy, *shapes).name == "categorical_accuracy"


@pytest.mark.parametrize("identifier", ["accuracie", None])
def test_an_unknown_metric_is_reported(identifier: object) -> None:
    with pytest.raises(UnknownNameError, match="unknown metric"):
        metrics.resolve(identifier, (None,), (None, 10))


def test_the_nearest_metric_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match="top_k_acc") as caught:
        metrics.get("sparse_categorial_accuracy_top_k_acc")
    assert "sparse_categorical_accuracy" in str(caught.value.hint)


def test_metrics_are_found_by_name_class_function_and_config() -> None:
    assert type(metrics.get("accuracy")) is Accuracy
    assert type(metrics.get("Mean")) is Mean
    assert type(metrics.get(BinaryAccuracy)) is BinaryAccuracy
    top = metrics.get({"class_name": "TopKCategoricalAccuracy", "config": {"k": 3}})
    assert isinstance(top, TopKCategoricalAccuracy)
    assert top.k == 3
    assert metrics.get(None) is None


def test_configs_match_keras_and_make_equal_metrics() -> None:
    top = SparseTopKCategoricalAccuracy(k=2, name="two")
    assert top.get_config() == {"name": "two", "dtype": "float32", "k": 2}
    assert SparseTopKCategoricalAccuracy.from_config(top.get_config()).get_config() == (
        top.get_config()
    )
    assert BinaryAccuracy().get_config() == {
        "name": "binary_accuracy",
        "dtype": "float32",
        "threshold": 0.5,
    }
    assert CategoricalAccuracy().get_config() == {
        "name": "categorical_accuracy",
        "dtype": "float32",
    }


def test_a_custom_function_becomes_a_metric() -> None:
    def off_by_one(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.abs(y_true - y_pred.argmax(-1)) == 1

    metric = metrics.get(off_by_one)
    assert isinstance(metric, MeanMetricWrapper)
    assert metric.name == "off_by_one"
    assert metric(LABELS, OUTPUTS) == 0.25


@pytest.mark.parametrize(
    ("metric", "targets", "outputs", "hint"),
    [
        (SparseCategoricalAccuracy(), ONE_HOT, OUTPUTS, "CategoricalAccuracy"),
        (CategoricalAccuracy(), LABELS, OUTPUTS, "SparseCategoricalAccuracy"),
        (TopKCategoricalAccuracy(), LABELS, OUTPUTS, "SparseCategoricalAccuracy"),
        (BinaryAccuracy(), LABELS, OUTPUTS, "outputs' shape"),
    ],
)
def test_mismatched_targets_report_both_shapes(
    metric: Metric, targets: np.ndarray, outputs: np.ndarray, hint: str
) -> None:
    with pytest.raises(ShapeError, match=r"outputs of \(4, 3\)") as caught:
        metric.update_state(targets, outputs)
    assert hint in str(caught.value.hint)


def test_other_dtypes_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="dtype='float16'"):
        BinaryAccuracy(dtype="float16")


@pytest.mark.parametrize(
    ("arguments", "given", "text"),
    [
        ((2, [0, 2]), (), "num_classes=3"),
        ((2, [0]), ([0, 1], [[0.2, 0.8], [0.1, 0.9]]), "sparse_y_pred=False"),
        ((2, [0]), ([[0, 1], [1, 1]], [[0, 1], [1, 1]], [1, 2]), "one weight per label"),
    ],
    ids=["class", "predictions", "weights"],
)
def test_what_an_intersection_over_union_cannot_use_is_reported(
    arguments: tuple[object, ...], given: tuple[object, ...], text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        metrics.IoU(*arguments)(*given)  # type: ignore[arg-type]
