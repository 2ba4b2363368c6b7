"""Focal losses: cross-entropy that counts less where the network is right already.

Lin et al. 2017, "Focal Loss for Dense Object Detection", with Keras' arguments and limits.
"""

from typing import Any

import numpy as np

from scallion.losses.crossentropy import (
    CategoricalCrossentropy,
    clipped,
    in_range,
    last_axis_only,
    log_softmax,
    share,
    sigmoid,
)
from scallion.losses.loss import Loss, same_rank


class CategoricalFocalCrossentropy(CategoricalCrossentropy):
    """alpha * (1 - p)**gamma * -log(p) of the true class' probability p; targets are one-hot."""

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.alpha = float(alpha)
        self.gamma = float(gamma)

    def _probabilities(self, y_pred: np.ndarray) -> np.ndarray:
        p = np.exp(log_softmax(y_pred)) if self.from_logits else y_pred
        return p / p.sum(axis=-1, keepdims=True)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        q = clipped(self._probabilities(y_pred))
        losses = -self._shares(y_true, y_pred) * np.log(q) * (1 - q) ** kind(self.gamma)
        return losses.sum(axis=-1) * kind(self.alpha)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        gamma, shares = kind(self.gamma), self._shares(y_true, y_pred)
        raw = self._probabilities(y_pred)
        q = clipped(raw)
        falling = gamma * (1 - q) ** (gamma - 1) * np.log(q) - (1 - q) ** gamma / q
        slope = np.where(in_range(raw), kind(self.alpha) * shares * falling, 0)
        slope = slope - (slope * raw).sum(axis=-1, keepdims=True)
        return slope * raw if self.from_logits else slope / y_pred.sum(axis=-1, keepdims=True)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "gamma": self.gamma}


class BinaryFocalCrossentropy(Loss):
    """Binary cross-entropy times (1 - p)**gamma, p the probability of the right answer.

    `apply_class_balancing` weighs yes with `alpha` and no with 1 - `alpha`.
    """

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_focal_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        last_axis_only(axis)
        self.apply_class_balancing = bool(apply_class_balancing)
        self.alpha = float(alpha)
        self.gamma = float(gamma)
        self.from_logits = bool(from_logits)
        self.label_smoothing = share(label_smoothing)
        self.axis = axis

    def _parts(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, ...]:
        """Target, probability, its clipped self, cross-entropy and what class balancing gives."""
        kind = y_pred.dtype.type
        target = same_rank(y_true, y_pred, self.name).astype(kind)
        if self.label_smoothing:
            smoothing = self.label_smoothing
            target = target * kind(1 - smoothing) + kind(0.5 * smoothing)
        p = sigmoid(y_pred) if self.from_logits else y_pred
        q = clipped(p)
        entropy = -(target * np.log(q) + (1 - target) * np.log1p(-q))
        alpha = kind(self.alpha if self.apply_class_balancing else 0.5)
        balance = target * alpha + (1 - target) * (1 - alpha)
        return target, p, q, entropy, balance if self.apply_class_balancing else balance * 2

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, p, _, entropy, balance = self._parts(y_true, y_pred)
        wrong = 1 - (target * p + (1 - target) * (1 - p))
        return (balance * wrong ** y_pred.dtype.type(self.gamma) * entropy).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target, p, q, entropy, balance = self._parts(y_true, y_pred)
        gamma, wrong = kind(self.gamma), 1 - (target * p + (1 - target) * (1 - p))
        steep = np.where(in_range(p), (q - target) / (q * (1 - q)), 0)
        slope = gamma * wrong ** (gamma - 1) * (1 - 2 * target) * entropy + wrong**gamma * steep
        slope = balance * slope / kind(y_pred.shape[-1])
        return slope * p * (1 - p) if self.from_logits else slope

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
            "apply_class_balancing": self.apply_class_balancing,
            "alpha": self.alpha,
            "gamma": self.gamma,
        }
