"""Losses: what training minimises, with Keras' names, arguments and numbers.

A loss is three functions, in the type of `y_pred` (float32, or float64 for checking):
`per_image` gives one number an image, `gradient` its slope at the outputs, and `factors` what each
image's number is multiplied by in the batch's loss, so that `loss = sum(per_image * factors)`.
The formulas are Keras 3.15's, on its PyTorch backend where backends differ.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from scallion import session
from scallion.errors import ArgumentError, DataError, ShapeError, UnknownNameError, UnsupportedError

EPSILON = 1e-7
_REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


class Loss:
    """The base of all losses."""

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: str | None = None,
    ) -> None:
        if reduction not in _REDUCTIONS:
            raise ArgumentError(
                f"`reduction` is one of {', '.join(map(repr, _REDUCTIONS))}. "
                f"Received: reduction={reduction!r}",
                hint='reduction="sum_over_batch_size"',
            )
        if dtype not in (None, "float32"):
            raise UnsupportedError(
                f"losses are computed in float32. Received: dtype={dtype!r}", hint="leave out dtype"
            )
        self.name = name or session.unique_name(session.snake_case(type(self).__name__))
        self.reduction = reduction

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """One loss a place: (n,) where an image has one prediction, (n, H, W) where it has many."""
        raise NotImplementedError

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """The slope of each place's loss at its own outputs, shaped as `y_pred`."""
        raise NotImplementedError

    def per_image(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """(n,) losses: the mean over an image's places."""
        return self.values(y_true, y_pred).reshape(len(y_pred), -1).mean(axis=1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """The slope of each image's loss at its own outputs, shaped as `y_pred`."""
        return self.slope(y_true, y_pred) / y_pred.dtype.type(_places(y_pred))

    def factors(
        self, y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray | None = None
    ) -> np.ndarray:
        """What each image's loss is multiplied by in the batch's: (n,), 1/n without weights.

        As in Keras, `sum_over_batch_size` divides by the number of images, whatever they weigh.
        """
        images = len(y_pred)
        factors = np.ones(images, y_pred.dtype) if weights is None else weights.astype(y_pred.dtype)
        if self.reduction == "sum":
            return factors * y_pred.dtype.type(_places(y_pred))
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            total = factors.sum()
            return factors / total if total else np.zeros_like(factors)
        if self.reduction in ("none", None):
            raise ArgumentError(
                f"{self.name}: training needs one number a batch. Received: reduction=None",
                hint='reduction="sum_over_batch_size"',
            )
        return factors / y_pred.dtype.type(images)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch as a float32 number, or of each place with `reduction=None`."""
        pred = np.asarray(y_pred, np.float32)
        true = np.asarray(y_true)
        losses = self.values(true, pred)
        if self.reduction in ("none", None):
            return losses if sample_weight is None else losses * _fitted(sample_weight, losses)
        if sample_weight is None or np.ndim(sample_weight) <= 1:
            weights = None if sample_weight is None else _one_an_image(sample_weight, len(pred))
            return np.float32(
                (self.per_image(true, pred) * self.factors(true, pred, weights)).sum()
            )
        weights = _fitted(sample_weight, losses)
        total = np.float32((losses * weights).sum())
        if self.reduction == "sum":
            return total
        by_weight = self.reduction == "mean_with_sample_weight"
        divisor = np.float32(weights.sum() if by_weight else losses.size)
        return total / divisor if divisor else np.float32(0)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal loss, as Keras names them."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Loss":
        return cls(**config)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


class _Crossentropy(Loss):
    """What the two categorical cross-entropies share: from outputs to -log of probabilities."""

    def __init__(
        self, from_logits: bool, axis: int, name: str, reduction: str | None, dtype: str | None
    ) -> None:
        super().__init__(name, reduction, dtype)
        _last_axis_only(axis)
        self.from_logits = bool(from_logits)
        self.axis = axis

    def _shares(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """How much of the target lies on each class, shaped as `y_pred`."""
        raise NotImplementedError

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        logs = log_softmax(y_pred) if self.from_logits else np.log(_clipped(_normalized(y_pred)))
        return -(self._shares(y_true, y_pred) * logs).sum(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        shares = self._shares(y_true, y_pred)
        if self.from_logits:
            mass = shares.sum(axis=-1, keepdims=True)
            return np.exp(log_softmax(y_pred)) * mass - shares
        # -log(clip(q)) with q = p / sum(p): where the clip holds, nothing moves.
        normalized = _normalized(y_pred)
        slope = np.where(_in_range(normalized), -shares / _clipped(normalized), 0)
        inner = (slope * normalized).sum(axis=-1, keepdims=True)
        return (slope - inner) / y_pred.sum(axis=-1, keepdims=True)


class SparseCategoricalCrossentropy(_Crossentropy):
    """-log of the probability of the true class; targets are class numbers, (n,) or (n, 1).

    `from_logits=True` takes scores, else `y_pred` are probabilities. Places whose target is
    `ignore_class` count nothing.

    >>> float(SparseCategoricalCrossentropy(from_logits=True)([1], [[0.0, 0.0]]).round(4))
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
        self.label_smoothing = _share(label_smoothing)

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
        _last_axis_only(axis)
        self.from_logits = bool(from_logits)
        self.label_smoothing = _share(label_smoothing)
        self.axis = axis

    def _target(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        kind = y_pred.dtype.type
        target = _same_rank(y_true, y_pred, self.name).astype(kind)
        smoothing = self.label_smoothing
        return target * kind(1 - smoothing) + kind(0.5 * smoothing) if smoothing else target

    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = self._target(y_true, y_pred)
        if self.from_logits:
            # log(1 + exp(x)) - x * target, without overflow.
            losses = np.maximum(y_pred, 0) - y_pred * target + np.log1p(np.exp(-np.abs(y_pred)))
        else:
            clipped = _clipped(y_pred)
            losses = -(target * np.log(clipped) + (1 - target) * np.log1p(-clipped))
        return losses.mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target, outputs = self._target(y_true, y_pred), y_pred.dtype.type(y_pred.shape[-1])
        if self.from_logits:
            return (sigmoid(y_pred) - target) / outputs
        clipped = _clipped(y_pred)
        slope = (clipped - target) / (clipped * (1 - clipped))
        return np.where(_in_range(y_pred), slope, 0) / outputs

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }


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
        target = _same_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return np.square(target - y_pred).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = _same_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
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
        target = _same_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return np.abs(target - y_pred).mean(axis=-1)

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        target = _same_rank(y_true, y_pred, self.name).astype(y_pred.dtype)
        return np.sign(y_pred - target) * y_pred.dtype.type(1 / y_pred.shape[-1])


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


def _clipped(probabilities: np.ndarray) -> np.ndarray:
    """Kept off 0 and 1, as Keras does before it takes a logarithm."""
    return np.clip(probabilities, *_limits(probabilities.dtype.type))


def _in_range(probabilities: np.ndarray) -> np.ndarray:
    low, high = _limits(probabilities.dtype.type)
    return (probabilities >= low) & (probabilities <= high)


def _places(y_pred: np.ndarray) -> int:
    """How many predictions one image has: 1, or H * W."""
    return int(np.prod(y_pred.shape[1:-1], dtype=np.int64))


def _share(label_smoothing: float) -> float:
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(
            "`label_smoothing` lies between 0 and 1. "
            f"Received: label_smoothing={label_smoothing!r}",
            hint="label_smoothing=0.1",
        )
    return float(label_smoothing)


def _last_axis_only(axis: int) -> None:
    if axis != -1:
        raise UnsupportedError(
            f"classes lie on the last axis. Received: axis={axis!r}",
            hint="leave out axis, and bring the classes to the last axis",
        )


def _same_rank(y_true: np.ndarray, y_pred: np.ndarray, name: str) -> np.ndarray:
    """The targets shaped as the outputs: a last axis of 1 may be there or not, as in Keras."""
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., None]
    elif y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_true = y_true[..., 0]
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            f"{name}: one target an output. Received: targets of {y_true.shape}, "
            f"outputs of {y_pred.shape}",
            hint="give the last layer as many units as a target has numbers",
        )
    return y_true


