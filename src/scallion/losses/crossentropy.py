"""Cross-entropy losses, with the formulas and clipping of Keras 3.15 on its PyTorch backend."""

from typing import Any

import numpy as np

from scallion.errors import ArgumentError, DataError, ShapeError, UnsupportedError
from scallion.losses.loss import Loss, loss_per_prediction, match_rank
from scallion.losses.target_checks import require_distributions, require_range

EPSILON = 1e-7  # keras.config.epsilon()


class _Crossentropy(Loss):
    """The base of the two categorical cross-entropies: outputs to -log of probabilities."""

    def __init__(
        self, from_logits: bool, axis: int, name: str, reduction: str | None, dtype: str | None
    ) -> None:
        super().__init__(name, reduction, dtype)
        require_last_axis(axis)
        self.from_logits = bool(from_logits)
        self.axis = axis

    def _target_probabilities(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """Return the target probability of each class, shaped as `y_pred`."""
        raise NotImplementedError

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        logs = log_softmax(y_pred) if self.from_logits else np.log(clipped(_normalized(y_pred)))
        return -(self._target_probabilities(y_true, y_pred) * logs).sum(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = self._target_probabilities(y_true, y_pred)
        if self.from_logits:
            total = target.sum(axis=-1, keepdims=True)
            return np.exp(log_softmax(y_pred)) * total - target
        # -log(clip(q)) with q = p / sum(p); the gradient is 0 where clip changes q.
        normalized = _normalized(y_pred)
        gradient = np.where(in_range(normalized), -target / clipped(normalized), 0)
        inner = (gradient * normalized).sum(axis=-1, keepdims=True)
        return (gradient - inner) / y_pred.sum(axis=-1, keepdims=True)


class SparseCategoricalCrossentropy(_Crossentropy):
    """-log of the probability of the true class; targets are integer labels, (n,) or (n, 1).

    `y_pred` holds probabilities, or logits with `from_logits=True`. Predictions whose target is
    `ignore_class` do not count.

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

    def _target_probabilities(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        labels, counted = self._labels(y_true, y_pred)
        target = np.zeros(y_pred.shape, y_pred.dtype)
        np.put_along_axis(target, labels[..., None], counted[..., None].astype(y_pred.dtype), -1)
        return target

    def _labels(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the labels, 0 where they are ignored, and a mask of those that count."""
        labels = y_true
        if labels.ndim == y_pred.ndim and labels.shape[-1] == 1:
            labels = labels[..., 0]
        if labels.shape != y_pred.shape[:-1]:
            raise ShapeError(
                f"{self.name}: there must be one integer label per prediction. "
                f"Received: targets of {y_true.shape}, outputs of {y_pred.shape}",
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
                f"{self.name}: labels must be from 0 to {classes - 1}, "
                f"as the network has {classes} outputs. Received: {wrong}",
                hint="give the last layer one unit per class, and number classes from 0",
                value=int(wrong),
            )
        return labels, counted

    def counted_predictions(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return self._labels(y_true, y_pred)[1].astype(np.float32)

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
    """-log of the probability of the true class; targets are one-hot or probabilities.

    Targets have the shape of the outputs. `label_smoothing=0.1` spreads a tenth of each target
    evenly over all classes.
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
        self.label_smoothing = checked_smoothing(label_smoothing)

    def check_targets(self, y_true: np.ndarray) -> None:
        require_distributions(y_true, self.name)

    def _target_probabilities(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        if y_true.shape != y_pred.shape:
            raise ShapeError(
                f"{self.name}: there must be one target per class. "
                f"Received: targets of {y_true.shape}, outputs of {y_pred.shape}",
                hint="for integer labels use SparseCategoricalCrossentropy",
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
    """Cross-entropy of binary outputs, averaged over an image's outputs."""

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
        require_last_axis(axis)
        self.from_logits = bool(from_logits)
        self.label_smoothing = checked_smoothing(label_smoothing)
        self.axis = axis

    def check_targets(self, y_true: np.ndarray) -> None:
        require_range(y_true, 0, 1, self.name, "labels from 0 to 1")

    def _target(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target = match_rank(y_true, y_pred, self.name).astype(kind)
        smoothing = self.label_smoothing
        return target * kind(1 - smoothing) + kind(0.5 * smoothing) if smoothing else target

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = self._target(y_true, y_pred)
        if self.from_logits:
            # log(1 + exp(x)) - x * target, without overflow.
            losses = np.maximum(y_pred, 0) - y_pred * target + np.log1p(np.exp(-np.abs(y_pred)))
        else:
            q = clipped(y_pred)
            losses = -(target * np.log(q) + (1 - target) * np.log1p(-q))
        return losses.mean(axis=-1)

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, outputs = self._target(y_true, y_pred), y_pred.dtype.type(y_pred.shape[-1])
        if self.from_logits:
            return (sigmoid(y_pred) - target) / outputs
        q = clipped(y_pred)
        gradient = (q - target) / (q * (1 - q))
        return np.where(in_range(y_pred), gradient, 0) / outputs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }


def log_softmax(x: np.ndarray) -> np.ndarray:
    """Return log(softmax(x)) over the last axis, without overflow."""
    shifted = x - x.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-x)), without overflow on either side."""
    shrunk = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + shrunk), shrunk / (1 + shrunk))


def _normalized(probabilities: np.ndarray) -> np.ndarray:
    return probabilities / probabilities.sum(axis=-1, keepdims=True)


def _limits(kind: Any) -> tuple[Any, Any]:
    return kind(EPSILON), kind(1 - EPSILON)


def clipped(probabilities: np.ndarray) -> np.ndarray:
    """Clip to [1e-7, 1 - 1e-7], as Keras does before it takes a logarithm."""
    return np.clip(probabilities, *_limits(probabilities.dtype.type))


def in_range(probabilities: np.ndarray) -> np.ndarray:
    """Return a mask of the values that `clipped` leaves alone: elsewhere the gradient is 0."""
    low, high = _limits(probabilities.dtype.type)
    return (probabilities >= low) & (probabilities <= high)


def checked_smoothing(label_smoothing: float) -> float:
    """Return `label_smoothing` as a float. Raises ArgumentError if it is not from 0 to 1."""
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(
            f"`label_smoothing` must be from 0 to 1. Received: label_smoothing={label_smoothing!r}",
            hint="label_smoothing=0.1",
            field="label_smoothing",
            value=label_smoothing,
        )
    return float(label_smoothing)


def require_last_axis(axis: int) -> None:
    """Raise UnsupportedError for classes on another axis, and for a bool, as Keras does."""
    if axis != -1 or isinstance(axis, bool):
        raise UnsupportedError(
            f"classes must be on the last axis. Received: axis={axis!r}",
            hint="leave out axis, and move the classes to the last axis",
            field="axis",
            value=axis,
        )


def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> np.ndarray:
    """Return one loss per prediction: see SparseCategoricalCrossentropy."""
    arguments = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
    return loss_per_prediction(SparseCategoricalCrossentropy, y_true, y_pred, **arguments)


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """Return one loss per prediction: see CategoricalCrossentropy."""
    arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
    return loss_per_prediction(CategoricalCrossentropy, y_true, y_pred, **arguments)


def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """Return one loss per image: see BinaryCrossentropy."""
    arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
    return loss_per_prediction(BinaryCrossentropy, y_true, y_pred, **arguments)
