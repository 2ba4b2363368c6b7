"""F-scores: precision and recall in one number."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, ShapeError
from scallion.metrics.class_counts import Average, ClassCounts, checked_average
from scallion.metrics.metric import Metric
from scallion.metrics.target_shapes import class_numbers, one_hot, weights_like

Numbers = NDArray[np.float64]
_EPSILON = 1e-7  # what Keras adds below each fraction


class FBetaScore(Metric):
    """The harmonic mean of precision and recall, in which recall counts `beta` times as much.

    One-hot targets: the largest output of a row, or with `threshold` each output above it, says
    yes. Class numbers: the same, and scikit-learn's number. `average` is None (one number a class),
    `"micro"`, `"macro"` or `"weighted"`.
    """

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        average: Average = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        self.average: Average = checked_average(average, 'average="macro"')
        if not isinstance(beta, float) or not beta > 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ArgumentError(
                f"`beta` is a float above 0. Received: beta={beta!r}", hint="beta=1.0"
            )
        if threshold is not None and not (
            isinstance(threshold, float) and 0 < threshold <= 1  # pyright: ignore[reportUnnecessaryIsInstance]
        ):
            raise ArgumentError(
                f"`threshold` is a float above 0 and up to 1. Received: threshold={threshold!r}",
                hint="threshold=0.5",
            )
        self.beta = beta
        self.threshold = threshold
        self.reset_state()

    def reset_state(self) -> None:
        self._classes: ClassCounts | None = None
        self._columns: ClassCounts | None = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch: class numbers (n,), or targets (n, classes)."""
        true, pred = np.asarray(y_true), np.asarray(y_pred)
        labels = class_numbers(true, pred)
        if labels is not None and self.threshold is None:
            if self._classes is None:
                self._classes = ClassCounts.of(pred.shape[-1])
            self._classes.add(labels, pred, sample_weight)
            return
        if labels is not None:
            true = one_hot(labels, pred.shape[-1])
        if pred.ndim != 2 or true.shape != pred.shape:
            raise ShapeError(
                f"{self.name}: outputs are (n, classes), and targets are class numbers or shaped "
                f"as the outputs. Received: targets of {true.shape}, outputs of {pred.shape}",
                hint="for one yes-or-no output, bring both to the shape (n, 1)",
            )
        self._add_columns(true.astype(np.float64), pred.astype(np.float32), sample_weight)

    def _add_columns(self, true: Numbers, pred: NDArray[np.float32], sample_weight: Any) -> None:
        if self._columns is None:
            self._columns = ClassCounts.of(pred.shape[-1])
        if self.threshold is None:
            # Keras: all that are as large as the largest, and none where all are 0.
            said = (pred >= pred.max(axis=-1, keepdims=True)) & (np.abs(pred) > 1e-9)
        else:
            said = pred > np.float32(self.threshold)
        if sample_weight is not None:
            weights = weights_like(sample_weight, pred.shape)
            true, taken = true * weights, said * weights
        else:
            taken = said.astype(np.float64)
        self._columns.true += true.sum(axis=0)
        self._columns.taken += taken.sum(axis=0)
        self._columns.right += np.where(said, true, 0).sum(axis=0)

    def get_state(self) -> dict[str, Any]:
        return {
            "classes": self._classes and self._classes.as_state(),
            "columns": self._columns and self._columns.as_state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        classes, columns = state["classes"], state["columns"]
        self._classes = classes and ClassCounts(**classes)
        self._columns = columns and ClassCounts(**columns)

    def result(self) -> float | Numbers:
        if self._classes is not None:
            return self._classes.f_score(self.beta, self.average)
        if self._columns is None:
            return 0.0
        return self._as_keras(self._columns)

    def _as_keras(self, counts: ClassCounts) -> float | Numbers:
        right, taken, true = counts.right, counts.taken, counts.true
        if self.average == "micro":
            right, taken, true = (column.sum(keepdims=True) for column in (right, taken, true))
        precision, recall = right / (taken + _EPSILON), right / (true + _EPSILON)
        squared = self.beta * self.beta
        scores = precision * recall / (squared * precision + recall + _EPSILON) * (1 + squared)
        if self.average is None:
            return scores
        if self.average == "weighted":
            return float((scores * true / (true.sum() + _EPSILON)).sum())
        return float(scores.mean())

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "average": self.average,
            "beta": self.beta,
            "threshold": self.threshold,
        }


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall: see FBetaScore.

    >>> F1Score(average="macro")([0, 1, 1], [[0.7, 0.3], [0.6, 0.4], [0.1, 0.9]])
    0.6666666666666666
    """

    def __init__(
        self,
        average: Average = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["beta"]
        return config


__all__ = ["F1Score", "FBetaScore"]
