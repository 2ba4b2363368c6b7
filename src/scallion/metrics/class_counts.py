"""Counts of decisions between classes: the largest output decides, the first among equals.

Scores and averages are scikit-learn's, with 0 where it divides by zero.
"""

from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.metrics.target_shapes import weights_like

Average = Literal["micro", "macro", "weighted"] | None
Numbers = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class ClassCounts:
    """Weighted counts a class, float64 (classes,): of images that are, are taken, and are both.

    `seen` marks the classes that any image is or is taken for: scikit-learn averages over those.
    """

    true: Numbers
    taken: Numbers
    right: Numbers
    seen: Numbers
    total: float = 0.0

    @classmethod
    def of(cls, classes: int) -> "ClassCounts":
        """Nothing counted yet."""
        zeros = [np.zeros(classes) for _ in range(4)]
        return cls(zeros[0], zeros[1], zeros[2], zeros[3])

    def as_state(self) -> dict[str, Any]:
        """The counts by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def add(self, labels: NDArray[np.int64], pred: NDArray[Any], sample_weight: Any) -> None:
        """Take in labels (...) and outputs (..., classes)."""
        chosen = pred.argmax(axis=-1)
        weights = None
        if sample_weight is not None:
            weights = weights_like(sample_weight, pred.shape)[..., 0].ravel()
        hits = (labels == chosen).ravel().astype(np.float64)
        counted = hits if weights is None else hits * weights
        classes = len(self.true)
        self.true += np.bincount(labels.ravel(), weights, classes)
        self.taken += np.bincount(chosen.ravel(), weights, classes)
        self.right += np.bincount(labels.ravel(), counted, classes)
        self.seen[labels] = self.seen[chosen] = 1.0
        self.total += float(labels.size if weights is None else weights.sum())

    def only(self, class_id: int) -> "ClassCounts":
        """The counts of one class. Raises ArgumentError where there is no such class."""
        if not 0 <= class_id < len(self.true):
            raise ArgumentError(
                f"the classes are 0 to {len(self.true) - 1}. Received: class_id={class_id!r}",
                hint="class_id=0",
            )
        cut = slice(class_id, class_id + 1)
        return ClassCounts(self.true[cut], self.taken[cut], self.right[cut], np.ones(1), self.total)

    def precision(self, average: Average) -> float | Numbers:
        """Of the images taken for a class, the share that is of it."""
        return self._score(self.right, self.taken, average)

    def recall(self, average: Average) -> float | Numbers:
        """Of the images of a class, the share that is taken for it."""
        return self._score(self.right, self.true, average)

    def f_score(self, beta: float, average: Average) -> float | Numbers:
        """The harmonic mean of both, in which recall counts `beta` times as much."""
        squared = beta * beta
        return self._score((1 + squared) * self.right, self.taken + squared * self.true, average)

    def _score(self, above: Numbers, below: Numbers, average: Average) -> float | Numbers:
        if average == "micro":
            return float(divided(above.sum(), below.sum()))
        scores = divided(above, below)
        if average is None:
            return scores
        shares = self.seen if average == "macro" else self.true
        return float(divided((scores * shares).sum(), shares.sum()))


def divided(above: Any, below: Any) -> Any:
    """above / below, and 0 where `below` is 0."""
    above, below = np.asarray(above, np.float64), np.asarray(below, np.float64)
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def checked_average(average: Any, example: str) -> Average:
    """The average, where it is one that there is."""
    if average is not None and average not in ("micro", "macro", "weighted"):
        raise ArgumentError(
            f"`average` is None, 'micro', 'macro' or 'weighted'. Received: average={average!r}",
            hint=example,
        )
    return average
