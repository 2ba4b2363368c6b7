"""How far one distribution is from another."""

import numpy as np

from scallion.losses.crossentropy import EPSILON
from scallion.losses.loss import Loss, same_rank


class KLDivergence(Loss):
    """The sum of y_true * log(y_true / y_pred); both are kept within 1e-7 and 1, as Keras does."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "kl_divergence",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def _kept(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        kind = y_pred.dtype.type
        target = same_rank(y_true, y_pred, self.name).astype(kind)
        low, high = kind(EPSILON), kind(1)
        return np.clip(target, low, high), np.clip(y_pred, low, high)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, pred = self._kept(y_true, y_pred)
        return (target * np.log(target / pred)).sum(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, pred = self._kept(y_true, y_pred)
        return np.where(pred == y_pred, -target / pred, 0)
