"""Operations that losses are made of: cross-entropies, guarded divisions, gradient stops."""

from typing import Any

import numpy as np

from scallion import activations
from scallion.differentiation import plain
from scallion.ops.arrays import on_arrays

_EPSILON = 1e-7  # keras.config.epsilon()


@on_arrays
def stop_gradient(variable: Any) -> Any:
    """Return the value as a constant."""
    return plain(variable)


@on_arrays
def divide_no_nan(x1: Any, x2: Any) -> Any:
    """Return x1 / x2, and 0 where x2 is 0."""
    is_zero = np.asarray(plain(x2)) == 0
    return np.where(is_zero, 0.0, x1 / np.where(is_zero, 1.0, x2))


@on_arrays
def erf(x: Any) -> Any:
    """Return the error function."""
    array = np.asarray(plain(x))
    return 2 * activations.normal_cdf(array * np.sqrt(2).astype(array.dtype)) - 1


@on_arrays
def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Return -t * log(p) - (1 - t) * log(1 - p) of each element."""
    if from_logits:
        return np.maximum(output, 0) - output * target + np.log1p(np.exp(-np.abs(output)))
    p = np.clip(output, _EPSILON, 1 - _EPSILON)
    return -(target * np.log(p) + (1 - target) * np.log(1 - p))


@on_arrays
def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return -sum(t * log(p)) along an axis; p is divided by its sum, or made from logits."""
    if from_logits:
        logs = activations.log_softmax(output, axis=axis)
    else:
        shares = output / np.sum(output, axis=axis, keepdims=True)
        logs = np.log(np.clip(shares, _EPSILON, 1 - _EPSILON))
    return -np.sum(target * logs, axis=axis)


@on_arrays
def sparse_categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """Return -log(p) of the class of each integer target."""
    labels = np.asarray(target).astype(np.int64)
    if labels.ndim == output.ndim and labels.shape[-1] == 1:
        labels = labels[..., 0]
    one_hot = (labels[..., None] == np.arange(output.shape[axis])).astype(np.float32)
    return categorical_crossentropy(one_hot, output, from_logits, axis)


__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "divide_no_nan", "erf",
    "sparse_categorical_crossentropy", "stop_gradient",
]  # fmt: skip
