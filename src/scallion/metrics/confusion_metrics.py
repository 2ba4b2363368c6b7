"""Precision, recall and counts of right and wrong decisions.

Targets that are shaped as the outputs are compared with thresholds, as Keras does. Class numbers
with a column a class are compared with the largest output; scores are then scikit-learn's.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.metrics.class_counts import Average, ClassCounts, checked_average, divided
from scallion.metrics.metric import Metric
from scallion.metrics.target_shapes import class_numbers, one_hot
from scallion.metrics.threshold_counts import (
    ThresholdCounts,
    checked,
    default_threshold,
    flat_decisions,
)

Score = float | NDArray[np.float64]


class Decisions(Metric):
    """The base: counts decisions between classes, or at thresholds."""

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
        self.thresholds = checked(thresholds, default_threshold(top_k))
        self.top_k = top_k
        self.class_id = class_id
        self.reset_state()

    def reset_state(self) -> None:
        self._classes: ClassCounts | None = None
        self._limits: ThresholdCounts | None = None

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch: class numbers (n,) or targets shaped as the outputs."""
        true, pred = np.asarray(y_true), np.asarray(y_pred)
        labels = class_numbers(true, pred)
        if labels is not None:
            if self.init_thresholds is None and self.top_k is None:
                self._decide(labels, pred, sample_weight)
                return
            true = one_hot(labels, pred.shape[-1])
        self._compare(true, pred, sample_weight)

    def _decide(self, labels: NDArray[np.int64], pred: NDArray[Any], sample_weight: Any) -> None:
        if self._classes is None:
            self._classes = ClassCounts.of(pred.shape[-1])
        self._classes.add(labels, pred, sample_weight)

    def _compare(self, true: NDArray[Any], pred: NDArray[Any], sample_weight: Any) -> None:
        if self._limits is None:
            self._limits = ThresholdCounts.of(len(self.thresholds))
        rows = flat_decisions(true, pred, sample_weight, self.name, self.top_k, self.class_id)
        self._limits.add(*rows, self.thresholds)

    def get_state(self) -> dict[str, Any]:
        return {
            "classes": self._classes and self._classes.as_state(),
            "limits": self._limits and self._limits.as_state(),
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        classes, limits = state["classes"], state["limits"]
        self._classes = classes and ClassCounts(**classes)
        self._limits = limits and ThresholdCounts(**limits)

    def result(self) -> Score:
        if self._classes is not None:
            return self._of_classes(self._classes)
        limits = self._limits or ThresholdCounts.of(len(self.thresholds))
        return single(self._of_limits(limits))

    def _of_classes(self, counts: ClassCounts) -> Score:
        raise NotImplementedError

    def _of_limits(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        raise NotImplementedError


class _Count(Decisions):
    """The base of the four counts."""

    def __init__(
        self, thresholds: Any = None, name: str | None = None, dtype: str | None = None
    ) -> None:
        super().__init__(thresholds, name=name, dtype=dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """How many outputs say yes and are right; of class numbers, how many images are named rightly.

    >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1])
    2.0
    """

    def _of_classes(self, counts: ClassCounts) -> Score:
        return float(counts.right.sum())

    def _of_limits(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return counts.true_positives


class FalsePositives(_Count):
    """How many outputs say yes and are wrong."""

    def _of_classes(self, counts: ClassCounts) -> Score:
        return float((counts.taken - counts.right).sum())

    def _of_limits(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return counts.false_positives


class TrueNegatives(_Count):
    """How many outputs say no and are right."""

    def _of_classes(self, counts: ClassCounts) -> Score:
        return float((counts.total - counts.true - counts.taken + counts.right).sum())

    def _of_limits(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return counts.true_negatives


class FalseNegatives(_Count):
    """How many outputs say no and are wrong."""

    def _of_classes(self, counts: ClassCounts) -> Score:
        return float((counts.true - counts.right).sum())

    def _of_limits(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return counts.false_negatives


class _Share(Decisions):
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

    def _compare(self, true: NDArray[Any], pred: NDArray[Any], sample_weight: Any) -> None:
        if self.average != "macro":
            raise ArgumentError(
                f"{self.name}: `average` is for class numbers that the largest output decides, "
                "not for thresholds. "
                f"Received: average={self.average!r}, targets of {true.shape}",
                hint="labels of the shape (n,) with a column a class, without thresholds and top_k",
            )
        super()._compare(true, pred, sample_weight)

    def _of_classes(self, counts: ClassCounts) -> Score:
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

    def own_config(self) -> dict[str, Any]:
        return {} if self.average == "macro" else {"average": self.average}

    def set_own_config(self, config: Mapping[str, Any]) -> None:
        example = f'{type(self).__name__}(average="macro")'
        self.average = checked_average(config.get("average", "macro"), example)


class Precision(_Share):
    """Of all yeses, the share that is right: true positives / (true + false positives).

    On class numbers: of the images taken for a class, the share that is of it. `average` is as in
    scikit-learn, `None` gives one number a class; `class_id` looks at one class alone.

    >>> Precision()([0, 1, 1, 1], [0.9, 0.2, 0.8, 0.7])
    0.6666666666666666
    >>> Precision(average=None)([0, 1, 1], [[0.7, 0.3], [0.6, 0.4], [0.1, 0.9]])
    array([0.5, 1. ])
    """

    def _score(self, counts: ClassCounts, average: Average) -> Score:
        return counts.precision(average)

    def _of_limits(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return divided(counts.true_positives, counts.true_positives + counts.false_positives)


class Recall(_Share):
    """Of all that should be yes, the share that is: true positives / (those + false negatives).

    On class numbers: of the images of a class, the share that is taken for it. `average` is as in
    scikit-learn, `None` gives one number a class; `class_id` looks at one class alone.
    """

    def _score(self, counts: ClassCounts, average: Average) -> Score:
        return counts.recall(average)

    def _of_limits(self, counts: ThresholdCounts) -> NDArray[np.float64]:
        return divided(counts.true_positives, counts.true_positives + counts.false_negatives)


def single(values: NDArray[np.float64]) -> Score:
    """The number itself where there is one."""
    return cast(float, values[0].item()) if len(values) == 1 else values


__all__ = [
    "Decisions",
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "Recall",
    "TrueNegatives",
    "TruePositives",
    "single",
]
