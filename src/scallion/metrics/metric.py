"""The base of metrics: numbers that add up over batches."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from scallion import session
from scallion.errors import ShapeError, UnsupportedError


class Metric:
    """The base: `update_state` for each batch, then `result`, then `reset_state`."""

    direction: ClassVar[str | None] = None
    """Which way is better, `up` or `down`: callbacks that watch the metric ask."""

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        if dtype not in (None, "float32"):
            raise UnsupportedError(
                f"metrics are float32. Received: dtype={dtype!r}", hint="leave out dtype"
            )
        self.name = name or session.unique_name(session.snake_case(type(self).__name__))

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in one batch."""
        raise NotImplementedError

    def result(self) -> Any:
        """The number over all batches since the last reset."""
        raise NotImplementedError

    def reset_state(self) -> None:
        """Forget all batches."""
        raise NotImplementedError

    def get_state(self) -> dict[str, Any]:
        """What the batches since the last reset have come to: numbers, texts, arrays, nested.

        A metric of your own that is to survive a resumption within an epoch overrides both.
        """
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `get_state` gave."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Take in one batch and give the number so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric, as Keras names them."""
        return {"name": self.name, "dtype": "float32"}

    def own_config(self) -> dict[str, Any]:
        """Arguments that Keras' class does not have: a model's file keeps them where Keras does
        not look."""
        return {}

    def set_own_config(self, config: Mapping[str, Any]) -> None:
        """Take back what `own_config` gave."""

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        return cls(**config)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


class Mean(Metric):
    """The mean of all numbers, weighted where weights are given; 0 before the first."""

    def __init__(self, name: str = "mean", dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.reset_state()

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        numbers = np.asarray(values, np.float32)
        if numbers.ndim > 1 and sample_weight is None:
            numbers = numbers.reshape(len(numbers), -1).mean(axis=1)
        if sample_weight is None:
            self.total += float(np.add.reduce(numbers, axis=None))
            self.count += numbers.size
            return
        numbers, weights = _weighted(numbers, np.asarray(sample_weight, np.float32))
        self.total += float(numbers.sum())
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
    """The mean of a function `fn(y_true, y_pred, **kwargs)` that gives one number an image."""

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
        super().update_state(self._fn(y_true, y_pred, **self._arguments), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._arguments}


def _weighted(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One weighted number an image, and its weight, as Keras reduces both."""
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
            f"`sample_weight` of {weights.shape} does not fit {values.shape}",
            hint="give one weight an image",
        ) from None
    weighted = values * weights
    inner = tuple(range(1, weighted.ndim))
    return weighted.mean(axis=inner), weights.mean(axis=inner)
