"""Operations on arrays alone; a symbolic tensor is refused by name."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from scallion.differentiation import is_recorded, plain
from scallion.eager_array import EagerArray, eager
from scallion.errors import ArgumentError, UnsupportedError
from scallion.layers.base.tensor import Tensor


def is_symbolic(*values: Any) -> bool:
    """Return whether one of the values is a symbolic tensor, also inside a list."""
    return any(
        isinstance(value, Tensor) or (isinstance(value, list | tuple) and is_symbolic(*value))
        for value in values
    )


def on_arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function: refuse symbolic tensors, and return arrays as Keras does."""

    @wraps(function)
    def computed(*arguments: Any, **options: Any) -> Any:
        if is_symbolic(*arguments, *options.values()):
            raise UnsupportedError(
                f"ops.{function.__name__} on a symbolic tensor is not supported",
                hint="compute it on arrays, before or after the model",
            )
        return eager(function(*arguments, **options))

    return computed


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def computed(*arguments: Any, **options: Any) -> Any:
        return function(*arguments, **options)

    computed.__name__ = name
    computed.__doc__ = f"Compute NumPy's `{getattr(function, '__name__', name)}`."
    return on_arrays(computed)


def _as_default(array: np.ndarray) -> np.ndarray:
    """Return float64 as float32 and int64 as int32, Keras' default types."""
    kinds = {np.dtype(np.float64): np.float32, np.dtype(np.int64): np.int32}
    return array.astype(kinds.get(array.dtype, array.dtype), copy=False)


@on_arrays
def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None) -> Any:  # noqa: ARG001 (Keras has it)
    """Return an array; Python's numbers become float32 or int32."""
    if is_recorded(x):
        return x if dtype is None else x.astype(dtype)
    array = np.asarray(x, dtype)
    return array if dtype is not None or isinstance(x, np.ndarray) else _as_default(array)


def convert_to_numpy(x: Any) -> np.ndarray:
    """Return a plain NumPy array. Raises UnsupportedError for a symbolic tensor."""
    return np.asarray(convert_to_tensor(x))


def shape(x: Any) -> tuple[int | None, ...]:
    """Return the shape; of a symbolic tensor with None for the batch."""
    return x.shape if isinstance(x, Tensor) else np.shape(x)


def ndim(x: Any) -> int:
    """Return the number of axes, with the batch."""
    return x.ndim if isinstance(x, Tensor) else np.ndim(x)


@on_arrays
def zeros(shape: Any, dtype: Any = "float32") -> np.ndarray:
    """Return an array of zeros."""
    return np.zeros(shape, dtype)


@on_arrays
def ones(shape: Any, dtype: Any = "float32") -> np.ndarray:
    """Return an array of ones."""
    return np.ones(shape, dtype)


@on_arrays
def full(shape: Any, fill_value: Any, dtype: Any = "float32") -> np.ndarray:
    """Return an array of one value."""
    return np.full(shape, fill_value, dtype)


@on_arrays
def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = "float32") -> np.ndarray:  # noqa: N803 (Keras' names)
    """Return a matrix with ones on a diagonal."""
    return np.eye(N, M, k, dtype=dtype)


@on_arrays
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> np.ndarray:
    """Return evenly spaced numbers."""
    values = np.arange(start, step=step) if stop is None else np.arange(start, stop, step)
    return _as_default(values) if dtype is None else values.astype(dtype)


@on_arrays
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Return the positions of the largest values, as int32."""
    return np.argmax(x, axis, keepdims=keepdims).astype(np.int32)


@on_arrays
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Return the positions of the smallest values, as int32."""
    return np.argmin(x, axis, keepdims=keepdims).astype(np.int32)


@on_arrays
def argsort(x: Any, axis: int | None = -1) -> np.ndarray:
    """Return the positions that sort the values, as int32."""
    return np.argsort(x, axis, kind="stable").astype(np.int32)


