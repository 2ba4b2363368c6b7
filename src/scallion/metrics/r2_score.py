"""The coefficient of determination, R2."""

import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scallion.errors import ArgumentError, ShapeError
from scallion.metrics.metric import Metric
from scallion.metrics.target_shapes import broadcast_weights, match_shapes

_AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")
_SUMS = ("weights", "targets", "squares", "errors")


class R2Score(Metric):
    """The fraction of the targets' variance that the outputs explain; 1 is perfect.

    Targets and outputs are (n, outputs). `class_aggregation=None` returns one value per output;
    `num_regressors` above 0 returns the adjusted R2 for that many regressors.
    """

    direction: ClassVar[str | None] = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        if class_aggregation not in _AGGREGATIONS:
            raise ArgumentError(
                f"`class_aggregation` must be one of {', '.join(map(repr, _AGGREGATIONS))}. "
                f"Received: class_aggregation={class_aggregation!r}",
                hint='class_aggregation="uniform_average"',
                field="class_aggregation",
                value=class_aggregation,
            )
        if num_regressors < 0:
            raise ArgumentError(
                f"`num_regressors` must be 0 or more. Received: num_regressors={num_regressors!r}",
                hint="num_regressors=0",
                field="num_regressors",
                value=num_regressors,
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.reset_state()

    def reset_state(self) -> None:
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._samples = 0

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulate one batch: targets and outputs of the same shape (n, outputs)."""
        given = np.asarray(y_true, np.float32), np.asarray(y_pred, np.float32)
        true, pred = (array.astype(np.float64) for array in match_shapes(*given, self.name))
        if true.ndim != 2:
            raise ShapeError(
                f"{self.name}: targets and outputs must be (n, outputs). Received: {true.shape}",
                hint="for one output per image, reshape both to (n, 1)",
            )
        weights = broadcast_weights(1.0 if sample_weight is None else sample_weight, true.shape)
        parts = (weights, weights * true, weights * true * true, weights * (true - pred) ** 2)
        for name, part in zip(_SUMS, parts, strict=True):
            self._sums[name] = self._sums.get(name, 0.0) + part.sum(axis=0)
        self._samples += true.size

    def result(self) -> float | NDArray[np.float64]:
        if not self._sums:
            return 0.0
        weights, targets, squares, errors = (self._sums[name] for name in _SUMS)
        with np.errstate(divide="ignore", invalid="ignore"):
            total = squares - targets * targets / weights
            # Of equal targets, rounding is all that remains.
            total = np.where(np.abs(total) <= 1e-12 * squares, 0.0, total)
            scores = 1 - errors / total
        scores = np.where(np.isinf(scores), 0.0, scores)
        if self.class_aggregation is None:
            return self._adjusted(scores)
        if self.class_aggregation == "uniform_average":
            return float(self._adjusted(scores.mean()))
        return float(self._adjusted((total * scores).sum() / total.sum()))

    def _adjusted(self, score: Any) -> Any:
        degrees_of_freedom = self._samples - 1 - self.num_regressors
        if not self.num_regressors:
            return score
        if degrees_of_freedom <= 0:
            warnings.warn(
                f"{self.name}: adjusted R2 needs more values than regressors, so this is plain R2",
                stacklevel=3,
            )
            return score
        return 1 - (1 - score) * (self._samples - 1) / degrees_of_freedom

    def get_state(self) -> dict[str, Any]:
        return {"sums": self._sums, "samples": self._samples}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self._sums, self._samples = dict(state["sums"]), state["samples"]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }


__all__ = ["R2Score"]
