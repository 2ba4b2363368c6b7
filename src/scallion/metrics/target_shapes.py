"""Shapes of targets and weights relative to outputs: integer labels, or shaped as the outputs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.errors import DataError, ShapeError


def integer_labels(true: NDArray[Any], pred: NDArray[Any]) -> NDArray[np.int64] | None:
    """Return int64 labels (...) if targets are labels and `pred` is (..., classes), else None.

    A last axis of length 1 is dropped. Raises DataError for labels that are not a class of `pred`.
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
            f"labels must be from 0 to {classes - 1}, as the outputs have {classes} columns. "
            f"Received: {wrong}",
            hint="number classes from 0, and give the last layer one unit per class",
            value=float(wrong),
        )
    return whole


def one_hot(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Return labels (...) as one-hot rows (..., classes)."""
    return (labels[..., None] == np.arange(classes)).astype(np.float32)


def match_shapes(
    true: NDArray[Any], pred: NDArray[Any], where: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both without a last axis of length 1 that only one of them has, as in Keras.

    `where` is the name of the metric, for the message. Raises ShapeError if they still differ.
    """
    if true.ndim == pred.ndim + 1 and true.shape[-1] == 1:
        true = true[..., 0]
    elif pred.ndim == true.ndim + 1 and pred.shape[-1] == 1:
        pred = pred[..., 0]
    if true.shape != pred.shape:
        raise ShapeError(
            f"{where}: targets must be integer labels, or shaped as the outputs. "
            f"Received: targets of {true.shape}, outputs of {pred.shape}",
            hint="give one label per image, or one target per output",
        )
    return true, pred


def broadcast_weights(sample_weight: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Broadcast weights of one per image, one per prediction or one for all to `shape`.

    A weight without the last axis applies to all of it, as in Keras. Raises ShapeError.
    """
    given = np.asarray(sample_weight, np.float64)
    if given.ndim == len(shape) + 1 and given.shape[-1] == 1:
        given = given[..., 0]  # the outputs have lost such an axis, too
    weights = given[..., None]
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
            hint="give one weight per image",
            field="sample_weight",
        ) from None
