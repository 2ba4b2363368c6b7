"""Sums, means, extremes and norms along axes, of arrays and of symbolic tensors."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from scallion import layers, session
from scallion.differentiation import plain
from scallion.errors import UnsupportedError
from scallion.layers.base.tensor import Tensor
from scallion.layers.operators import arithmetic
from scallion.layers.operators.arithmetic import as_operation
from scallion.layers.operators.reduction import Mean, Sum
from scallion.layers.operators.unit_normalization import Normalize
from scallion.ops.tensors import Axis, axes_of, dispatch


def _mean(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    axes = _image_axes("mean", x, axis)
    if x.ndim == 4 and axes == (1, 2):
        return as_operation(layers.GlobalAveragePooling2D(keepdims=keepdims))(x)
    return as_operation(Mean(axes, keepdims))(x)


@dispatch(_mean)
def mean(x: Any, axis: Any = None, keepdims: bool = False) -> np.ndarray:
    """Return the mean; of a symbolic tensor over axes of each image."""
    return np.mean(x, _numpy_axis(axis), keepdims=keepdims)


def _sum(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    return as_operation(Sum(_image_axes("sum", x, axis), keepdims))(x)


@dispatch(_sum)
def sum(x: Any, axis: Any = None, keepdims: bool = False) -> np.ndarray:  # noqa: A001 (Keras' name)
    """Return the sum; of a symbolic tensor over axes of each image."""
    return np.sum(x, _numpy_axis(axis), keepdims=keepdims)


def _max(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the maximum by global pooling, after moving the axes to where it pools."""
    axes = _image_axes("max", x, axis)
    if x.ndim == 4 and axes == (1, 2):
        return as_operation(layers.GlobalMaxPooling2D(keepdims=keepdims))(x)
    kept = [one for one in range(1, x.ndim) if one not in axes]
    y = (
        x
        if (*axes, *kept) == tuple(range(1, x.ndim))
        else as_operation(layers.Permute((*axes, *kept), name=_name("max_axes")))(x)
    )
    count = prod(x.image_shape[one - 1] for one in axes)
    rest = prod(x.image_shape[one - 1] for one in kept)
    y = as_operation(layers.Reshape((count, 1, rest), name=_name("max_rows")))(y)
    y = as_operation(layers.GlobalMaxPooling2D(name=_name("max")))(y)
    sides = [1 if one in axes else side for one, side in enumerate(x.image_shape, 1)]
    if not keepdims:
        sides = [x.image_shape[one - 1] for one in kept]
    return as_operation(layers.Reshape(tuple(sides), name=_name("max_shape")))(y)


@dispatch(_max)
def max(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> np.ndarray:  # noqa: A001
    """Return the maximum; of a symbolic tensor over axes of each image."""
    options = {} if initial is None else {"initial": initial}
    return np.max(x, _numpy_axis(axis), keepdims=keepdims, **options)


def _min(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    return arithmetic.negative(_max(arithmetic.negative(x), axis, keepdims))


@dispatch(_min)
def min(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> np.ndarray:  # noqa: A001
    """Return the minimum; of a symbolic tensor over axes of each image."""
    options = {} if initial is None else {"initial": initial}
    return np.min(x, _numpy_axis(axis), keepdims=keepdims, **options)


def _var(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    centred = arithmetic.subtract(x, _mean(x, axis, keepdims=True))
    return _mean(arithmetic.power(centred, 2), axis, keepdims)


@dispatch(_var)
def var(x: Any, axis: Any = None, keepdims: bool = False) -> np.ndarray:
    """Return the variance; of a symbolic tensor over axes of each image."""
    return np.var(x, _numpy_axis(axis), keepdims=keepdims)


@dispatch(lambda x, axis=None, keepdims=False: arithmetic.square_root(_var(x, axis, keepdims)))
def std(x: Any, axis: Any = None, keepdims: bool = False) -> np.ndarray:
    """Return the standard deviation; of a symbolic tensor over axes of each image."""
    return np.std(x, _numpy_axis(axis), keepdims=keepdims)


def _norm(x: Tensor, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:  # noqa: A002
    if ord in (None, 2, "euclidean"):
        return arithmetic.square_root(_sum(arithmetic.power(x, 2), axis, keepdims))
    if ord == 1:
        return _sum(arithmetic.absolute(x), axis, keepdims)
    raise UnsupportedError(
        f"a symbolic tensor has the norms 1 and 2. Received: ord={ord!r}",
        hint="ops.norm(x, axis=-1)",
        field="ord",
        value=ord,
    )


@dispatch(_norm)
def norm(
    x: Any,
    ord: Any = None,  # noqa: A002 (Keras' name)
    axis: Any = None,
    keepdims: bool = False,
) -> np.ndarray:
    """Return the norm of vectors or matrices; of a symbolic tensor that of vectors."""
    return np.linalg.norm(x, ord, axis, keepdims)


def _normalize(x: Tensor, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Tensor:
    return as_operation(Normalize(axis, order, epsilon))(x)


@dispatch(_normalize)
def normalize(x: Any, axis: int = -1, order: int = 2, epsilon: float | None = None) -> Any:
    """Divide by the norm along an axis; a norm below `epsilon` counts as that."""
    norm = np.linalg.norm(x, order, axis=axis, keepdims=True)
    return x / np.maximum(norm, 1e-7 if epsilon is None else epsilon)


def _logsumexp(x: Tensor, axis: Axis = None, keepdims: bool = False) -> Tensor:
    highest = _max(x, axis, keepdims=True)
    powers = arithmetic.activation("exponential")(arithmetic.subtract(x, highest))
    total = arithmetic.logarithm(_sum(powers, axis, keepdims))
    if not keepdims:
        highest = as_operation(layers.Reshape(total.image_shape, name=_name("highest")))(highest)
    return arithmetic.add(total, highest)


@dispatch(_logsumexp)
def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Return log(sum(exp(x))), without overflow."""
    axes = _numpy_axis(axis)
    highest = np.max(np.asarray(plain(x)), axis=axes, keepdims=True)
    total = np.log(np.sum(np.exp(x - highest), axis=axes, keepdims=keepdims))
    return total + (highest if keepdims else np.squeeze(highest, axes))


def _name(kind: str) -> str:
    return session.unique_name(kind)


def _numpy_axis(axis: Axis) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def _image_axes(name: str, x: Tensor, axis: Axis) -> tuple[int, ...]:
    """Return the axes in order. Raises UnsupportedError for that of the batch."""
    axes = axes_of(x, axis)
    if not axes or axes[0] == 0:
        raise UnsupportedError(
            f"ops.{name} of a tensor of {x.shape} over axis={axis} is not supported: "
            "images stay apart",
            hint=f"ops.{name}(x, axis={_others(x)}): over each image",
            field="axis",
            value=axis,
        )
    return axes


def _others(x: Tensor) -> Sequence[int] | int:
    return tuple(range(1, x.ndim)) if x.ndim > 2 else 1


__all__ = ["logsumexp", "max", "mean", "min", "norm", "normalize", "std", "sum", "var"]
