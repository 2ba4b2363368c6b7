"""Losses of numbers whose size, or direction, is what counts."""

from typing import Any

import numpy as np

from scallion.losses.crossentropy import EPSILON, last_axis_only
from scallion.losses.loss import Loss, same_rank


class MeanAbsolutePercentageError(Loss):
    """The absolute difference in percent of the target, the mean over an image's outputs."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_absolute_percentage_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def _parts(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The difference, and the size that it is measured with."""
        kind = y_pred.dtype.type
        target = same_rank(y_true, y_pred, self.name).astype(kind)
        return y_pred - target, np.maximum(np.abs(target), kind(EPSILON))

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        away, size = self._parts(y_true, y_pred)
        return np.abs(away / size).mean(axis=-1) * y_pred.dtype.type(100)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        away, size = self._parts(y_true, y_pred)
        return np.sign(away) / size * y_pred.dtype.type(100 / y_pred.shape[-1])


class MeanSquaredLogarithmicError(Loss):
    """The squared difference of log(1 + y), the mean over an image's outputs.

    What lies below 1e-7 counts as that, as in Keras.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_squared_logarithmic_error",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def _away(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target = same_rank(y_true, y_pred, self.name).astype(kind)
        low = kind(EPSILON)
        return np.log(np.maximum(y_pred, low) + 1) - np.log(np.maximum(target, low) + 1)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.square(self._away(y_true, y_pred)).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        away = self._away(y_true, y_pred) * kind(2 / y_pred.shape[-1])
        return np.where(y_pred > kind(EPSILON), away / (y_pred + 1), 0)


class Poisson(Loss):
    """y_pred - y_true * log(y_pred), the mean over an image's outputs: for counts."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "poisson",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target = same_rank(y_true, y_pred, self.name).astype(kind)
        return (y_pred - target * np.log(y_pred + kind(EPSILON))).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target = same_rank(y_true, y_pred, self.name).astype(kind)
        return (1 - target / (y_pred + kind(EPSILON))) / kind(y_pred.shape[-1])


class CosineSimilarity(Loss):
    """-1 where targets and outputs point the same way, 1 where they point apart."""

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "cosine_similarity",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        last_axis_only(axis)

    def _parts(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, ...]:
        """The target's direction, the output's, and what the output was multiplied with."""
        target = same_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        factor = _inverse_length(y_pred)
        return target * _inverse_length(target), y_pred * factor, factor

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, pred, _ = self._parts(y_true, y_pred)
        return -(target * pred).sum(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, pred, factor = self._parts(y_true, y_pred)
        cosine = (target * pred).sum(axis=-1, keepdims=True)
        turned = np.where(factor < 1 / EPSILON, cosine * pred, 0)
        return (turned - target) * factor


def _inverse_length(rows: Any) -> Any:
    """1 / the length of each row, at most 1e7, as Keras has it."""
    lengths = np.sqrt(np.square(rows).sum(axis=-1, keepdims=True))
    return 1 / np.maximum(lengths, rows.dtype.type(EPSILON))
