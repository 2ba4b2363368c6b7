"""Metrics as pure functions: targets and outputs in, one number an image out.

Each gives float32 (n,), or (n, H, W) where an image has many predictions. Outputs are probabilities
or scores: only their order counts.
"""

from typing import Any

import numpy as np

from scallion.errors import ShapeError


def accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """1 where both are equal: for labels against labels."""
    true, pred = _same_rank(np.asarray(y_true), np.asarray(y_pred))
    return (true == pred).astype(np.float32)


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> np.ndarray:
    """1 where the output lies on the target's side of the threshold; the threshold itself is 0."""
    true, pred = _same_rank(np.asarray(y_true), np.asarray(y_pred))
    return ((pred > threshold) == true).astype(np.float32)


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """1 where the largest output is that of the target class; targets are class numbers."""
    pred = np.asarray(y_pred)
    chosen = pred.argmax(axis=-1)
    return (_labels(np.asarray(y_true), pred) == chosen).astype(np.float32)


def categorical_accuracy(y_true: Any, y_pred: Any) -> np.ndarray:
    """1 where the largest output is that of the largest target; targets are one-hot or shares."""
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    _check_same_shape(true, pred)
    return (true.argmax(axis=-1) == pred.argmax(axis=-1)).astype(np.float32)


def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> np.ndarray:
    """1 where the target class is among the `k` largest outputs, or ties with the last of them."""
    pred = np.asarray(y_pred)
    labels = _labels(np.asarray(y_true), pred).astype(np.int64)
    wanted = np.take_along_axis(pred, labels[..., None], axis=-1)
    return ((pred > wanted).sum(axis=-1) < k).astype(np.float32)


def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> np.ndarray:
    """As `sparse_top_k_categorical_accuracy`, for one-hot targets or shares."""
    true, pred = np.asarray(y_true), np.asarray(y_pred)
    _check_same_shape(true, pred)
    return sparse_top_k_categorical_accuracy(true.argmax(axis=-1), pred, k)


def _labels(true: np.ndarray, pred: np.ndarray) -> np.ndarray:
    """Class numbers without a last axis of 1."""
    labels = true[..., 0] if true.ndim == pred.ndim and true.shape[-1] == 1 else true
    if labels.shape != pred.shape[:-1]:
        raise ShapeError(
            f"one class number a prediction. Received: targets of {true.shape}, "
            f"outputs of {pred.shape}",
            hint="for one-hot targets use CategoricalAccuracy",
        )
    return labels


def _check_same_shape(true: np.ndarray, pred: np.ndarray) -> None:
    if true.shape != pred.shape:
        raise ShapeError(
            f"one target a class. Received: targets of {true.shape}, outputs of {pred.shape}",
            hint="for class numbers use SparseCategoricalAccuracy",
        )


def _same_rank(true: np.ndarray, pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both with the same axes: a last axis of 1 may be missing on either side, as in Keras."""
    if true.ndim == pred.ndim + 1 and true.shape[-1] == 1:
        true = true[..., 0]
    elif pred.ndim == true.ndim + 1 and pred.shape[-1] == 1:
        pred = pred[..., 0]
    _check_broadcast(true, pred)
    return true, pred


def _check_broadcast(true: np.ndarray, pred: np.ndarray) -> None:
    if true.shape != pred.shape:
        raise ShapeError(
            f"one target an output. Received: targets of {true.shape}, outputs of {pred.shape}",
            hint="give targets of the outputs' shape",
        )
