"""Keras' `to_categorical` and `normalize`."""

from typing import Any

import numpy as np

from scallion.errors import ArgumentError, DataError


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Return class indices (n,) or (n, 1) as one-hot rows: float64 (n, classes).

    Raises DataError for labels that are not numeric or not in 0 to `num_classes` - 1.

    >>> to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    given = np.asarray(x)
    if given.dtype.kind not in "biuf":
        raise DataError(
            f"labels must be class indices. Received: {given.dtype}",
            hint="names, y = np.unique(y, return_inverse=True)",
        )
    labels = given.astype(np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = (int(labels.max(initial=-1)) + 1) if num_classes is None else int(num_classes)
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        raise DataError(
            f"labels must be from 0 to {classes - 1}. Received: {labels[wrong].flat[0]}",
            hint=f"num_classes={int(labels.max()) + 1}, and labels that count from 0",
        )
    return (labels[..., None] == np.arange(classes)).astype(np.float64)


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """Return the array divided by its norm along an axis; rows of norm 0 are unchanged.

    As in Keras, a single row (n,) becomes (1, n). Raises ArgumentError for an invalid `order`.
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ArgumentError(
            f"`order` is an integer of at least 1. Received: order={order!r}", hint="order=2"
        )
    array = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(array, order, axis=axis))
    return array / np.expand_dims(np.where(norm == 0, 1, norm), axis)
