"""Hinge losses: nothing is lost once the right answer leads by a margin of 1."""

import numpy as np

from scallion.errors import ShapeError
from scallion.losses.loss import Loss, same_rank


class Hinge(Loss):
    """max(1 - y_true * y_pred, 0), the mean over an image's outputs; targets are -1 and 1.

    Where all targets of a batch are 0 and 1, 0 is read as -1, as in Keras.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def prepared(self, y_true: np.ndarray) -> np.ndarray:
        zero_or_one = (y_true == 0) | (y_true == 1)
        return y_true * y_true.dtype.type(2) - 1 if zero_or_one.all() else y_true

    def _margin(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The signs that are asked for, and how far each output is from leading by 1."""
        signs = self.prepared(same_rank(y_true, y_pred, self.name).astype(y_pred.dtype))
        return signs, np.maximum(1 - signs * y_pred, 0)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return self._margin(y_true, y_pred)[1].mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        signs, margin = self._margin(y_true, y_pred)
        return np.where(margin > 0, -signs, 0) / y_pred.dtype.type(y_pred.shape[-1])


class SquaredHinge(Hinge):
    """The square of max(1 - y_true * y_pred, 0), the mean over an image's outputs: see Hinge."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "squared_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(reduction, name, dtype)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return np.square(self._margin(y_true, y_pred)[1]).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        signs, margin = self._margin(y_true, y_pred)
        return -signs * margin * y_pred.dtype.type(2 / y_pred.shape[-1])


class CategoricalHinge(Loss):
    """max(1 + the best wrong output - the right one, 0); targets are one-hot."""

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_hinge",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def _parts(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The targets in the outputs' type, and what is lost at each place."""
        if y_true.shape != y_pred.shape:
            raise ShapeError(
                f"{self.name}: one target a class. Received: targets of {y_true.shape}, "
                f"outputs of {y_pred.shape}",
                hint="for class numbers: to_categorical(y)",
            )
        target = y_true.astype(y_pred.dtype)
        right = (target * y_pred).sum(axis=-1)
        wrong = ((1 - target) * y_pred).max(axis=-1)
        return target, np.maximum(wrong - right + 1, 0)

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return self._parts(y_true, y_pred)[1]

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, lost = self._parts(y_true, y_pred)
        others = 1 - target
        best = (others * y_pred).argmax(axis=-1)[..., None]
        slope = -target
        pushed = np.take_along_axis(others, best, -1) - np.take_along_axis(target, best, -1)
        np.put_along_axis(slope, best, pushed, -1)
        return np.where(lost[..., None] > 0, slope, 0)
