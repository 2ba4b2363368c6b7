"""Scores of predicted probabilities: log loss, Brier score, top-k accuracy, ROC AUC."""

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.insight.metrics.predictions import Predictions


def log_loss(predictions: Predictions) -> float:
    """Return the mean of -log(probability of the true class), clipped to 2.2e-16 from 0 and 1."""
    epsilon = np.finfo(np.float64).eps
    return float(-np.log(np.clip(_true_class(predictions), epsilon, 1 - epsilon)).mean())


def brier_score(predictions: Predictions) -> float:
    """Return the mean squared error of the probabilities, summed over classes: 0 to 2.

    For two classes this is twice the score of one class alone (Brier 1950).
    """
    squares = np.square(predictions.probabilities).sum(axis=1)
    return float((squares - 2 * _true_class(predictions) + 1).mean())


def top_k_accuracy(predictions: Predictions, k: int = 5) -> float:
    """Return the fraction of images whose true class is among the `k` most probable.

    Among equal probabilities the later class comes first, as in scikit-learn. Raises ArgumentError
    for a `k` outside 1 to classes.
    """
    if not 1 <= k <= predictions.classes:
        raise ArgumentError(
            f"k is a number of classes, from 1 to {predictions.classes}. Received: k={k!r}",
            hint=f"k={min(5, predictions.classes)}",
        )
    best = np.argsort(predictions.probabilities, axis=1, kind="stable")[:, -k:]
    return float((best == predictions.labels[:, None]).any(axis=1).mean())


def roc_auc(predictions: Predictions) -> NDArray[np.float64]:
    """Return the area under the ROC curve of each class against the rest: float64 (classes,).

    It is the probability that an image of the class is given a higher probability of it than an
    image of another class (Mann, Whitney 1947); NaN for classes that all or no images belong to.
    """
    return np.array(
        [
            _rank_auc(predictions.probabilities[:, label], predictions.labels == label)
            for label in range(predictions.classes)
        ]
    )


def _true_class(predictions: Predictions) -> NDArray[np.float64]:
    """Return the probability of each image's true class: (n,)."""
    return predictions.probabilities[np.arange(predictions.count), predictions.labels]


def _rank_auc(scores: NDArray[np.float64], positive: NDArray[np.bool_]) -> float:
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return float("nan")
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # Tied scores share the mean of their ranks.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    excess = ranks[positive].sum() - positives * (positives + 1) / 2
    return float(excess / (positives * negatives))
