"""The confusion matrix, and the scores that follow from it.

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
    """`images` of class `true` predicted as `predicted`, and their `fraction` of that class."""

    true: int
    predicted: int
    images: int
    fraction: float


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """One value per class: float64 (classes,), `support` int64."""

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: Counts


def confusion_matrix(labels: ArrayLike, predicted: ArrayLike, classes: int) -> Counts:
    """Count images by class: int64 (classes, classes), rows true, columns predicted.

    Raises DataError for labels outside 0 to `classes` - 1.

    >>> confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], classes=2).tolist()
    [[1, 1], [0, 2]]
    """
    true, guessed = np.asarray(labels, np.int64), np.asarray(predicted, np.int64)
    if true.shape != guessed.shape or true.ndim != 1:
        raise DataError(
            f"labels and predictions are (n,) each. Received: shapes {true.shape}, {guessed.shape}",
            hint="probabilities.argmax(axis=1) gives the predictions",
        )
    both = np.concatenate([true, guessed])
    if both.size and not 0 <= int(both.min()) <= int(both.max()) < classes:
        raise DataError(
            f"classes count from 0 to {classes - 1}. "
            f"Received: classes from {both.min()} to {both.max()}",
            hint="classes=1 + labels.max()",
        )
    counts = np.bincount(true * classes + guessed, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def normalize_rows(matrix: Counts) -> NDArray[np.float64]:
    """Divide each row by its sum: the fractions of a true class predicted as each class."""
    return _divide(matrix, matrix.sum(axis=1, keepdims=True))


def per_class(matrix: Counts) -> ClassScores:
    """Return precision, recall, F1 and support of each class."""
    correct = matrix.diagonal()
    support, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    return ClassScores(
        _divide(correct, predicted),
        _divide(correct, support),
        _divide(2 * correct, support + predicted),
        support,
    )


def macro_average(matrix: Counts) -> AverageScores:
    """Average the class scores with equal weights; classes that never occur are left out."""
    present = (matrix.sum(axis=0) + matrix.sum(axis=1)) > 0
    return _average(per_class(matrix), present.astype(np.float64))


def weighted_average(matrix: Counts) -> AverageScores:
    """Average the class scores, weighted by support."""
    scores = per_class(matrix)
    return _average(scores, scores.support.astype(np.float64))


def balanced_accuracy(matrix: Counts) -> float:
    """Return the mean recall of the classes that have images; guessing gives 1 / classes."""
    scores = per_class(matrix)
    return float(scores.recall[scores.support > 0].mean())


def most_confused(matrix: Counts, most: int = 10) -> list[ConfusedPair]:
    """Return the pairs with the most mistakes, most first; ties by descending fraction."""
    fractions = normalize_rows(matrix)
    pairs = [
        ConfusedPair(int(true), int(other), int(matrix[true, other]), float(fractions[true, other]))
        for true, other in zip(*np.nonzero(matrix), strict=True)
        if true != other
    ]
    pairs.sort(key=lambda pair: (-pair.images, -pair.fraction, pair.true, pair.predicted))
    return pairs[:most]


def _average(scores: ClassScores, weights: NDArray[np.float64]) -> AverageScores:
    columns = (scores.precision, scores.recall, scores.f1)
    return AverageScores(*(float(np.average(column, weights=weights)) for column in columns))


def _divide(numerator: Counts, denominator: Counts) -> NDArray[np.float64]:
    """Divide, with 0 where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator != 0)
