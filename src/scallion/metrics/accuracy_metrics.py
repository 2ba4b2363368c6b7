"""Accuracies: the fraction of correct predictions, as functions per image and as metrics.

The functions return float32 (n,), or (n, H, W) for one prediction per pixel. Outputs are
probabilities or logits, as only their order counts.
"""

from typing import Any

import numpy as np

from scallion.errors import ShapeError
from scallion.layers.base.argument_checks import checked_float
from scallion.metrics.reduction_metrics import MeanMetricWrapper


def accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return 1 where targets and outputs are equal, both being labels."""
    true, pred = _same_rank(np.asarray(y_true), np.asarray(y_pred))
    return (true == pred).astype(np.float32)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> np.ndarray:
    """Return 1 where `y_pred > threshold` equals the target, which is 0 or 1."""
    true, pred = _same_rank(np.asarray(y_true), np.asarray(y_pred))
    return ((pred > threshold) == true).astype(np.float32)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return 1 where the largest output is that of the target, an integer label."""
    pred = np.asarray(y_pred)
    predicted = pred.argmax(axis=-1)
    return (_labels(np.asarray(y_true), pred) == predicted).astype(np.float32)


def categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return 1 where the largest output is that of the largest target, one-hot or probabilities."""
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    _check_same_shape(true, pred)
    return (true.argmax(axis=-1) == pred.argmax(axis=-1)).astype(np.float32)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> np.ndarray:
    """Return 1 where the target class is among the `k` largest outputs, or ties with the last."""
    pred = np.asarray(y_pred)
    labels = _labels(np.asarray(y_true), pred).astype(np.int64)
    is_class = (labels >= 0) & (labels < pred.shape[-1])
    target = np.take_along_axis(pred, np.where(is_class, labels, 0)[..., None], axis=-1)
    return (is_class & ((pred > target).sum(axis=-1) < k)).astype(np.float32)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> np.ndarray:
    """Return `sparse_top_k_categorical_accuracy` for one-hot targets or probabilities."""
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    _check_same_shape(true, pred)
    return sparse_top_k_categorical_accuracy(true.argmax(axis=-1), pred, k)


class Accuracy(MeanMetricWrapper):
    """The fraction of equal labels."""

    direction = "up"

    def __init__(self, name: str = "accuracy", dtype: str | None = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """The fraction of outputs on the correct side of the threshold."""

    direction = "up"

    def __init__(
        self, name: str = "binary_accuracy", dtype: str | None = None, threshold: float = 0.5
    ) -> None:
        self.threshold = checked_float("threshold", threshold)
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """The fraction of images whose largest output is that of the one-hot target."""

    direction = "up"

    def __init__(self, name: str = "categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """The fraction of images whose largest output is that of the integer label.

    >>> metric = SparseCategoricalAccuracy()
    >>> metric([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]])
    0.5
    """

    direction = "up"

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """Top-k accuracy: one-hot targets among the `k` largest outputs."""

    direction = "up"

    def __init__(
        self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: str | None = None
    ) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """Top-k accuracy: integer labels among the `k` largest outputs."""

    direction = "up"

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


def _labels(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    """Return labels without a last axis of length 1. Raises ShapeError."""
    labels = true[..., 0] if true.ndim == pred.ndim and true.shape[-1] == 1 else true
    if labels.shape != pred.shape[:-1]:
        raise ShapeError(
            f"there must be one integer label per prediction. Received: targets of {true.shape}, "
            f"outputs of {pred.shape}",
            hint="for one-hot targets use CategoricalAccuracy",
        )
    return labels


def _check_same_shape(true: np.ndarray, pred: np.ndarray) -> None:
    if true.shape != pred.shape:
        raise ShapeError(
            f"there must be one target per class. "
            f"Received: targets of {true.shape}, outputs of {pred.shape}",
            hint="for integer labels use SparseCategoricalAccuracy",
        )


def _same_rank(true: np.ndarray, pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both with the same axes; either may lack a last axis of length 1, as in Keras."""
    if true.ndim == pred.ndim + 1 and true.shape[-1] == 1:
        true = true[..., 0]
    elif pred.ndim == true.ndim + 1 and pred.shape[-1] == 1:
        pred = pred[..., 0]
    _check_broadcast(true, pred)
    return true, pred


def _check_broadcast(true: np.ndarray, pred: np.ndarray) -> None:
    if true.shape != pred.shape:
        raise ShapeError(
            f"there must be one target per output. "
            f"Received: targets of {true.shape}, outputs of {pred.shape}",
            hint="give targets of the outputs' shape",
        )