def _one_an_image(sample_weight: Any, images: int) -> np.ndarray:
    weights = np.asarray(sample_weight, np.float32)
    if weights.ndim == 0:
        return np.full(images, weights)
    if weights.shape != (images,):
        raise ShapeError(
            f"`sample_weight` has one number an image. Received: {weights.shape} for {images}",
            hint=f"give an array of the shape ({images},)",
        )
    return weights


def _fitted(sample_weight: Any, losses: np.ndarray) -> np.ndarray:
    """Weights as (n,), (n, 1) or one a place, shaped so that they multiply the losses."""
    weights = np.asarray(sample_weight, np.float32)
    if weights.ndim == losses.ndim + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    try:
        return np.broadcast_to(weights, losses.shape)
    except ValueError:
        raise ShapeError(
            f"`sample_weight` of {weights.shape} does not fit losses of {losses.shape}",
            hint="give one weight an image",
        ) from None


def _values(kind: type[Loss], y_true: Any, y_pred: Any, **arguments: Any) -> np.ndarray:
    return kind(**arguments).values(np.asarray(y_true), np.asarray(y_pred, np.float32))


def sparse_categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> np.ndarray:
    """One loss a prediction: see SparseCategoricalCrossentropy."""
    arguments = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
    return _values(SparseCategoricalCrossentropy, y_true, y_pred, **arguments)


