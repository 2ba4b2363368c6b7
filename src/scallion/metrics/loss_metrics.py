"""Losses, errors and similarities as metrics: means over images."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scallion import losses
from scallion.losses.crossentropy import checked_smoothing
from scallion.metrics.reduction_metrics import Mean, MeanMetricWrapper
from scallion.metrics.target_shapes import match_shapes


class _LossMetric(MeanMetricWrapper):
    """The base of metrics for which lower is better."""

    direction: ClassVar[str | None] = "down"


class MeanSquaredError(_LossMetric):
    """The mean squared difference."""

    def __init__(self, name: str = "mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_squared_error, name, dtype)


class MeanAbsoluteError(_LossMetric):
    """The mean absolute difference."""

    def __init__(self, name: str = "mean_absolute_error", dtype: str | None = None) -> None:
        super().__init__(losses.mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(_LossMetric):
    """The mean absolute difference as a percentage of the target."""

    def __init__(
        self, name: str = "mean_absolute_percentage_error", dtype: str | None = None
    ) -> None:
        super().__init__(losses.mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(_LossMetric):
    """The mean squared difference of log(1 + y)."""

    def __init__(
        self, name: str = "mean_squared_logarithmic_error", dtype: str | None = None
    ) -> None:
        super().__init__(losses.mean_squared_logarithmic_error, name, dtype)


class Poisson(_LossMetric):
    """The mean of outputs - targets * log(outputs)."""

    def __init__(self, name: str = "poisson", dtype: str | None = None) -> None:
        super().__init__(losses.poisson, name, dtype)


class Hinge(_LossMetric):
    """The mean of max(1 - target * output, 0); targets are -1 and 1, or 0 and 1."""

    def __init__(self, name: str = "hinge", dtype: str | None = None) -> None:
        super().__init__(losses.hinge, name, dtype)


class SquaredHinge(_LossMetric):
    """The mean of the square of max(1 - target * output, 0)."""

    def __init__(self, name: str = "squared_hinge", dtype: str | None = None) -> None:
        super().__init__(losses.squared_hinge, name, dtype)


class CategoricalHinge(_LossMetric):
    """The mean of max(1 + the largest output of a wrong class - that of the true one, 0)."""

    def __init__(self, name: str = "categorical_hinge", dtype: str | None = None) -> None:
        super().__init__(losses.categorical_hinge, name, dtype)


class RootMeanSquaredError(Mean):
    """The square root of the mean squared difference."""

    direction: ClassVar[str | None] = "down"

    def __init__(self, name: str = "root_mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # pyright: ignore[reportIncompatibleMethodOverride] as in Keras
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        true, pred = match_shapes(np.asarray(y_true), np.asarray(y_pred), self.name)
        super().update_state(np.square(pred.astype(np.float32) - true), sample_weight)

    def result(self) -> float:
        return float(np.sqrt(super().result()))


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between targets and outputs: 1 where they are parallel."""

    direction: ClassVar[str | None] = "up"

    def __init__(
        self, name: str = "cosine_similarity", dtype: str | None = None, axis: int = -1
    ) -> None:
        super().__init__(_cosine, name, dtype, axis=axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        # Keras leaves the axis out, and so loses any other than the last.
        return {"name": self.name, "dtype": "float32"} | (
            {} if self.axis == -1 else {"axis": self.axis}
        )


class LogCoshError(_LossMetric):
    """The mean of log(cosh(difference))."""

    def __init__(self, name: str = "logcosh", dtype: str | None = None) -> None:
        super().__init__(losses.log_cosh, name, dtype)


class KLDivergence(_LossMetric):
    """The Kullback-Leibler divergence of outputs from targets."""

    def __init__(self, name: str = "kl_divergence", dtype: str | None = None) -> None:
        super().__init__(losses.kl_divergence, name, dtype)


class BinaryCrossentropy(_LossMetric):
    """The cross-entropy of binary outputs."""

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
            label_smoothing=checked_smoothing(label_smoothing),
        )


class CategoricalCrossentropy(_LossMetric):
    """The cross-entropy of one-hot targets."""

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
            label_smoothing=checked_smoothing(label_smoothing),
            axis=axis,
        )


class SparseCategoricalCrossentropy(_LossMetric):
    """The cross-entropy of integer labels."""

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


class PearsonCorrelation(MeanMetricWrapper):
    """The mean correlation of each image's outputs with its targets, from -1 to 1."""

    direction: ClassVar[str | None] = "up"

    def __init__(
        self, name: str = "pearson_correlation", dtype: str | None = None, axis: int = -1
    ) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean agreement of each image's outputs with its targets, by Keras' formula."""

    direction: ClassVar[str | None] = "up"

    def __init__(
        self, name: str = "concordance_correlation", dtype: str | None = None, axis: int = -1
    ) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)


def pearson_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> NDArray[np.float32]:
    """Return one correlation per image: the mean product of the standardized values."""
    pair = match_shapes(
        np.asarray(y_true, np.float32), np.asarray(y_pred, np.float32), "pearson_correlation"
    )
    centred = [x - x.mean(axis=axis, keepdims=True) for x in pair]
    with np.errstate(divide="ignore", invalid="ignore"):  # equal values have no correlation: NaN
        true, pred = (x / x.std(axis=axis, keepdims=True) for x in centred)
        return (true * pred).mean(axis=axis)


def concordance_correlation(y_true: Any, y_pred: Any, axis: int = -1) -> NDArray[np.float32]:
    """Return one agreement per image, with Keras' formula for the covariance."""
    true, pred = match_shapes(
        np.asarray(y_true, np.float32), np.asarray(y_pred, np.float32), "concordance_correlation"
    )
    true_mean, pred_mean = (x.mean(axis=axis, keepdims=True) for x in (true, pred))
    spread = sum(x.var(axis=axis, keepdims=True) for x in (true, pred))
    norm = spread + np.square(true_mean - pred_mean) + np.float32(1e-7)
    return (2 * (true - pred_mean) * (pred - pred_mean) / norm).mean(axis=axis)


def _cosine(y_true: Any, y_pred: Any, axis: int = -1) -> NDArray[np.float32]:
    """Return one cosine per image, 0 if one of the vectors is all zeros."""
    true, pred = match_shapes(np.asarray(y_true, np.float32), np.asarray(y_pred, np.float32), "cos")
    lengths = np.linalg.norm(true, axis=axis) * np.linalg.norm(pred, axis=axis)
    products = (true * pred).sum(axis=axis)
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)


__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "PearsonCorrelation",
    "Poisson",
    "RootMeanSquaredError",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "concordance_correlation",
    "pearson_correlation",
]
