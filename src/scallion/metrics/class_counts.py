"""Counts per class of true, predicted and correct images; the prediction is the argmax.

Scores and averages are those of scikit-learn, with `zero_division=0`.
"""

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.metrics.target_shapes import broadcast_weights

Average = Literal["micro", "macro", "weighted"] | None
Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class ClassCounts:
    """Weighted counts per class, float64 (classes,): true, predicted and correct images.

    `seen` is 1 for classes that are true or predicted for any image: scikit-learn averages over
    those.
    """

    true: Floats
    predicted: Floats
    correct: Floats
    seen: Floats
    total: float = 0.0

    @classmethod
    def zeros(cls, classes: int) -> "ClassCounts":
        """Return counts of 0 for this number of classes."""
        zeros = [np.zeros(classes) for _ in range(4)]
        return cls(zeros[0], zeros[1], zeros[2], zeros[3])

    def as_state(self) -> dict[str, Any]:
        """Return the counts by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def add(self, labels: NDArray[np.int64], pred: NDArray[Any], sample_weight: Any) -> None:
        """Count labels (...) and outputs (..., classes)."""
        predicted = pred.argmax(axis=-1)
        weights = None
        if sample_weight is not None:
            weights = broadcast_weights(sample_weight, pred.shape)[..., 0].ravel()
        correct = (labels == predicted).ravel().astype(np.float64)
        weighted = correct if weights is None else correct * weights
        classes = len(self.true)
        self.true += np.bincount(labels.ravel(), weights, classes)
        self.predicted += np.bincount(predicted.ravel(), weights, classes)
        self.correct += np.bincount(labels.ravel(), weighted, classes)
        self.seen[labels] = self.seen[predicted] = 1.0
        self.total += float(labels.size if weights is None else weights.sum())

    def only(self, class_id: int) -> "ClassCounts":
        """Return the counts of one class. Raises ArgumentError if there is no such class."""
        if not 0 <= class_id < len(self.true):
            raise ArgumentError(
                f"the classes are 0 to {len(self.true) - 1}. Received: class_id={class_id!r}",
                hint="class_id=0",
                field="class_id",
                value=class_id,
            )
        one = slice(class_id, class_id + 1)
        counts = (self.true[one], self.predicted[one], self.correct[one])
        return ClassCounts(*counts, np.ones(1), self.total)

    def precision(self, average: Average) -> float | Floats:
        """Return correct / predicted: the fraction of predictions of a class that are correct."""
        return self._score(self.correct, self.predicted, average)

    def recall(self, average: Average) -> float | Floats:
        """Return correct / true: the fraction of images of a class that are predicted as it."""
        return self._score(self.correct, self.true, average)

    def f_score(self, beta: float, average: Average) -> float | Floats:
        """Return the F-beta score, which weights recall `beta` times as much as precision."""
        squared = beta * beta
        return self._score(
            (1 + squared) * self.correct, self.predicted + squared * self.true, average
        )

    def _score(self, numerator: Floats, denominator: Floats, average: Average) -> float | Floats:
        if average == "micro":
            return float(safe_divide(numerator.sum(), denominator.sum()))
        scores = safe_divide(numerator, denominator)
        if average is None:
            return scores
        weights = self.seen if average == "macro" else self.true
        return float(safe_divide((scores * weights).sum(), weights.sum()))


def safe_divide(numerator: Any, denominator: Any) -> Any:
    """Return the float64 quotient, 0 where the denominator is 0."""
    top, bottom = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom != 0)


def checked_average(average: Any, example: str) -> Average:
    """Return the average if it is a known one; `example` is the hint. Raises ArgumentError."""
    if average is not None and average not in ("micro", "macro", "weighted"):
        raise ArgumentError(
            "`average` must be None, 'micro', 'macro' or 'weighted'. "
            f"Received: average={average!r}",
            hint=example,
            field="average",
            value=average,
        )
    return average
