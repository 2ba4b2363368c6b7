"""The best of one measure at the thresholds where another measure is good enough."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError
from scallion.metrics.class_counts import safe_divide
from scallion.metrics.metric import Metric
from scallion.metrics.threshold_counts import ThresholdCounts, flat_decisions

Floats = NDArray[np.float64]


class _ThresholdSearch(Metric):
    """The base of all; `required` names the argument: the least value of the other measure."""

    direction: ClassVar[str | None] = "up"
    required: ClassVar[str] = ""

    def __init__(
        self,
        least: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        if not 0 <= least <= 1:
            raise ArgumentError(
                f"`{self.required}` must be from 0 to 1. Received: {self.required}={least!r}",
                hint=f"{self.required}=0.9",
                field=self.required,
                value=least,
            )
        if num_thresholds <= 0:
            raise ArgumentError(
                "`num_thresholds` must be an integer above 0. "
                f"Received: num_thresholds={num_thresholds!r}",
                hint="num_thresholds=200",
                field="num_thresholds",
                value=num_thresholds,
            )
        self._least = least
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        self.reset_state()

    def reset_state(self) -> None:
        self._counts = ThresholdCounts.zeros(self.num_thresholds)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate one batch: targets 0 and 1, shaped as the outputs."""
        decisions = flat_decisions(
            np.asarray(y_true), np.asarray(y_pred), sample_weight, self.name, None, self.class_id
        )
        if self.num_thresholds == 1:
            self._counts.add(*decisions, [0.5])
        else:
            self._counts.add_evenly(*decisions, starts_below_zero=False)

    def result(self) -> float:
        counts = self._counts
        required, wanted = self._measures(counts)
        return float(np.where(required >= self._least, wanted, 0.0).max(initial=0.0))

    def _measures(self, counts: ThresholdCounts) -> tuple[Floats, Floats]:
        """Return the measure that is required and the one that is wanted, at each threshold."""
        raise NotImplementedError

    def get_state(self) -> dict[str, Any]:
        return self._counts.as_state()

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._counts = ThresholdCounts(**state)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            self.required: self._least,
            "class_id": self.class_id,
        }


def _recall(counts: ThresholdCounts) -> Floats:
    return safe_divide(counts.true_positives, counts.true_positives + counts.false_negatives)


def _precision(counts: ThresholdCounts) -> Floats:
    return safe_divide(counts.true_positives, counts.true_positives + counts.false_positives)


def _specificity(counts: ThresholdCounts) -> Floats:
    return safe_divide(counts.true_negatives, counts.true_negatives + counts.false_positives)


class PrecisionAtRecall(_ThresholdSearch):
    """The best precision at the thresholds with at least this recall.

    >>> PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
    0.5
    """

    required: ClassVar[str] = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall

    def _measures(self, counts: ThresholdCounts) -> tuple[Floats, Floats]:
        return _recall(counts), _precision(counts)


class RecallAtPrecision(_ThresholdSearch):
    """The best recall at the thresholds with at least this precision."""

    required: ClassVar[str] = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision

    def _measures(self, counts: ThresholdCounts) -> tuple[Floats, Floats]:
        return _precision(counts), _recall(counts)


class SensitivityAtSpecificity(_ThresholdSearch):
    """The best sensitivity (recall) at the thresholds with at least this specificity."""

    required: ClassVar[str] = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity

    def _measures(self, counts: ThresholdCounts) -> tuple[Floats, Floats]:
        return _specificity(counts), _recall(counts)


class SpecificityAtSensitivity(_ThresholdSearch):
    """The best specificity at the thresholds with at least this sensitivity (recall)."""

    required: ClassVar[str] = "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity

    def _measures(self, counts: ThresholdCounts) -> tuple[Floats, Floats]:
        return _recall(counts), _specificity(counts)


__all__ = [
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
]
