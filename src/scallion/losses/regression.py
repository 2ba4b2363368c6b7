"""Regression losses: targets are real values, with the formulas of Keras 3."""

from typing import Any

import numpy as np

from scallion.layers.base.argument_checks import checked_float
from scallion.losses.crossentropy import EPSILON, require_last_axis
from scallion.losses.loss import Loss, loss_per_prediction, match_rank
from scallion.losses.target_checks import (
    require_at_least_zero,
    require_directions,
    require_not_zero,
)


class MeanSquaredError(Loss):
    """The mean squared difference over an image's outputs."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_squared_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = match_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return np.square(target - y_pred).mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = match_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return (y_pred - target) * y_pred.dtype.type(2 / y_pred.shape[-1])


class MeanAbsoluteError(Loss):
    """The mean absolute difference over an image's outputs."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_absolute_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = match_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return np.abs(target - y_pred).mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = match_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return np.sign(y_pred - target) * y_pred.dtype.type(1 / y_pred.shape[-1])


class MeanAbsolutePercentageError(Loss):
    """The absolute difference as a percentage of the target, averaged over an image's outputs."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_absolute_percentage_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def check_targets(self, y_true: np.ndarray) -> None:
        require_not_zero(y_true, self.name)

    def _parts(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the differences, and the absolute targets that divide them."""
        kind = y_pred.dtype.type
        target = match_rank(y_true, y_pred, self.name).astype(kind)
        return y_pred - target, np.maximum(np.abs(target), kind(EPSILON))

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        difference, size = self._parts(y_true, y_pred)
        return np.abs(difference / size).mean(axis=-1) * y_pred.dtype.type(100)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        difference, size = self._parts(y_true, y_pred)
        return np.sign(difference) / size * y_pred.dtype.type(100 / y_pred.shape[-1])


class MeanSquaredLogarithmicError(Loss):
    """The squared difference of log(1 + y), averaged over an image's outputs.

    Values below 1e-7 are raised to 1e-7, as in Keras.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_squared_logarithmic_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def check_targets(self, y_true: np.ndarray) -> None:
        require_at_least_zero(y_true, self.name, "labels from 0, of which it takes the logarithm")

    def _difference(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target = match_rank(y_true, y_pred, self.name).astype(kind)
        low = kind(EPSILON)
        return np.log(np.maximum(y_pred, low) + 1) - np.log(np.maximum(target, low) + 1)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.square(self._difference(y_true, y_pred)).mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        difference = self._difference(y_true, y_pred) * kind(2 / y_pred.shape[-1])
        return np.where(y_pred > kind(EPSILON), difference / (y_pred + 1), 0)


class Huber(Loss):
    """Half the squared difference up to `delta`, linear beyond it (Huber 1964)."""

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.delta = float(checked_float("delta", delta, least=0))

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        difference = np.abs(y_pred - match_rank(y_true, y_pred, self.name).astype(kind))
        delta, half = kind(self.delta), kind(0.5)
        linear = delta * difference - half * delta * delta
        return np.where(difference <= delta, half * difference * difference, linear).mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        difference = y_pred - match_rank(y_true, y_pred, self.name).astype(kind)
        delta = kind(self.delta)
        return np.where(
            np.abs(difference) <= delta, difference, delta * np.sign(difference)
        ) / kind(y_pred.shape[-1])

    def get_config(self) -> dict[str, Any]:
        # Keras leaves `delta` out and so loses it; its own from_config accepts it.
        delta = {} if self.delta == 1.0 else {"delta": self.delta}
        return {**super().get_config(), **delta}


class LogCosh(Loss):
    """log(cosh(difference)), averaged over an image's outputs: a smooth form of Huber's loss."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "log_cosh",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        difference = np.abs(y_pred - match_rank(y_true, y_pred, self.name).astype(kind))
        return (difference + np.log1p(np.exp(-2 * difference)) - kind(np.log(2))).mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        difference = y_pred - match_rank(y_true, y_pred, self.name).astype(kind)
        return np.tanh(difference) / kind(y_pred.shape[-1])


class CosineSimilarity(Loss):
    """Minus the cosine of the angle between target and output: -1 where they are parallel."""

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "cosine_similarity",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        require_last_axis(axis)

    def check_targets(self, y_true: np.ndarray) -> None:
        require_directions(y_true, self.name)

    def _parts(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the unit vectors of target and output, and 1 / the length of the output."""
        target = match_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        factor = _inverse_length(y_pred)
        return target * _inverse_length(target), y_pred * factor, factor

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, pred, _ = self._parts(y_true, y_pred)
        return -(target * pred).sum(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, pred, factor = self._parts(y_true, y_pred)
        cosine = (target * pred).sum(axis=-1, keepdims=True)
        # Where the length is clipped, the output is divided by a constant.
        parallel = np.where(factor < 1 / EPSILON, cosine * pred, 0)
        return (parallel - target) * factor


def _inverse_length(rows: Any) -> Any:
    """Return 1 / the length of each row, at most 1e7, as in Keras."""
    lengths = np.sqrt(np.square(rows).sum(axis=-1, keepdims=True))
    return 1 / np.maximum(lengths, rows.dtype.type(EPSILON))


def mean_squared_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per image: see MeanSquaredError."""
    return loss_per_prediction(MeanSquaredError, y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per image: see MeanAbsoluteError."""
    return loss_per_prediction(MeanAbsoluteError, y_true, y_pred)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per image: see MeanAbsolutePercentageError."""
    return loss_per_prediction(MeanAbsolutePercentageError, y_true, y_pred)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per image: see MeanSquaredLogarithmicError."""
    return loss_per_prediction(MeanSquaredLogarithmicError, y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> np.ndarray:
    """Return one loss per image: see Huber."""
    return loss_per_prediction(Huber, y_true, y_pred, delta=delta)


def log_cosh(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per image: see LogCosh."""
    return loss_per_prediction(LogCosh, y_true, y_pred)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> np.ndarray:
    """Return one loss per prediction: see CosineSimilarity."""
    return loss_per_prediction(CosineSimilarity, y_true, y_pred, axis=axis)
