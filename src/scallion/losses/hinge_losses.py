"""Hinge losses: 0 once the true class leads by a margin of 1, with the formulas of Keras 3."""

from typing import Any

import numpy as np

from scallion.errors import ShapeError
from scallion.losses.loss import Loss, loss_per_prediction, match_rank
from scallion.losses.target_checks import require_distributions, require_signs


class Hinge(Loss):
    """max(1 - y_true * y_pred, 0), averaged over an image's outputs; targets are -1 and 1.

    If all targets of a batch are 0 or 1, each 0 is read as -1, as in Keras.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def check_targets(self, y_true: np.ndarray) -> None:
        require_signs(y_true, self.name)

    def prepare_targets(self, y_true: np.ndarray) -> np.ndarray:
        zero_or_one = (y_true == 0) | (y_true == 1)
        return y_true * y_true.dtype.type(2) - 1 if zero_or_one.all() else y_true

    def _margin(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the target signs, and how far each output is short of the margin."""
        signs = self.prepare_targets(match_rank(y_true, y_pred, self.name).astype(y_pred.dtype))
        return signs, np.maximum(1 - signs * y_pred, 0)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return self._margin(y_true, y_pred)[1].mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        signs, margin = self._margin(y_true, y_pred)
        return np.where(margin > 0, -signs, 0) / y_pred.dtype.type(y_pred.shape[-1])


class SquaredHinge(Hinge):
    """The square of max(1 - y_true * y_pred, 0), averaged over an image's outputs: see Hinge."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "squared_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.square(self._margin(y_true, y_pred)[1]).mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        signs, margin = self._margin(y_true, y_pred)
        return -signs * margin * y_pred.dtype.type(2 / y_pred.shape[-1])


class CategoricalHinge(Loss):
    """max(1 + the largest output of a wrong class - that of the true one, 0); one-hot targets."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def check_targets(self, y_true: np.ndarray) -> None:
        require_distributions(y_true, self.name)

    def _parts(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the targets in the outputs' type, and one loss per prediction."""
        if y_true.shape != y_pred.shape:
            raise ShapeError(
                f"{self.name}: there must be one target per class. "
                f"Received: targets of {y_true.shape}, outputs of {y_pred.shape}",
                hint="for integer labels: to_categorical(y)",
            )
        target = y_true.astype(y_pred.dtype)
        right = (target * y_pred).sum(axis=-1)
        wrong = ((1 - target) * y_pred).max(axis=-1)
        return target, np.maximum(wrong - right + 1, 0)

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return self._parts(y_true, y_pred)[1]

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, losses = self._parts(y_true, y_pred)
        others = 1 - target
        best = (others * y_pred).argmax(axis=-1)[..., None]
        gradient = -target
        at_best = np.take_along_axis(others, best, -1) - np.take_along_axis(target, best, -1)
        np.put_along_axis(gradient, best, at_best, -1)
        return np.where(losses[..., None] > 0, gradient, 0)


def hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per image: see Hinge."""
    return loss_per_prediction(Hinge, y_true, y_pred)


def squared_hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per image: see SquaredHinge."""
    return loss_per_prediction(SquaredHinge, y_true, y_pred)


def categorical_hinge(y_true: Any, y_pred: Any) -> np.ndarray:
    """Return one loss per prediction: see CategoricalHinge."""
    return loss_per_prediction(CategoricalHinge, y_true, y_pred)
