"""Metrics that reduce values over all batches: sum, mean, and the mean of a function."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scallion.eager_array import eager
from scallion.errors import ShapeError
from scallion.metrics.metric import Metric


class Sum(Metric):
    """The sum of all values, weighted if there are weights.

    >>> Sum()([1, 3, 5, 7])
    16.0
    """

    def __init__(self, name: str = "sum", dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.reset_state()

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        array = np.asarray(values, np.float64)
        if sample_weight is not None:
            weights = np.asarray(sample_weight, np.float64)
            if weights.ndim < array.ndim:
                array = array.sum(axis=tuple(range(weights.ndim, array.ndim)))
            array = array * weights
        self.total += float(array.sum())

    def result(self) -> float:
        return self.total

    def reset_state(self) -> None:
        self.total = 0.0

    def get_state(self) -> dict[str, Any]:
        return {"total": self.total}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.total = state["total"]


class Mean(Metric):
    """The mean of all values, weighted if there are weights; 0 before the first."""

    def __init__(self, name: str = "mean", dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.reset_state()

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        array = np.asarray(values, np.float32)
        if array.ndim > 1 and sample_weight is None:
            array = array.reshape(len(array), -1).mean(axis=1)
        if sample_weight is None:
            self.total += float(np.add.reduce(array, axis=None))
            self.count += array.size
            return
        array, weights = _weighted(array, np.asarray(sample_weight, np.float32))
        self.total += float(array.sum())
        self.count += float(weights.sum())

    def result(self) -> float:
        return float(np.float32(self.total) / np.float32(self.count)) if self.count else 0.0

    def reset_state(self) -> None:
        self.total = 0.0
        self.count = 0.0

    def get_state(self) -> dict[str, Any]:
        return {"total": self.total, "count": self.count}

    def set_state(self, state: Mapping[str, Any]) -> None:
        self.total, self.count = state["total"], state["count"]


class MeanMetricWrapper(Mean):
    """The mean of a function `fn(y_true, y_pred, **kwargs)` that returns one value per image."""

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", "mean_metric_wrapper"), dtype)
        self._fn = fn
        self._arguments = kwargs

    def update_state(  # pyright: ignore[reportIncompatibleMethodOverride] as in Keras
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        if not getattr(self._fn, "__module__", "").startswith("scallion."):
            y_true, y_pred = (eager(np.asarray(y, np.float32)) for y in (y_true, y_pred))
        super().update_state(self._fn(y_true, y_pred, **self._arguments), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._arguments}


def _weighted(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return one weighted value per image and its weight, reduced as in Keras."""
    if weights.ndim == values.ndim + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    elif values.ndim == weights.ndim + 1 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim > weights.ndim:
        values = values.mean(axis=tuple(range(weights.ndim, values.ndim)))
    try:
        weights = np.broadcast_to(weights, values.shape)
    except ValueError:
        raise ShapeError(
            f"`sample_weight` of {weights.shape} does not fit values of {values.shape}",
            hint="give one weight per image",
            field="sample_weight",
        ) from None
    weighted = values * weights
    inner = tuple(range(1, weighted.ndim))
    return weighted.mean(axis=inner), weights.mean(axis=inner)
