"""Losses of numbers rather than classes."""

from typing import Any

import numpy as np

from scallion.losses.loss import Loss, same_rank


class MeanSquaredError(Loss):
    """The mean of the squared differences over an image's outputs."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_squared_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = same_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return np.square(target - y_pred).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = same_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return (y_pred - target) * y_pred.dtype.type(2 / y_pred.shape[-1])


class MeanAbsoluteError(Loss):
    """The mean of the absolute differences over an image's outputs."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_absolute_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = same_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return np.abs(target - y_pred).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = same_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return np.sign(y_pred - target) * y_pred.dtype.type(1 / y_pred.shape[-1])


class Huber(Loss):
    """Half the squared difference up to `delta`, beyond it a straight line (Huber 1964)."""

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.delta = float(delta)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        away = np.abs(y_pred - same_rank(y_true, y_pred, self.name).astype(kind))
        delta, half = kind(self.delta), kind(0.5)
        beyond = delta * away - half * delta * delta
        return np.where(away <= delta, half * away * away, beyond).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        away = y_pred - same_rank(y_true, y_pred, self.name).astype(kind)
        delta = kind(self.delta)
        return np.where(np.abs(away) <= delta, away, delta * np.sign(away)) / kind(y_pred.shape[-1])

    def get_config(self) -> dict[str, Any]:
        # Keras leaves `delta` out, and so forgets it; its own from_config takes it.
        forgotten = {} if self.delta == 1.0 else {"delta": self.delta}
        return {**super().get_config(), **forgotten}


class LogCosh(Loss):
    """The logarithm of the hyperbolic cosine of the difference: like Huber's, but smooth."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "log_cosh",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        away = np.abs(y_pred - same_rank(y_true, y_pred, self.name).astype(kind))
        return (away + np.log1p(np.exp(-2 * away)) - kind(np.log(2))).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        away = y_pred - same_rank(y_true, y_pred, self.name).astype(kind)
        return np.tanh(away) / kind(y_pred.shape[-1])
