"""Losses of numbers rather than classes."""

import numpy as np

from scallion.losses.base import Loss, same_rank


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
