"""Scores of the probabilities themselves: are they high for the truth, and can one rely on them."""

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.insight.metrics.predictions import Predictions


def log_loss(answers: Predictions) -> float:
    """The mean of -log of the true class's probability, which is kept off 0 and 1 by 2.2e-16."""
    epsilon = np.finfo(np.float64).eps
    return float(-np.log(np.clip(_of_truth(answers), epsilon, 1 - epsilon)).mean())


def brier_score(answers: Predictions) -> float:
    """The mean squared distance of probabilities and truth, over all classes: 0 to 2.

    For two classes this is twice the score that looks at one class alone (Brier 1950).
    """
    squares = np.square(answers.probabilities).sum(axis=1)
    return float((squares - 2 * _of_truth(answers) + 1).mean())


def top_k_accuracy(answers: Predictions, k: int = 5) -> float:
    """The share of images whose true class is among the `k` most probable.

    Among equal probabilities the later class comes first, as in scikit-learn.
    """
    if not 1 <= k <= answers.classes:
        raise ArgumentError(
            f"k is a number of classes, from 1 to {answers.classes}. Received: k={k!r}",
            hint=f"k={min(5, answers.classes)}",
        )
    best = np.argsort(answers.probabilities, axis=1, kind="stable")[:, -k:]
    return float((best == answers.labels[:, None]).any(axis=1).mean())


def roc_auc(answers: Predictions) -> NDArray[np.float64]:
    """The area under the ROC curve of each class against the rest: float64 (classes,).

    It is the probability that an image of the class is given more of it than one of another class
    (Mann, Whitney 1947). nan for classes that all images, or none, belong to.
    """
    return np.array(
        [
            _area(answers.probabilities[:, one], answers.labels == one)
            for one in range(answers.classes)
        ]
    )


def _of_truth(answers: Predictions) -> NDArray[np.float64]:
    return answers.probabilities[np.arange(answers.count), answers.labels]


def _area(scores: NDArray[np.float64], belongs: NDArray[np.bool_]) -> float:
    inside = int(belongs.sum())
    outside = len(belongs) - inside
    if not inside or not outside:
        return float("nan")
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    # Equal scores share the mean of the ranks that they take up.
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return float((ranks[belongs].sum() - inside * (inside + 1) / 2) / (inside * outside))
