"""F-scores: the harmonic mean of precision and recall."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, ShapeError
from scallion.metrics.class_counts import Average, ClassCounts, checked_average
from scallion.metrics.metric import Metric
from scallion.metrics.target_shapes import broadcast_weights, integer_labels, one_hot

Floats = NDArray[np.float64]
_EPSILON = 1e-7  # Keras adds it to each denominator


class FBetaScore(Metric):
    """The F-beta score, which weights recall `beta` times as much as precision.

    The prediction is the largest output of a row, or with `threshold` each output above it. Values
    are Keras' for one-hot targets and scikit-learn's for integer labels. `average` is None (one
    value per class), "micro", "macro" or "weighted".
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
                f"`beta` must be a float above 0. Received: beta={beta!r}",
                hint="beta=1.0",
                field="beta",
                value=beta,
            )
        if threshold is not None and not (
            isinstance(threshold, float) and 0 < threshold <= 1  # pyright: ignore[reportUnnecessaryIsInstance]
        ):
            raise ArgumentError(
                "`threshold` must be a float above 0 and up to 1. "
                f"Received: threshold={threshold!r}",
                hint="threshold=0.5",
                field="threshold",
                value=threshold,
            )
        self.beta = beta
        self.threshold = threshold
        self.reset_state()

    def reset_state(self) -> None:
        self._classes: ClassCounts | None = None
        self._columns: ClassCounts | None = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate one batch: integer labels (n,), or targets (n, classes)."""
        true, pred = np.asarray(y_true), np.asarray(y_pred)
        labels = integer_labels(true, pred)
        if labels is not None and self.threshold is None:
            if self._classes is None:
                self._classes = ClassCounts.zeros(pred.shape[-1])
            self._classes.add(labels, pred, sample_weight)
            return
        if labels is not None:
            true = one_hot(labels, pred.shape[-1])
        if pred.ndim != 2 or true.shape != pred.shape:
            raise ShapeError(
                f"{self.name}: outputs must be (n, classes), and targets integer labels or shaped "
                f"as the outputs. Received: targets of {true.shape}, outputs of {pred.shape}",
                hint="for one binary output, reshape both to (n, 1)",
            )
        self._add_columns(true.astype(np.float64), pred.astype(np.float32), sample_weight)

    def _add_columns(self, true: Floats, pred: NDArray[np.float32], sample_weight: Any) -> None:
        if self._columns is None:
            self._columns = ClassCounts.zeros(pred.shape[-1])
        if self.threshold is None:
            # As in Keras: all outputs equal to the largest, and none if all are 0.
            is_predicted = (pred >= pred.max(axis=-1, keepdims=True)) & (np.abs(pred) > 1e-9)
        else:
            is_predicted = pred > np.float32(self.threshold)
        if sample_weight is not None:
            weights = broadcast_weights(sample_weight, pred.shape)
            true, predicted = true * weights, is_predicted * weights
        else:
            predicted = is_predicted.astype(np.float64)
        self._columns.true += true.sum(axis=0)
        self._columns.predicted += predicted.sum(axis=0)
        self._columns.correct += np.where(is_predicted, true, 0).sum(axis=0)

    def get_state(self) -> dict[str, Any]:
        return {
            "classes": self._classes and self._classes.as_state(),
            "columns": self._columns and self._columns.as_state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        classes, columns = state["classes"], state["columns"]
        self._classes = classes and ClassCounts(**classes)
        self._columns = columns and ClassCounts(**columns)

    def result(self) -> float | Floats:
        if self._classes is not None:
            return self._classes.f_score(self.beta, self.average)
        if self._columns is None:
            return 0.0
        return self._as_keras(self._columns)

    def _as_keras(self, counts: ClassCounts) -> float | Floats:
        correct, predicted, true = counts.correct, counts.predicted, counts.true
        if self.average == "micro":
            correct, predicted, true = (c.sum(keepdims=True) for c in (correct, predicted, true))
        precision, recall = correct / (predicted + _EPSILON), correct / (true + _EPSILON)
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
    """The F1 score, the harmonic mean of precision and recall: see FBetaScore.

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
