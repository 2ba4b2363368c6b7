"""What targets are, seen from the outputs: class numbers, or shaped as the outputs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import DataError, ShapeError


def class_numbers(true: NDArray[Any], pred: NDArray[Any]) -> NDArray[np.int64] | None:
    """int64 labels without a last axis of 1 where `pred` has a column a class; else None.

    Raises DataError for labels that are no class of `pred`.
    """
    if pred.ndim < 2 or pred.shape[-1] < 2:
        return None
    labels = true[..., 0] if true.ndim == pred.ndim and true.shape[-1] == 1 else true
    if labels.shape != pred.shape[:-1]:
        return None
    whole = labels.astype(np.int64)
    classes = pred.shape[-1]
    if labels.size and not (
        np.array_equal(whole, labels) and 0 <= int(whole.min()) <= int(whole.max()) < classes
    ):
        wrong = labels[(whole != labels) | (whole < 0) | (whole >= classes)].flat[0]
        raise DataError(
            f"labels are classes from 0 to {classes - 1}, as the outputs have {classes} columns. "
            f"Received: {wrong}",
            hint="count classes from 0, and give the last layer one unit a class",
        )
    return whole


def one_hot(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Rows of 0 with a 1 at the label: (..., classes)."""
    return (labels[..., None] == np.arange(classes)).astype(np.float32)


def same_shape(
    true: NDArray[Any], pred: NDArray[Any], where: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both without a last axis of 1 that only one of them has, as in Keras."""
    if true.ndim == pred.ndim + 1 and true.shape[-1] == 1:
        true = true[..., 0]
    elif pred.ndim == true.ndim + 1 and pred.shape[-1] == 1:
        pred = pred[..., 0]
    if true.shape != pred.shape:
        raise ShapeError(
            f"{where}: targets are class numbers, or shaped as the outputs. "
            f"Received: targets of {true.shape}, outputs of {pred.shape}",
            hint="give one class number an image, or one target an output",
        )
    return true, pred


def weights_like(sample_weight: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """One weight an entry of `shape` from one an image, one a place or one for all.

    A weight that lacks the last axis counts for all of it, as in Keras.
    """
    weights = np.asarray(sample_weight, np.float64)[..., None]
    if weights.ndim == len(shape) + 1:
        weights = weights[..., 0]
    while 1 < weights.ndim < len(shape):
        weights = weights[..., None]
    try:
        return np.broadcast_to(weights, shape)
    except ValueError:
        received = np.shape(sample_weight)
        raise ShapeError(
            f"`sample_weight` of {received} does not fit outputs of {shape}",
            hint="give one weight an image",
        ) from None
