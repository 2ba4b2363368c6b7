"""The base class of losses: per-prediction losses, their gradients and the reduction to a batch."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from scallion import session
from scallion.differentiation import RecordedArray, is_recorded
from scallion.eager_array import eager, eager_result
from scallion.errors import ArgumentError, ShapeError, UnsupportedError
from scallion.losses import derived

_REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


class Loss:
    """The base of all losses.

    A subclass implements `call(y_true, y_pred)` with operators, NumPy, `scallion.ops` and other
    losses, as in Keras; its gradient is derived. It returns values, of which `reduction` makes the
    loss of a batch. The losses of this package implement `per_prediction` and
    `prediction_gradient` instead, which the engine computes in its core. All arrays have the type
    of `y_pred`: float32, or float64 in gradient checks. The loss of a batch is
    `sum(per_image(...) * factors(...))`.
    """

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: str | None = None,
    ) -> None:
        if reduction not in _REDUCTIONS:
            raise ArgumentError(
                f"`reduction` must be one of {', '.join(map(repr, _REDUCTIONS))}. "
                f"Received: reduction={reduction!r}",
                hint='reduction="sum_over_batch_size"',
                field="reduction",
                value=reduction,
            )
        if dtype not in (None, "float32"):
            raise UnsupportedError(
                f"losses are computed in float32. Received: dtype={dtype!r}",
                hint="leave out dtype",
                field="dtype",
                value=dtype,
            )
        self.name = name or session.unique_name(session.snake_case(type(self).__name__))
        self.reduction = reduction

    @property
    def has_derived_gradient(self) -> bool:
        """Whether the loss is a custom expression, in `call`."""
        return type(self).call is not Loss.call

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return one loss per prediction; a custom loss overrides this."""
        if is_recorded(y_true):
            raise UnsupportedError(
                f"the gradient of {self.name} is derived for y_pred, not for y_true",
                hint=f"{self.name}(y_true, y_pred): the targets come first",
            )
        true = np.asarray(y_true)
        if not is_recorded(y_pred):
            return self.per_prediction(true, np.asarray(y_pred))
        losses = self.per_prediction(true, y_pred.value)

        def backward(dy: np.ndarray) -> np.ndarray:
            return dy[..., None] * self.prediction_gradient(true, y_pred.value)

        return RecordedArray(losses, [(y_pred, backward)])

    def batch_loss(
        self, y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray | None
    ) -> float:
        """Return the loss of a batch; `weights` are one per image, or None."""
        if self.has_derived_gradient:
            return derived.value(self, y_true, y_pred, weights)
        factors = self.factors(y_true, y_pred, weights)
        return float((self.per_image(y_true, y_pred) * factors).sum())

    def batch_gradient(
        self, y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray | None, scale: float
    ) -> np.ndarray:
        """Return the gradient of `scale` times the loss of a batch, shaped as `y_pred`."""
        if self.has_derived_gradient:
            gradient = derived.value_and_gradient(self, y_true, y_pred, weights)[1]
            return gradient * y_pred.dtype.type(scale)
        factors = self.factors(y_true, y_pred, weights) * y_pred.dtype.type(scale)
        return self.gradient(y_true, y_pred) * factors.reshape(-1, *[1] * (y_pred.ndim - 1))

    def per_prediction(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """Return one loss per prediction: (n,), or (n, H, W) for one prediction per pixel."""
        raise NotImplementedError

    def prediction_gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """Return the gradient of each prediction's loss, shaped as `y_pred`."""
        raise NotImplementedError

    def check_targets(self, y_true: np.ndarray) -> None:
        """Raise DataError for targets (n, ...) outside of what the loss means: here, none are."""

    def prepare_targets(self, y_true: np.ndarray) -> np.ndarray:
        """Return a batch's targets as the native engine takes them."""
        return y_true

    def per_image(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """Return one loss per image, the mean over its predictions: (n,)."""
        return self.per_prediction(y_true, y_pred).reshape(len(y_pred), -1).mean(axis=1)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """Return the gradient of each image's loss, shaped as `y_pred`."""
        return self.prediction_gradient(y_true, y_pred) / y_pred.dtype.type(
            _predictions_per_image(y_pred)
        )

    def factors(
        self, y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the factor of each image's loss in the loss of the batch: (n,).

        Without weights each factor is 1/n. As in Keras, `sum_over_batch_size` divides by the
        number of images, not by the sum of their weights. Raises ArgumentError if the loss has no
        reduction.
        """
        images = len(y_pred)
        factors = np.ones(images, y_pred.dtype) if weights is None else weights.astype(y_pred.dtype)
        if self.reduction == "sum":
            return factors * y_pred.dtype.type(_predictions_per_image(y_pred))
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            total = factors.sum()
            return factors / total if total else np.zeros_like(factors)
        if self.reduction in ("none", None):
            raise ArgumentError(
                f"{self.name}: training needs one loss per batch. Received: reduction=None",
                hint='reduction="sum_over_batch_size"',
                field="reduction",
                value=self.reduction,
            )
        return factors / y_pred.dtype.type(images)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Return the loss of a batch as one float32, or per prediction with `reduction=None`."""
        return eager_result(self._reduced(y_true, y_pred, sample_weight))

    def _reduced(self, y_true: Any, y_pred: Any, sample_weight: Any) -> Any:
        if is_recorded(y_pred) or is_recorded(y_true):
            return derived.reduced(self, self.call(y_true, y_pred), sample_weight)
        pred = np.asarray(y_pred, np.float32)
        true = np.asarray(y_true)
        if self.has_derived_gradient:
            values = self.call(eager(true.astype(np.float32)), eager(pred))
            return derived.reduced(self, np.asarray(values, np.float32), sample_weight)
        losses = self.per_prediction(true, pred)
        if pred.ndim < 2:
            return self._reduced_row(losses, sample_weight)
        if self.reduction in ("none", None):
            if sample_weight is None:
                return losses
            if np.ndim(sample_weight) == losses.ndim + 1 and np.shape(sample_weight)[-1] == 1:
                losses = losses[..., None]
            return losses * _broadcast(sample_weight, losses)
        if self.reduction == "mean_with_sample_weight" and np.ndim(sample_weight) == 0:
            # As in Keras, one weight for all is counted once in the divisor.
            one = np.float32(1 if sample_weight is None else sample_weight)
            count = np.float32(losses.size) if sample_weight is None else one
            return np.float32((losses * one).sum() / count) if count else np.float32(0)
        if sample_weight is None or np.ndim(sample_weight) <= 1:
            weights = None if sample_weight is None else _one_per_image(sample_weight, len(pred))
            return np.float32(
                (self.per_image(true, pred) * self.factors(true, pred, weights)).sum()
            )
        counted = self.counted_predictions(true, pred)
        weights = _broadcast(sample_weight, losses) * counted
        total = np.float32((losses * weights).sum())
        if self.reduction == "sum":
            return total
        by_weight = self.reduction == "mean_with_sample_weight"
        divisor = np.float32(
            weights.sum() if by_weight else np.broadcast_to(counted, losses.shape).sum()
        )
        return total / divisor if divisor else np.float32(0)

    def counted_predictions(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """Return 1 for each prediction that counts, 0 for others: here, 1 for all."""
        return np.ones((), np.float32)

    def _reduced_row(self, losses: np.ndarray, sample_weight: Any) -> Any:
        """Return the loss of outputs (n,), which Keras takes for one prediction of n values."""
        weights = np.float32(1) if sample_weight is None else np.asarray(sample_weight, np.float32)
        weighted = np.asarray(losses * weights, np.float32)
        if self.reduction in ("none", None) or not weighted.ndim:
            return weighted[()]
        total = weighted.sum(dtype=np.float32)
        if self.reduction == "sum":
            return total
        by_weight = self.reduction == "mean_with_sample_weight"
        divisor = np.float32(np.sum(weights) if by_weight else weighted.size)
        return total / divisor if divisor else np.float32(0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of an equal loss, named as in Keras."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Create a loss from a config of `get_config`."""
        return cls(**config)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


def loss_per_prediction(kind: type[Loss], y_true: Any, y_pred: Any, **arguments: Any) -> np.ndarray:
    """Return one loss per prediction of a loss class, for its function in Keras' spelling."""
    if is_recorded(y_pred) or is_recorded(y_true):
        return kind(**arguments).call(y_true, y_pred)
    return kind(**arguments).per_prediction(np.asarray(y_true), np.asarray(y_pred, np.float32))


def match_rank(y_true: np.ndarray, y_pred: np.ndarray, name: str) -> np.ndarray:
    """Return the targets shaped as the outputs, adding or dropping a last axis of length 1.

    Raises ShapeError if they do not fit. `name` is the loss' name, for the message.
    """
    if y_true.ndim == y_pred.ndim - 1 and y_pred.shape[-1] == 1:
        y_true = y_true[..., None]
    elif y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_true = y_true[..., 0]
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            f"{name}: there must be one target per output. Received: targets of {y_true.shape}, "
            f"outputs of {y_pred.shape}",
            hint="give the last layer as many units as a target has values",
        )
    return y_true


def _predictions_per_image(y_pred: np.ndarray) -> int:
    """Return 1, or H * W for one prediction per pixel."""
    return int(np.prod(y_pred.shape[1:-1], dtype=np.int64))


def _one_per_image(sample_weight: Any, images: int) -> np.ndarray:
    weights = np.asarray(sample_weight, np.float32)
    if weights.ndim == 0:
        return np.full(images, weights)
    if weights.shape != (images,):
        raise ShapeError(
            "`sample_weight` must have one value per image. "
            f"Received: {weights.shape} for {images} images",
            hint=f"give an array of the shape ({images},)",
            field="sample_weight",
        )
    return weights


def _broadcast(sample_weight: Any, losses: np.ndarray) -> np.ndarray:
    """Broadcast weights of shape (n,), (n, 1) or one per prediction to the losses' shape."""
    weights = np.asarray(sample_weight, np.float32)
    if weights.ndim == losses.ndim + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    try:
        return np.broadcast_to(weights, losses.shape)
    except ValueError:
        raise ShapeError(
            f"`sample_weight` of {weights.shape} does not fit losses of {losses.shape}",
            hint="give one weight per image",
            field="sample_weight",
        ) from None
