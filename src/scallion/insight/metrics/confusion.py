"""Which classes are taken for which, and the scores that follow from that alone.

All scores are scikit-learn's, with 0 where it divides by zero.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scallion.errors import DataError

Counts = NDArray[np.int64]


class AverageScores(NamedTuple):
    """Precision, recall and F1, averaged over classes."""

    precision: float
    recall: float
    f1: float


class ConfusedPair(NamedTuple):
    """`images` of class `true` taken for `predicted`; `fraction` is of all images of that class."""

    true: int
    predicted: int
    images: int
    fraction: float


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """One number a class, in their order: float64 (classes,), `support` int64."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: Counts


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, classes: int) -> Counts:
    """Counts (classes, classes): rows are true classes, columns what they were taken for.

    Raises DataError for labels that are no class.

    >>> confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], classes=2).tolist()
    [[1, 1], [0, 2]]
    """
    true, taken = np.asarray(labels, np.int64), np.asarray(predicted, np.int64)
    if true.shape != taken.shape or true.ndim != 1:
        raise DataError(
            f"labels and predictions are (n,) each. Received: shapes {true.shape}, {taken.shape}",
            hint="probabilities.argmax(axis=1) gives the predictions",
        )
    both = np.concatenate([true, taken])
    if both.size and not 0 <= int(both.min()) <= int(both.max()) < classes:
        raise DataError(
            f"classes count from 0 to {classes - 1}. "
            f"Received: numbers from {both.min()} to {both.max()}",
            hint="classes=1 + labels.max()",
        )
    counts = np.bincount(true * classes + taken, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def normalize_rows(matrix: Counts) -> NDArray[np.float64]:
    """Each row divided by its sum: of a true class, the share that was taken for each class."""
    return _divided(matrix, matrix.sum(axis=1, keepdims=True))


def per_class(matrix: Counts) -> ClassScores:
    """Precision, recall, F1 and support of each class."""
    right = matrix.diagonal()
    support, taken = matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassScores(
        _divided(right, taken),
        _divided(right, support),
        _divided(2 * right, support + taken),
        support,
    )


def macro_average(matrix: Counts) -> AverageScores:
    """Every class counts the same, those aside that are neither true nor predicted anywhere."""
    present = (matrix.sum(axis=0) + matrix.sum(axis=1)) > 0
    return _averaged(per_class(matrix), present.astype(np.float64))


def weighted_average(matrix: Counts) -> AverageScores:
    """Every class counts as much as it has images."""
    scores = per_class(matrix)
    return _averaged(scores, scores.support.astype(np.float64))


def balanced_accuracy(matrix: Counts) -> float:
    """The mean recall of the classes that have images: guessing gives 1 / classes."""
    scores = per_class(matrix)
    return float(scores.recall[scores.support > 0].mean())


def most_confused(matrix: Counts, most: int = 10) -> list[ConfusedPair]:
    """The pairs with the most mistakes, most first; among equals, the larger share first."""
    shares = normalize_rows(matrix)
    pairs = [
        ConfusedPair(int(true), int(taken), int(matrix[true, taken]), float(shares[true, taken]))
        for true, taken in zip(*np.nonzero(matrix), strict=True)
        if true != taken
    ]
    pairs.sort(key=lambda pair: (-pair.images, -pair.fraction, pair.true, pair.predicted))
    return pairs[:most]


def _averaged(scores: ClassScores, weights: NDArray[np.float64]) -> AverageScores:
    columns = (scores.precision, scores.recall, scores.f1)
    return AverageScores(*(float(np.average(column, weights=weights)) for column in columns))


def _divided(above: Counts, below: Counts) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)
