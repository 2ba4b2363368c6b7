"""Custom losses: expressions of `y_true` and `y_pred` whose gradients are derived.

In each step the loss is computed in NumPy from the network's outputs; `y_pred` records the
operations, and its gradient goes back into the engine. Outputs are small, so this costs little.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from scallion.differentiation import RecordedArray, gradient_of, is_recorded
from scallion.eager_array import eager
from scallion.errors import ArgumentError, ShapeError

if TYPE_CHECKING:
    from scallion.losses.loss import Loss


def value_and_gradient(
    loss: "Loss", y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray | None
) -> tuple[float, np.ndarray]:
    """Return the loss of a batch and its gradient, shaped as `y_pred`.

    Raises UnsupportedError for an operation without a rule, ArgumentError where the loss does not
    depend on `y_pred`.
    """
    start = RecordedArray(y_pred)
    with np.errstate(all="ignore"):  # a loss that is NaN or infinite stops the training by name
        total = reduced(loss, _values(loss, y_true, start), weights)
        gradient = gradient_of(total, start) if is_recorded(total) else None
    if gradient is None:
        raise ArgumentError(
            f"the loss {loss.name!r} does not depend on y_pred, so nothing can be learned",
            hint="return values computed from y_pred with arithmetic and scallion.ops",
            field="loss",
        )
    if total.ndim:
        raise ArgumentError(
            f"{loss.name}: training needs one loss per batch. Received: reduction=None",
            hint='reduction="sum_over_batch_size"',
            field="reduction",
            value=loss.reduction,
        )
    return float(total.value), np.ascontiguousarray(gradient, y_pred.dtype)


def value(
    loss: "Loss", y_true: np.ndarray, y_pred: np.ndarray, weights: np.ndarray | None
) -> float:
    """Return the loss of a batch."""
    with np.errstate(all="ignore"):
        return float(reduced(loss, _values(loss, y_true, eager(y_pred)), weights))


def check(loss: "Loss", y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
    """Run a derived loss once, so that what it cannot do is reported before training.

    Raises what `value_and_gradient` raises, and whatever the function itself raises.
    """
    if None in output_shape or not len(y_true):
        return
    shape = (len(y_true), *(side or 0 for side in output_shape))
    y_pred = np.full(shape, 1 / max(output_shape[-1] or 1, 2), np.float32)
    value_and_gradient(loss, y_true, y_pred, None)


def reduced(loss: "Loss", values: Any, sample_weight: Any) -> Any:
    """Return values reduced over the batch as the loss' `reduction` says, as Keras does.

    `mean` and `sum_over_batch_size` divide by the number of values, not by the weights' sum.
    """
    weights = None
    if sample_weight is not None:
        weights = np.asarray(sample_weight, values.dtype)
        values, weights = _with_fitting_weights(values, weights, loss.name)
        values = values * weights
    if loss.reduction in ("none", None) or not np.ndim(values):
        return values
    total = np.sum(values)
    if loss.reduction == "sum":
        return total
    divisor = values.size
    if loss.reduction == "mean_with_sample_weight" and weights is not None:
        divisor = float(weights.sum())
    return total / divisor if divisor else total * 0


def _with_fitting_weights(values: Any, weights: np.ndarray, name: str) -> tuple[Any, Any]:
    """Return values and weights that fit: a weight of an image is that of all its values.

    Raises ShapeError for values that are not one or several per image.
    """
    values, weights = same_rank(values, weights)
    if weights.ndim == 1 and np.shape(values)[:1] == weights.shape:
        return values, weights.reshape(-1, *[1] * (np.ndim(values) - 1))
    try:
        np.broadcast_shapes(np.shape(values), weights.shape)
    except ValueError:
        raise ShapeError(
            f"`sample_weight` of {weights.shape} does not fit the values of the loss {name!r}, "
            f"{np.shape(values)}",
            hint="return one value per image, or leave out sample_weight",
            field="sample_weight",
        ) from None
    return values, weights


def same_rank(a: Any, b: Any) -> tuple[Any, Any]:
    """Return both with the same number of axes: a last axis of length 1 is added or dropped."""
    ranks = np.ndim(a), np.ndim(b)
    if ranks[0] == ranks[1] + 1 and a.shape[-1] == 1:
        return (a, b[..., None]) if ranks[1] == 1 else (a[..., 0], b)
    if ranks[1] == ranks[0] + 1 and b.shape[-1] == 1:
        return (a[..., None], b) if ranks[0] == 1 else (a, b[..., 0])
    return a, b


def _values(loss: "Loss", y_true: np.ndarray, y_pred: Any) -> Any:
    """Return what `call` returns, as an array or a recorded one in the type of `y_pred`."""
    values = loss.call(eager(np.asarray(y_true).astype(y_pred.dtype)), y_pred)
    return values if is_recorded(values) else np.asarray(values, y_pred.dtype)
