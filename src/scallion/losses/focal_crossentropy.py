"""Focal losses: cross-entropy with less weight on images that are already predicted well.

Lin et al. 2017, "Focal Loss for Dense Object Detection", with Keras' arguments and limits.
"""

from typing import Any

import numpy as np

from scallion.layers.base.argument_checks import checked_float
from scallion.losses.crossentropy import (
    CategoricalCrossentropy,
    checked_smoothing,
    clipped,
    in_range,
    log_softmax,
    require_last_axis,
    sigmoid,
)
from scallion.losses.loss import Loss, loss_per_prediction, match_rank
from scallion.losses.target_checks import require_range


class CategoricalFocalCrossentropy(CategoricalCrossentropy):
    """alpha * (1 - p)**gamma * -log(p), p the probability of the true class; one-hot targets."""

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
        self.alpha = float(checked_float("alpha", alpha, least=0))
        self.gamma = float(checked_float("gamma", gamma, least=0))

    def _probabilities(self, y_pred: np.ndarray) -> np.ndarray:
        p = np.exp(log_softmax(y_pred)) if self.from_logits else y_pred
        return p / p.sum(axis=-1, keepdims=True)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        q = clipped(self._probabilities(y_pred))
        losses = (
            -self._target_probabilities(y_true, y_pred) * np.log(q) * (1 - q) ** kind(self.gamma)
        )
        return losses.sum(axis=-1) * kind(self.alpha)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        gamma, target = kind(self.gamma), self._target_probabilities(y_true, y_pred)
        p = self._probabilities(y_pred)
        q = clipped(p)
        # d/dq of -(1 - q)**gamma * log(q)
        derivative = gamma * (1 - q) ** (gamma - 1) * np.log(q) - (1 - q) ** gamma / q
        gradient = np.where(in_range(p), kind(self.alpha) * target * derivative, 0)
        gradient = gradient - (gradient * p).sum(axis=-1, keepdims=True)
        return gradient * p if self.from_logits else gradient / y_pred.sum(axis=-1, keepdims=True)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha, "gamma": self.gamma}


class BinaryFocalCrossentropy(Loss):
    """Binary cross-entropy times (1 - p)**gamma, p the probability of the true class.

    `apply_class_balancing` weights positives with `alpha` and negatives with 1 - `alpha`.
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
        require_last_axis(axis)
        self.apply_class_balancing = bool(apply_class_balancing)
        self.alpha = float(checked_float("alpha", alpha, least=0))
        self.gamma = float(checked_float("gamma", gamma, least=0))
        self.from_logits = bool(from_logits)
        self.label_smoothing = checked_smoothing(label_smoothing)
        self.axis = axis

    def check_targets(self, y_true: np.ndarray) -> None:
        require_range(y_true, 0, 1, self.name, "labels from 0 to 1")

    def _parts(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return target, probability, clipped probability, cross-entropy and class weights."""
        kind = y_pred.dtype.type
        target = match_rank(y_true, y_pred, self.name).astype(kind)
        if self.label_smoothing:
            smoothing = self.label_smoothing
            target = target * kind(1 - smoothing) + kind(0.5 * smoothing)
        p = sigmoid(y_pred) if self.from_logits else y_pred
        q = clipped(p)
        entropy = -(target * np.log(q) + (1 - target) * np.log1p(-q))
        alpha = kind(self.alpha if self.apply_class_balancing else 0.5)
        balance = target * alpha + (1 - target) * (1 - alpha)
        return target, p, q, entropy, balance if self.apply_class_balancing else balance * 2

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, p, _, entropy, balance = self._parts(y_true, y_pred)
        wrong = 1 - (target * p + (1 - target) * (1 - p))
        return (balance * wrong ** y_pred.dtype.type(self.gamma) * entropy).mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target, p, q, entropy, balance = self._parts(y_true, y_pred)
        gamma, wrong = kind(self.gamma), 1 - (target * p + (1 - target) * (1 - p))
        d_entropy = np.where(in_range(p), (q - target) / (q * (1 - q)), 0)
        d_factor = gamma * wrong ** (gamma - 1) * (1 - 2 * target)
        gradient = balance * (d_factor * entropy + wrong**gamma * d_entropy)
        gradient = gradient / kind(y_pred.shape[-1])
        return gradient * p * (1 - p) if self.from_logits else gradient

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


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """Return one loss per prediction: see CategoricalFocalCrossentropy."""
    return loss_per_prediction(
        CategoricalFocalCrossentropy, y_true, y_pred, alpha=alpha, gamma=gamma,
        from_logits=from_logits, label_smoothing=label_smoothing, axis=axis,
    )  # fmt: skip


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """Return one loss per image: see BinaryFocalCrossentropy."""
    return loss_per_prediction(
        BinaryFocalCrossentropy, y_true, y_pred, apply_class_balancing=apply_class_balancing,
        alpha=alpha, gamma=gamma, from_logits=from_logits, label_smoothing=label_smoothing,
        axis=axis,
    )  # fmt: skip