@on_arrays
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = "float32") -> np.ndarray:
    """Return a 1 at the position of each class index, and zeros; zeros alone for an index < 0."""
    encoded = (np.asarray(x)[..., None] == np.arange(num_classes)).astype(dtype)
    return encoded if axis == -1 else np.moveaxis(encoded, -1, axis)


@on_arrays
def top_k(x: Any, k: int, sorted: bool = True) -> list[np.ndarray]:  # noqa: A002, ARG001 (Keras has it)
    """Return the k largest values along the last axis, and their positions as int32."""
    array = np.asarray(x)
    order = np.argsort(-array, -1, kind="stable")[..., :k]
    return [np.take_along_axis(array, order, -1), order.astype(np.int32)]


@on_arrays
def in_top_k(targets: Any, predictions: Any, k: int) -> np.ndarray:
    """Return whether the target is among the k largest predictions."""
    scores = np.asarray(plain(predictions))
    own = np.take_along_axis(scores, np.asarray(targets)[:, None].astype(np.int64), -1)
    return (scores > own).sum(-1) < k


@on_arrays
def split(x: Any, indices_or_sections: Any, axis: int = 0) -> list[np.ndarray]:
    """Split an array into several along an axis."""
    return np.split(x, indices_or_sections, axis)


@on_arrays
def unstack(x: Any, num: int | None = None, axis: int = 0) -> list[np.ndarray]:  # noqa: ARG001 (Keras has it)
    """Return the parts of an array along an axis."""
    moved = np.moveaxis(x, axis, 0)
    return [moved[place] for place in range(len(moved))]


@on_arrays
def slice(inputs: Any, start_indices: Sequence[int], shape: Sequence[int]) -> np.ndarray:  # noqa: A001
    """Return the part that starts at these indices and has this shape."""
    if len(start_indices) != np.ndim(inputs):
        raise ArgumentError(
            f"one start per axis is needed. Received: {start_indices}", hint="[0, 0, 0, 0]"
        )
    pairs = zip(start_indices, shape, strict=True)
    return np.asarray(inputs)[tuple(np.s_[start : start + size] for start, size in pairs)]


def vectorized_map(function: Callable[..., Any], elements: Any) -> EagerArray:
    """Apply a function to each element along the first axis."""
    return eager(np.stack([np.asarray(function(one)) for one in np.asarray(elements)]))


# Functions of the same name and meaning in NumPy and in Keras.
_SAME = (
    "all", "allclose", "amax", "amin", "any", "append", "arccos", "arcsin", "arctan", "arctan2",
    "array", "average", "bincount", "broadcast_to", "ceil", "copy", "cos", "cosh",
    "count_nonzero", "cross", "cumprod", "cumsum", "diag", "diagonal", "diff", "digitize",
    "dot", "einsum", "equal", "expm1", "flip", "floor", "floor_divide", "full_like", "greater",
    "greater_equal", "histogram", "hstack", "isclose", "isfinite", "isin", "isinf", "isnan",
    "less", "less_equal", "linspace", "log10", "log2", "logaddexp",
    "logical_and", "logical_not", "logical_or", "logical_xor", "median", "meshgrid",
    "mod", "moveaxis", "nan_to_num", "nonzero", "not_equal", "ones_like", "outer", "percentile",
    "prod", "quantile", "ravel", "repeat", "roll", "rot90", "round",
    "searchsorted", "sign", "sin", "sinh", "size", "sort", "swapaxes",
    "take", "take_along_axis", "tan", "tensordot", "tile", "trace", "tril", "triu", "trunc",
    "vstack", "where", "zeros_like",
)  # fmt: skip
NUMPY_FUNCTIONS = {name: _named(name, getattr(np, name)) for name in _SAME}
"""Kept in a table, because `all` and `any` would replace Python's in this module."""

__all__ = [
    "arange", "argmax", "argmin", "argsort", "convert_to_numpy", "convert_to_tensor", "eye", "full",
    "in_top_k", "ndim", "one_hot", "ones", "shape", "slice", "split", "top_k",
    "unstack", "vectorized_map", "zeros",
]  # fmt: skip
