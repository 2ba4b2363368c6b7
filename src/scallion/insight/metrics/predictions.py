"""Labels and predicted probabilities, validated once for all scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion.errors import DataError

_SUM_TOLERANCE = 1e-3  # float16 probabilities of a thousand classes still sum to 1 within this


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """A classifier's predictions: labels int64 (n,), probabilities float64 (n, classes)."""

    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    @property
    def count(self) -> int:
        """The number of images."""
        return len(self.labels)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return self.probabilities.shape[1]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class of each image, the first of ties: int64 (n,)."""
        return self.probabilities.argmax(axis=1).astype(np.int64)


def as_predictions(labels: ArrayLike, probabilities: ArrayLike) -> Predictions:
    """Validate labels (n,) or (n, 1) and probabilities (n, classes).

    Raises DataError for counts that differ, labels that are not classes, and rows that are not
    probabilities.
    """
    given = np.asarray(labels)
    if given.ndim == 2 and given.shape[1] == 1:
        given = given[:, 0]
    rows = np.asarray(probabilities, np.float64)
    if rows.ndim != 2 or rows.shape[1] < 2:
        raise DataError(
            f"probabilities are (n, classes), two classes or more. Received: shape {rows.shape}",
            hint="for one probability p per image: np.stack([1 - p, p], axis=1)",
        )
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise DataError(
            f"labels are integers, (n,) or (n, 1). Received: {given.dtype} of shape {given.shape}",
            hint="for one-hot labels, labels.argmax(axis=1)",
        )
    if len(given) != len(rows) or not len(rows):
        raise DataError(
            "there must be one row of probabilities per label. "
            f"Received: {len(given)} labels and {len(rows)} rows",
            hint="model.predict(x) on the images that the labels belong to",
        )
    if not 0 <= int(given.min()) <= int(given.max()) < rows.shape[1]:
        raise DataError(
            f"labels are classes from 0 to {rows.shape[1] - 1}. "
            f"Received: labels from {given.min()} to {given.max()}",
            hint="give the probabilities of all classes, in the order of the labels",
        )
    _check_probabilities(rows)
    return Predictions(given.astype(np.int64), rows)


def as_probabilities(outputs: NDArray[Any]) -> NDArray[np.float64]:
    """Return a classifier's outputs as probabilities (n, classes), with a softmax for logits."""
    rows = np.asarray(outputs, np.float64)
    sums = rows.sum(axis=1, keepdims=True)
    if (rows >= 0).all() and np.allclose(sums, 1, atol=1e-3):
        return rows / sums
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _check_probabilities(rows: NDArray[np.float64]) -> None:
    invalid = ~np.isfinite(rows).all(axis=1) | (rows < 0).any(axis=1)
    invalid |= ~(np.abs(rows.sum(axis=1) - 1) <= _SUM_TOLERANCE)
    if invalid.any():
        row = int(invalid.argmax())
        raise DataError(
            f"row {row} does not hold probabilities: values from 0 that sum to 1. "
            f"Received: {np.array2string(rows[row], precision=4, threshold=5)}",
            hint="for logits: e = np.exp(z - z.max(axis=1, keepdims=True)), "
            "then e / e.sum(axis=1, keepdims=True)",
        )
