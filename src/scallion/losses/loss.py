"""What all losses share: how the losses of images become the loss of a batch."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from scallion import session
from scallion.errors import ArgumentError, ShapeError, UnsupportedError

_REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)


class Loss:
    """The base of all losses.

    A loss is three functions, in the type of `y_pred` (float32, or float64 for checking):
    `per_image` gives one number an image, `gradient` its slope at the outputs, and `factors` what
    each image's number is multiplied by: the batch's loss is `sum(per_image * factors)`.
    """

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

    def prepared(self, y_true: np.ndarray) -> np.ndarray:
        """A batch's targets as the native core takes them; `values` does that itself."""
        return y_true

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
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        return cls(**config)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"


def _places(y_pred: np.ndarray) -> int:
    """How many predictions one image has: 1, or H * W."""
    return int(np.prod(y_pred.shape[1:-1], dtype=np.int64))


def same_rank(y_true: np.ndarray, y_pred: np.ndarray, name: str) -> np.ndarray:
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
