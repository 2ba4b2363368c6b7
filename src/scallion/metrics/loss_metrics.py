"""Losses and distances as metrics: means over images."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scallion import losses
from scallion.metrics.metric import Mean, MeanMetricWrapper, Metric
from scallion.metrics.target_shapes import same_shape


class Sum(Metric):
    """The sum of all numbers, weighted where weights are given.

    >>> Sum()([1, 3, 5, 7])
    16.0
    """

    def __init__(self, name: str = "sum", dtype: str | None = None) -> None:
        super().__init__(name, dtype)
        self.reset_state()

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        numbers = np.asarray(values, np.float64)
        if sample_weight is not None:
            weights = np.asarray(sample_weight, np.float64)
            if weights.ndim < numbers.ndim:
                numbers = numbers.sum(axis=tuple(range(weights.ndim, numbers.ndim)))
            numbers = numbers * weights
        self.total += float(numbers.sum())

    def result(self) -> float:
        return self.total

    def reset_state(self) -> None:
        self.total = 0.0

    def get_state(self) -> dict[str, Any]:
        return {"total": self.total}

    def set_state(self, state: Any) -> None:
        self.total = state["total"]


class _Falling(MeanMetricWrapper):
    """The base of means of which less is better."""

    direction: ClassVar[str | None] = "down"


class MeanSquaredError(_Falling):
    """The mean of the squared differences."""

    def __init__(self, name: str = "mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_squared_error, name, dtype)


class MeanAbsoluteError(_Falling):
    """The mean of the absolute differences."""

    def __init__(self, name: str = "mean_absolute_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(_Falling):
    """The mean of the absolute differences in percent of the targets."""

    def __init__(
        self, name: str = "mean_absolute_percentage_error", dtype: str | None = None
    ) -> None:
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(_Falling):
    """The mean of the squared differences of log(1 + y)."""

    def __init__(
        self, name: str = "mean_squared_logarithmic_error", dtype: str | None = None
    ) -> None:
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class Poisson(_Falling):
    """The mean of outputs - targets * log(outputs)."""

    def __init__(self, name: str = "poisson", dtype: str | None = None) -> None:
        super().__init__(losses.poisson, name, dtype)


class Hinge(_Falling):
    """The mean of max(1 - target * output, 0); targets are -1 and 1, or 0 and 1."""

    def __init__(self, name: str = "hinge", dtype: str | None = None) -> None:
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(_Falling):
    """The mean of the square of max(1 - target * output, 0)."""

    def __init__(self, name: str = "squared_hinge", dtype: str | None = None) -> None:
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(_Falling):
    """How far the best wrong output comes within 1 of the right one."""

    def __init__(self, name: str = "categorical_hinge", dtype: str | None = None) -> None:
        super().__init__(losses.categorical_hinge, name, dtype)


class RootMeanSquaredError(Mean):
    """The root of the mean of the squared differences."""

    direction: ClassVar[str | None] = "down"

    def __init__(self, name: str = "root_mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # pyright: ignore[reportIncompatibleMethodOverride] as in Keras
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        true, pred = same_shape(np.asarray(y_true), np.asarray(y_pred), self.name)
        super().update_state(np.square(pred.astype(np.float32) - true), sample_weight)

    def result(self) -> float:
        return float(np.sqrt(super().result()))


class CosineSimilarity(MeanMetricWrapper):
    """The cosine of the angle between targets and outputs: 1 where they point the same way."""

    direction: ClassVar[str | None] = "up"

    def __init__(
        self, name: str = "cosine_similarity", dtype: str | None = None, axis: int = -1
    ) -> None:
        super().__init__(_cosine, name, dtype, axis=axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        # Keras leaves the axis out where it is the last, and forgets it elsewhere.
        return {"name": self.name, "dtype": "float32"} | (
            {} if self.axis == -1 else {"axis": self.axis}
        )


class LogCoshError(_Falling):
    """The mean logarithm of the hyperbolic cosine of the differences."""

    def __init__(self, name: str = "logcosh", dtype: str | None = None) -> None:
        super().__init__(losses.log_cosh, name, dtype)


class KLDivergence(_Falling):
    """How far the outputs' distribution is from the targets'."""

    def __init__(self, name: str = "kl_divergence", dtype: str | None = None) -> None:
        super().__init__(losses.kl_divergence, name, dtype)


class BinaryCrossentropy(_Falling):
    """The loss of yes-or-no answers as a metric."""

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(
            losses.binary_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
        )


class CategoricalCrossentropy(_Falling):
    """The loss of one-hot targets as a metric."""

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(
            losses.categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            label_smoothing=label_smoothing,
            axis=axis,
        )


class SparseCategoricalCrossentropy(_Falling):
    """The loss of class numbers as a metric."""

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(
            losses.sparse_categorical_crossentropy,
            name,
            dtype,
            from_logits=from_logits,
            ignore_class=ignore_class,
            axis=axis,
        )


def _cosine(y_true: Any, y_pred: Any, axis: int = -1) -> NDArray[np.float32]:
    """One cosine an image; a vector of zeros has none with any other, so 0."""
    true, pred = same_shape(np.asarray(y_true, np.float32), np.asarray(y_pred, np.float32), "cos")
    lengths = np.linalg.norm(true, axis=axis) * np.linalg.norm(pred, axis=axis)
    products = (true * pred).sum(axis=axis)
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)


__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "RootMeanSquaredError",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Sum",
]
