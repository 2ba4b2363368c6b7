"""Small sums over arrays that Keras keeps in its `utils`."""

from typing import Any

import numpy as np

from scallion.errors import ArgumentError, DataError


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """One-hot rows of class numbers: (n,) or (n, 1) -> float64 (n, classes).

    Raises DataError for labels that are not whole or lie outside 0 to `num_classes` - 1.

    >>> to_categorical([0, 2]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    given = np.asarray(x)
    if given.dtype.kind not in "biuf":
        raise DataError(
            f"labels are class numbers. Received: {given.dtype}",
            hint="names, y = np.unique(y, return_inverse=True)",
        )
    labels = given.astype(np.int64)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    classes = (int(labels.max(initial=-1)) + 1) if num_classes is None else int(num_classes)
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        raise DataError(
            f"labels count from 0 to {classes - 1}. Received: {labels[wrong].flat[0]}",
            hint=f"num_classes={int(labels.max()) + 1}, and labels from 0 on",
        )
    return (labels[..., None] == np.arange(classes)).astype(np.float64)


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """The array divided by its norm along an axis; where that is 0, as it is.

    As in Keras, a single row (n,) becomes (1, n).
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ArgumentError(
            f"`order` is a whole number of at least 1. Received: order={order!r}", hint="order=2"
        )
    array = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(array, order, axis=axis))
    return array / np.expand_dims(np.where(norm == 0, 1, norm), axis)
