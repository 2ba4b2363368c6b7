"""Precision, recall, and counts of true and false positives and negatives.

For targets shaped as the outputs, thresholds decide, as in Keras. For integer labels and outputs of
one column per class, the prediction is the argmax, and scores are those of scikit-learn.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.metrics.class_counts import Average, ClassCounts, checked_average, safe_divide
from scallion.metrics.metric import Metric
from scallion.metrics.target_shapes import integer_labels, one_hot
from scallion.metrics.threshold_counts import (
    ThresholdCounts,
    checked_thresholds,
    default_threshold,
    flat_decisions,
)

Score = float | NDArray[np.float64]


class _DecisionMetric(Metric):
    """The base: counts per class, or at thresholds."""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        self.init_thresholds = thresholds
        self.thresholds = checked_thresholds(thresholds, default_threshold(top_k))
        self.top_k = top_k
        self.class_id = class_id
        self.reset_state()

    def reset_state(self) -> None:
        self._classes: ClassCounts | None = None
        self._at_thresholds: ThresholdCounts | None = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate one batch: integer labels (n,) or targets shaped as the outputs."""
        true, pred = np.asarray(y_true), np.asarray(y_pred)
        labels = integer_labels(true, pred)
        if labels is not None:
            if self.init_thresholds is None and self.top_k is None:
                self._add_labels(labels, pred, sample_weight)
                return
            true = one_hot(labels, pred.shape[-1])
        self._add_targets(true, pred, sample_weight)

    def _add_labels(
        self, labels: NDArray[np.int64], pred: NDArray[Any], sample_weight: Any
    ) -> None:
        if self._classes is None:
            self._classes = ClassCounts.zeros(pred.shape[-1])
        self._classes.add(labels, pred, sample_weight)

    def _add_targets(self, true: NDArray[Any], pred: NDArray[Any], sample_weight: Any) -> None:
        if self._at_thresholds is None:
            self._at_thresholds = ThresholdCounts.zeros(len(self.thresholds))
        rows = flat_decisions(true, pred, sample_weight, self.name, self.top_k, self.class_id)
        self._at_thresholds.add(*rows, self.thresholds)

    def get_state(self) -> dict[str, Any]:
        return {
            "classes": self._classes and self._classes.as_state(),
            "thresholds": self._at_thresholds and self._at_thresholds.as_state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        classes, counts = state["classes"], state["thresholds"]
        self._classes = classes and ClassCounts(**classes)
        self._at_thresholds = counts and ThresholdCounts(**counts)

    def result(self) -> Score:
        if self._classes is not None:
            return self._from_classes(self._classes)
        counts = self._at_thresholds or ThresholdCounts.zeros(len(self.thresholds))
        return scalar_if_single(self._from_thresholds(counts))

    def _from_classes(self, counts: ClassCounts) -> Score:
        raise NotImplementedError

    def _from_thresholds(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        raise NotImplementedError


class _CountMetric(_DecisionMetric):
    """The base of the four counts."""

    def __init__(
        self, thresholds: Any = None, name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(thresholds, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_CountMetric):
    """The number of true positives; for integer labels, of correctly predicted images.

    >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1])
    2.0
    """

    def _from_classes(self, counts: ClassCounts) -> Score:
        return float(counts.correct.sum())

    def _from_thresholds(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return counts.true_positives


class FalsePositives(_CountMetric):
    """The number of false positives."""

    def _from_classes(self, counts: ClassCounts) -> Score:
        return float((counts.predicted - counts.correct).sum())

    def _from_thresholds(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return counts.false_positives


class TrueNegatives(_CountMetric):
    """The number of true negatives."""

    def _from_classes(self, counts: ClassCounts) -> Score:
        return float((counts.total - counts.true - counts.predicted + counts.correct).sum())

    def _from_thresholds(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return counts.true_negatives


class FalseNegatives(_CountMetric):
    """The number of false negatives."""

    def _from_classes(self, counts: ClassCounts) -> Score:
        return float((counts.true - counts.correct).sum())

    def _from_thresholds(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return counts.false_negatives


class _RatioMetric(_DecisionMetric):
    """The base of precision and recall."""

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
        average: Average = "macro",
    ) -> None:
        super().__init__(thresholds, top_k, class_id, name, dtype)
        example = f'{type(self).__name__}(average="macro")'
        self.average: Average = checked_average(average, example)

    def _add_targets(self, true: NDArray[Any], pred: NDArray[Any], sample_weight: Any) -> None:
        if self.average != "macro":
            raise ArgumentError(
                f"{self.name}: `average` is for integer labels, not for thresholds. "
                f"Received: average={self.average!r}, targets of {true.shape}",
                hint="labels of the shape (n,), without thresholds and top_k",
                field="average",
                value=self.average,
            )
        super()._add_targets(true, pred, sample_weight)

    def _from_classes(self, counts: ClassCounts) -> Score:
        if self.class_id is None:
            return self._score(counts, self.average)
        return self._score(counts.only(self.class_id), "micro")

    def _score(self, counts: ClassCounts, average: Average) -> Score:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }

    def extra_config(self) -> dict[str, Any]:
        return {} if self.average == "macro" else {"average": self.average}

    def set_extra_config(self, config: Mapping[str, Any]) -> None:
        example = f'{type(self).__name__}(average="macro")'
        self.average = checked_average(config.get("average", "macro"), example)


class Precision(_RatioMetric):
    """The fraction of positives that are true: true positives / (true + false positives).

    For integer labels: the fraction of images predicted as a class that are of it. `average` is as
    in scikit-learn, None returns one value per class; `class_id` selects one class.

    >>> Precision()([0, 1, 1, 1], [0.9, 0.2, 0.8, 0.7])
    0.6666666666666666
    >>> print(Precision(average=None)([0, 1, 1], [[0.7, 0.3], [0.6, 0.4], [0.1, 0.9]]))
    [0.5 1. ]
    """

    def _score(self, counts: ClassCounts, average: Average) -> Score:
        return counts.precision(average)

    def _from_thresholds(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return safe_divide(counts.true_positives, counts.true_positives + counts.false_positives)


class Recall(_RatioMetric):
    """The fraction of positives that are found: true positives / (true p. + false negatives).

    For integer labels: the fraction of images of a class that are predicted as it. `average` is as
    in scikit-learn, None returns one value per class; `class_id` selects one class.
    """

    def _score(self, counts: ClassCounts, average: Average) -> Score:
        return counts.recall(average)

    def _from_thresholds(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return safe_divide(counts.true_positives, counts.true_positives + counts.false_negatives)


def scalar_if_single(values: NDArray[np.float64]) -> Score:
    """Return the only value as a float, or several as they are."""
    return cast(float, values[0].item()) if len(values) == 1 else values


__all__ = [
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "Recall",
    "TrueNegatives",
    "TruePositives",
]
