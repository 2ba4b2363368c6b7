"""Losses that are expressions of the outputs: overlap of masks, circles of embeddings.

Their gradients are derived, as those of a loss of one's own.
"""

from typing import Any

import numpy as np

from scallion import ops
from scallion.differentiation import plain
from scallion.errors import ArgumentError
from scallion.layers.base.argument_checks import checked_float
from scallion.losses.derived import same_rank
from scallion.losses.loss import Loss
from scallion.losses.target_checks import require_range, require_whole

_EPSILON = 1e-7  # Keras adds it to each denominator
_MASKS = "masks from 0 to 1"
_NONE = -1e30  # a logarithm of next to nothing, which has a gradient, as minus infinity has not


class Dice(Loss):
    """1 minus the Dice coefficient of masks: 2 * intersection / (sum of both).

    Without `axis` there is one value per batch, with it one per remaining position.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "dice",
        axis: Any = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def check_targets(self, y_true: np.ndarray) -> None:
        require_range(y_true, 0, 1, self.name, _MASKS)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return dice(*same_rank(y_true, y_pred), axis=self.axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


class Tversky(Loss):
    """1 minus the Tversky index of masks, which weights the two kinds of errors.

    It is intersection / (intersection + alpha * missed + beta * false) (Salehi et al. 2017, with
    Keras' names); 0.5 for both is Dice.
    """

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "tversky",
        axis: Any = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha, self.beta = checked_float("alpha", alpha), checked_float("beta", beta)
        self.axis = axis

    def check_targets(self, y_true: np.ndarray) -> None:
        require_range(y_true, 0, 1, self.name, _MASKS)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return tversky(*same_rank(y_true, y_pred), self.alpha, self.beta, self.axis)

    def get_config(self) -> dict[str, Any]:
        own = {"alpha": self.alpha, "beta": self.beta, "axis": self.axis}
        return {**super().get_config(), **own}


class Circle(Loss):
    """The circle loss of L2-normalized embeddings (n, size) with integer labels (Sun et al. 2020).

    Embeddings of one class are pulled together, others pushed apart.
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str = "circle",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.gamma, self.margin = checked_float("gamma", gamma), checked_float("margin", margin)
        self.remove_diagonal = remove_diagonal

    def check_targets(self, y_true: np.ndarray) -> None:
        require_whole(y_true, self.name)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        values = circle(y_true, y_pred, None, None, self.remove_diagonal, self.gamma, self.margin)
        counted = int((np.asarray(plain(values)) > 0).sum())
        if self.reduction in ("sum_over_batch_size", "mean") and counted:
            # As in Keras, an embedding without another one of its class does not count.
            return values * (len(values) / counted)
        return values

    def get_config(self) -> dict[str, Any]:
        own = {"gamma": self.gamma, "margin": self.margin, "remove_diagonal": self.remove_diagonal}
        return {**super().get_config(), **own}


class CategoricalGeneralizedCrossEntropy(Loss):
    """A loss of integer labels that is robust to wrong ones: (1 - p**q) / q (Zhang et al. 2018)."""

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_generalized_cross_entropy",
        dtype: str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        if not 0 < q < 1:
            raise ArgumentError(
                f"`q` must be above 0 and below 1. Received: q={q!r}",
                hint="q=0.7",
                field="q",
                value=q,
            )
        self.q = q

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return categorical_generalized_cross_entropy(y_true, y_pred, self.q)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "q": self.q}


def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Any:
    """Return 1 minus the Dice coefficient, as Dice computes it."""
    both = ops.sum(y_true * y_pred, axis=axis)
    return 1 - 2 * both / (ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis) + _EPSILON)


def tversky(
    y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None
) -> Any:
    """Return 1 minus the Tversky index, as Tversky computes it."""
    both = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum((1 - y_pred) * y_true, axis=axis)
    false = ops.sum(y_pred * (1 - y_true), axis=axis)
    return 1 - both / (both + alpha * missed + beta * false + _EPSILON)


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """Return one circle loss per embedding, as Circle computes it."""
    labels = np.asarray(y_true).ravel().astype(np.int64)
    others = labels if ref_labels is None else np.asarray(ref_labels).ravel().astype(np.int64)
    references = y_pred if ref_embeddings is None else ref_embeddings
    distances = np.maximum(1 - np.matmul(y_pred, np.transpose(references)), 0.0)
    is_same = labels[:, None] == others
    is_other = ~is_same
    if remove_diagonal:
        is_same &= ~np.eye(*is_same.shape, dtype=bool)
    near = -gamma * np.maximum(margin + distances, 0.0) * (margin - distances)
    far = gamma * np.maximum(1 + margin - distances, 0.0) * (1 - margin - distances)
    return ops.softplus(_log_sum(near, is_same) + _log_sum(far, is_other))


def _log_sum(values: Any, mask: np.ndarray) -> Any:
    """Return log(sum(exp(values))) of the masked values of each row."""
    return ops.logsumexp(np.where(mask, values, _NONE), axis=1)


def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Any:
    """Return one loss per image, as CategoricalGeneralizedCrossEntropy computes it."""
    labels = np.asarray(y_true).astype(np.int64)
    is_class = (labels[..., None] == np.arange(np.shape(y_pred)[-1])).astype(np.float32)
    return (1 - np.power(np.sum(y_pred * is_class, axis=-1), q)) / q


__all__ = [
    "CategoricalGeneralizedCrossEntropy",
    "Circle",
    "Dice",
    "Tversky",
    "categorical_generalized_cross_entropy",
    "circle",
    "dice",
    "tversky",
]