def categorical_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """One loss a prediction: see CategoricalCrossentropy."""
    arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
    return _values(CategoricalCrossentropy, y_true, y_pred, **arguments)


def binary_crossentropy(
    y_true: Any,
    y_pred: Any,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> np.ndarray:
    """One loss an image: see BinaryCrossentropy."""
    arguments = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
    return _values(BinaryCrossentropy, y_true, y_pred, **arguments)


def mean_squared_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see MeanSquaredError."""
    return _values(MeanSquaredError, y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> np.ndarray:
    """One loss an image: see MeanAbsoluteError."""
    return _values(MeanAbsoluteError, y_true, y_pred)


class _Table:
    """Losses by their classes' names, their functions' names, and Keras' short names."""

    kinds: ClassVar[tuple[type[Loss], ...]] = (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        MeanAbsoluteError,
        MeanSquaredError,
        SparseCategoricalCrossentropy,
    )
    short: ClassVar[dict[str, type[Loss]]] = {
        "bce": BinaryCrossentropy,
        "BCE": BinaryCrossentropy,
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
    }


_BY_NAME: dict[str, type[Loss]] = {
    **{kind.__name__: kind for kind in _Table.kinds},
    **{session.snake_case(kind.__name__): kind for kind in _Table.kinds},
    **_Table.short,
}
_FUNCTIONS: dict[Any, type[Loss]] = {
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    mean_absolute_error: MeanAbsoluteError,
    mean_squared_error: MeanSquaredError,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}


def get(identifier: Any) -> Loss | None:
    """A loss from itself, its name, its class, its function or its config; None stays None.

    Raises UnknownNameError for a name that is not there, UnsupportedError for a function of the
    user's own: the engine could not differentiate it.
    """
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, str):
        if identifier not in _BY_NAME:
            raise UnknownNameError("loss", identifier, _BY_NAME)
        return _BY_NAME[identifier](name=identifier)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        return identifier()
    if isinstance(identifier, Mapping) and "class_name" in identifier:
        name = identifier["class_name"]
        if name not in _BY_NAME:
            raise UnknownNameError("loss", name, _BY_NAME)
        return _BY_NAME[name].from_config(identifier.get("config", {}))
    if callable(identifier):
        if identifier in _FUNCTIONS:
            return _FUNCTIONS[identifier]()
        raise UnsupportedError(
            "a loss of your own cannot be differentiated here. "
            f"Received: {getattr(identifier, '__name__', identifier)!r}",
            hint=f"use one of {', '.join(kind.__name__ for kind in _Table.kinds)}",
        )
    raise UnknownNameError("loss", identifier, _BY_NAME)


def resolve(
    identifier: Any, target_shape: tuple[int, ...], output_shape: tuple[int, ...]
) -> Loss | None:
    """A loss as `compile` takes it: `"crossentropy"` and `"ce"` are resolved by the shapes.

    Shapes are with the batch: `(n, 1)` or `(n,)` targets, `(n, 10)` outputs.
    """
    if not isinstance(identifier, str) or identifier.lower() not in ("crossentropy", "ce"):
        return get(identifier)
    if output_shape[-1] == 1:
        return BinaryCrossentropy(name=identifier)
    if len(target_shape) < len(output_shape) or target_shape[-1] == 1:
        return SparseCategoricalCrossentropy(name=identifier)
    return CategoricalCrossentropy(name=identifier)


__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "mean_absolute_error",
    "mean_squared_error",
    "resolve",
    "sparse_categorical_crossentropy",
]
