"""Cross-entropies. Formulas and limits are Keras 3.15's, on its PyTorch backend."""

from typing import Any

import numpy as np

from scallion.errors import ArgumentError, DataError, ShapeError, UnsupportedError
from scallion.losses.loss import Loss, same_rank

EPSILON = 1e-7


class _Crossentropy(Loss):
    """What the two categorical cross-entropies share: from outputs to -log of probabilities."""

    def __init__(
        self, from_logits: bool, axis: int, name: str, reduction: str | None, dtype: str | None
    ) -> None:
        super().__init__(name, reduction, dtype)
        last_axis_only(axis)
        self.from_logits = bool(from_logits)
        self.axis = axis

    def _shares(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """How much of the target lies on each class, shaped as `y_pred`."""
        raise NotImplementedError

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        logs = log_softmax(y_pred) if self.from_logits else np.log(clipped(_normalized(y_pred)))
        return -(self._shares(y_true, y_pred) * logs).sum(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        shares = self._shares(y_true, y_pred)
        if self.from_logits:
            mass = shares.sum(axis=-1, keepdims=True)
            return np.exp(log_softmax(y_pred)) * mass - shares
        # -log(clip(q)) with q = p / sum(p): where the clip holds, nothing moves.
        normalized = _normalized(y_pred)
        slope = np.where(in_range(normalized), -shares / clipped(normalized), 0)
        inner = (slope * normalized).sum(axis=-1, keepdims=True)
        return (slope - inner) / y_pred.sum(axis=-1, keepdims=True)


class SparseCategoricalCrossentropy(_Crossentropy):
    """-log of the probability of the true class; targets are class numbers, (n,) or (n, 1).

    `from_logits=True` takes scores, else `y_pred` are probabilities. Places whose target is
    `ignore_class` count nothing.

    >>> loss = SparseCategoricalCrossentropy(from_logits=True)
    >>> round(float(loss([1], [[0.0, 0.0]])), 4)
    0.6931
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str = "sparse_categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, axis, name, reduction, dtype)
        self.ignore_class = ignore_class

    def _shares(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        labels, counted = self._labels(y_true, y_pred)
        shares = np.zeros(y_pred.shape, y_pred.dtype)
        np.put_along_axis(shares, labels[..., None], counted[..., None].astype(y_pred.dtype), -1)
        return shares

    def _labels(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Class numbers, 0 where they are ignored, and which ones count."""
        labels = y_true
        if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
            labels = labels[..., 0]
        if labels.shape != y_pred.shape[:-1]:
            raise ShapeError(
                f"{self.name}: one class number a prediction. Received: targets of {y_true.shape}, "
                f"outputs of {y_pred.shape}",
                hint="for one-hot targets use CategoricalCrossentropy",
            )
        labels = labels.astype(np.int64)
        counted = np.full(labels.shape, True)
        if self.ignore_class is not None:
            counted = labels != self.ignore_class
            labels = np.where(counted, labels, 0)
        classes = y_pred.shape[-1]
        if labels.size and (labels.min() < 0 or labels.max() >= classes):
            wrong = labels[(labels < 0) | (labels >= classes)].flat[0]
            raise DataError(
                f"{self.name}: labels go from 0 to {classes - 1} where the network has {classes} "
                f"outputs. Received: {wrong}",
                hint="give the last layer one unit a class, and count classes from 0",
            )
        return labels, counted

    def factors(
        self, y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray | None = None
    ) -> np.ndarray:
        factors = super().factors(y_true, y_pred, weights)
        if self.ignore_class is None or self.reduction not in ("sum_over_batch_size", "mean"):
            return factors
        counted = self._labels(y_true, y_pred)[1]
        return factors * y_pred.dtype.type(counted.size / max(counted.sum(), 1))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "ignore_class": self.ignore_class,
        }


class CategoricalCrossentropy(_Crossentropy):
    """-log of the true class' probability; targets are one-hot or shares, shaped as the outputs.

    `label_smoothing=0.1` moves a tenth of each target evenly onto all classes.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(from_logits, axis, name, reduction, dtype)
        self.label_smoothing = share(label_smoothing)

    def _shares(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        if y_true.shape != y_pred.shape:
            raise ShapeError(
                f"{self.name}: one target a class. Received: targets of {y_true.shape}, "
                f"outputs of {y_pred.shape}",
                hint="for class numbers use SparseCategoricalCrossentropy",
            )
        kind = y_pred.dtype.type
        smoothing = self.label_smoothing
        if not smoothing:
            return y_true.astype(kind)
        return y_true.astype(kind) * kind(1 - smoothing) + kind(smoothing / y_true.shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }


class BinaryCrossentropy(Loss):
    """-log of the probability of the right answer, the mean over an image's yes-or-no outputs."""

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_crossentropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        last_axis_only(axis)
        self.from_logits = bool(from_logits)
        self.label_smoothing = share(label_smoothing)
        self.axis = axis

    def _target(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target = same_rank(y_true, y_pred, self.name).astype(kind)
        smoothing = self.label_smoothing
        return target * kind(1 - smoothing) + kind(0.5 * smoothing) if smoothing else target

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = self._target(y_true, y_pred)
        if self.from_logits:
            # log(1 + exp(x)) - x * target, without overflow.
            losses = np.maximum(y_pred, 0) - y_pred * target + np.log1p(np.exp(-np.abs(y_pred)))
        else:
            q = clipped(y_pred)
            losses = -(target * np.log(q) + (1 - target) * np.log1p(-q))
        return losses.mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, outputs = self._target(y_true, y_pred), y_pred.dtype.type(y_pred.shape[-1])
        if self.from_logits:
            return (sigmoid(y_pred) - target) / outputs
        q = clipped(y_pred)
        slope = (q - target) / (q * (1 - q))
        return np.where(in_range(y_pred), slope, 0) / outputs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }


def log_softmax(x: np.ndarray) -> np.ndarray:
    """log of the softmax over the last axis; large scores do not overflow."""
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow on either side."""
    shrunk = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + shrunk), shrunk / (1 + shrunk))


def _normalized(probabilities: np.ndarray) -> np.ndarray:
    return probabilities / probabilities.sum(axis=-1, keepdims=True)


def _limits(kind: Any) -> tuple[Any, Any]:
    return kind(EPSILON), kind(1 - EPSILON)


def clipped(probabilities: np.ndarray) -> np.ndarray:
    """Kept off 0 and 1, as Keras does before it takes a logarithm."""
    return np.clip(probabilities, *_limits(probabilities.dtype.type))


def in_range(probabilities: np.ndarray) -> np.ndarray:
    """Where `clipped` changes nothing: only there is a slope."""
    low, high = _limits(probabilities.dtype.type)
    return (probabilities >= low) & (probabilities <= high)


def share(label_smoothing: float) -> float:
    """The number, where it is a share. Raises ArgumentError."""
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(
            "`label_smoothing` lies between 0 and 1. "
            f"Received: label_smoothing={label_smoothing!r}",
            hint="label_smoothing=0.1",
        )
    return float(label_smoothing)


def last_axis_only(axis: int) -> None:
    """Raises UnsupportedError for classes on another axis, as Keras' ValueError for a bool."""
    if axis != -1 or isinstance(axis, bool):
        raise UnsupportedError(
            f"classes lie on the last axis. Received: axis={axis!r}",
            hint="leave out axis, and bring the classes to the last axis",
        )
