"""Losses between distributions, with the formulas of Keras 3."""

from typing import Any

import numpy as np

from scallion.losses.crossentropy import EPSILON
from scallion.losses.loss import Loss, loss_per_prediction, match_rank
from scallion.losses.target_checks import require_at_least_zero, require_distributions


class KLDivergence(Loss):
    """The sum of y_true * log(y_true / y_pred); both are clipped to [1e-7, 1], as in Keras."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "kl_divergence",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def check_targets(self, y_true: np.ndarray) -> None:
        require_distributions(y_true, self.name)

    def _clipped(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        kind = y_pred.dtype.type
        target = match_rank(y_true, y_pred, self.name).astype(kind)
        low, high = kind(EPSILON), kind(1)
        return np.clip(target, low, high), np.clip(y_pred, low, high)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, pred = self._clipped(y_true, y_pred)
        return (target * np.log(target / pred)).sum(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, pred = self._clipped(y_true, y_pred)
        return np.where(pred == y_pred, -target / pred, 0)


class Poisson(Loss):
    """y_pred - y_true * log(y_pred), averaged over an image's outputs: for counts."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "poisson",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def check_targets(self, y_true: np.ndarray) -> None:
        require_at_least_zero(y_true, self.name, "counts from 0")

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target = match_rank(y_true, y_pred, self.name).astype(kind)
        return (y_pred - target * np.log(y_pred + kind(EPSILON))).mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target = match_rank(y_true, y_pred, self.name).astype(kind)
        return (1 - target / (y_pred + kind(EPSILON))) / kind(y_pred.shape[-1])


def kl_divergence(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per prediction: see KLDivergence."""
    return loss_per_prediction(KLDivergence, y_true, y_pred)


def poisson(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per image: see Poisson."""
    return loss_per_prediction(Poisson, y_true, y_pred)
