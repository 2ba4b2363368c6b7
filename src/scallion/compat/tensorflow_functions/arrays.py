"""Functions of TensorFlow on arrays whose arguments differ from those of `keras.ops`."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from scallion import ops, session
from scallion.datasets.pipeline.structures import at_least, mapped, to_array, to_eager
from scallion.differentiation import is_recorded
from scallion.eager_array import EagerArray, eager
from scallion.errors import ShapeError
from scallion.initializers import Zeros
from scallion.layers import Variable
from scallion.layers.base.spec import WeightSpec
from scallion.layers.base.tensor import Tensor


def without_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function of `keras.ops`: it ignores TensorFlow's `name`."""

    def wrapped(*arguments: Any, **options: Any) -> Any:
        options.pop("name", None)
        return function(*arguments, **options)

    return wrapped


def on_numpy(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a NumPy function: it ignores `name`, and its result has `.numpy()`."""
    unnamed = without_name(function)
    return lambda *arguments, **options: eager(unnamed(*arguments, **options))


def of_one_type(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function of `keras.ops`: Python's numbers become tensors, integers keep their type."""

    def wrapped(first: Any, *arguments: Any, **options: Any) -> Any:
        options.pop("name", None)
        x = constant(first)
        result = function(x, *arguments, **options)
        if not isinstance(x, np.ndarray) or x.dtype.kind not in "iu":
            return result
        return result.astype(x.dtype) if result.dtype.kind in "iuf" else result

    return wrapped


def reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a reduction of `keras.ops`, whose first argument is TensorFlow's `input_tensor`."""
    wrapped = of_one_type(function)

    def reduce(
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool = False,
        name: Any = None,  # noqa: ARG001 (TensorFlow has it)
    ) -> Any:
        axes = tuple(np.ravel(axis).tolist()) if isinstance(axis, list | np.ndarray) else axis
        return wrapped(input_tensor, axis=axes, keepdims=keepdims)

    return reduce


def argsort(values: Any, axis: int = -1, direction: str = "ASCENDING", **_options: Any) -> Any:
    """Return the positions that sort the values, as int32."""
    array = np.asarray(values)
    ordered = array if direction == "ASCENDING" else -array.astype(np.float64)
    return ops.argsort(ordered, axis)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return an array; Python's numbers become float32 or int32, text becomes bytes."""
    if is_recorded(value) or isinstance(value, Tensor):
        return value
    array = to_array(value)
    kind = np.dtype(dtype) if dtype is not None else array.dtype
    array = array if kind.kind in "SUO" else array.astype(kind, copy=False)
    return to_eager(array if shape is None else np.broadcast_to(array, shape))


def one_hot(
    indices: Any,
    depth: int,
    on_value: Any = 1,
    off_value: Any = 0,
    axis: int | None = None,
    dtype: Any = np.float32,
    name: str | None = None,  # noqa: ARG001 (TensorFlow has it)
) -> EagerArray:
    """Return `on_value` at the position of each index, and `off_value` elsewhere."""
    is_on = np.asarray(indices)[..., None] == np.arange(int(depth))
    encoded = np.where(is_on, on_value, off_value).astype(dtype)
    return eager(encoded if axis in (None, -1) else np.moveaxis(encoded, -1, axis))


def argmax(
    input: Any,  # noqa: A002 (TensorFlow's name)
    axis: int | None = None,
    output_type: Any = np.int64,
    name: str | None = None,  # noqa: ARG001 (TensorFlow has it)
) -> EagerArray:
    """Return the positions of the largest values along an axis, by default the first."""
    return eager(np.argmax(input, 0 if axis is None else axis).astype(output_type))


def argmin(
    input: Any,  # noqa: A002 (TensorFlow's name)
    axis: int | None = None,
    output_type: Any = np.int64,
    name: str | None = None,  # noqa: ARG001 (TensorFlow has it)
) -> EagerArray:
    """Return the positions of the smallest values along an axis, by default the first."""
    return eager(np.argmin(input, 0 if axis is None else axis).astype(output_type))


def shape(input: Any, out_type: Any = np.int32, name: str | None = None) -> Any:  # noqa: A002, ARG001 (TensorFlow's names)
    """Return the shape as an array; of a symbolic tensor as a tuple with None for the batch."""
    if isinstance(input, Tensor) or is_recorded(input):
        return ops.shape(input)
    return eager(np.asarray(np.shape(input), out_type))


def split(value: Any, num_or_size_splits: Any, axis: int = 0, name: Any = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Split into equal parts, or into parts of these sizes."""
    sizes = np.asarray(num_or_size_splits)
    return ops.split(value, int(sizes) if sizes.ndim == 0 else np.cumsum(sizes)[:-1], axis)


def gather(
    params: Any,
    indices: Any,
    axis: int | None = None,
    batch_dims: int = 0,
    name: str | None = None,  # noqa: ARG001 (TensorFlow has it)
) -> Any:
    """Return the parts of an array at these positions."""
    if batch_dims:
        return ops.take_along_axis(params, indices, axis if axis is not None else batch_dims)
    return to_eager(np.take(np.asarray(params), np.asarray(indices), axis or 0))


def boolean_mask(tensor: Any, mask: Any, axis: int | None = None, name: Any = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return the parts of an array for which a mask is True."""
    array, places = np.asarray(tensor), np.asarray(mask, bool)
    return to_eager(array[(slice(None),) * (axis or 0) + (places,)])


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return x where a condition holds, else y; or the positions where it does, one per row."""
    if x is None and y is None:
        return eager(np.argwhere(condition))
    return ops.where(condition, x, y)


def unique(x: Any, out_idx: Any = np.int32, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return the values in the order in which they first appear, and the place of each."""
    values, first, places = np.unique(
        np.asarray(constant(x)), return_index=True, return_inverse=True
    )
    order = np.argsort(first, kind="stable")
    rank = np.argsort(order, kind="stable")
    return to_eager(values[order]), eager(rank[places].astype(out_idx))


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return the array. Raises ShapeError for another shape; None stands for any side."""
    own = np.shape(x)
    if len(own) != len(shape) or any(s not in (None, o) for o, s in zip(own, shape, strict=True)):
        raise ShapeError(
            f"the shape is not {tuple(shape)}. Received: {own}", hint=f"shape={list(own)}"
        )
    return x


def range_(
    start: Any,
    limit: Any = None,
    delta: Any = 1,
    dtype: Any = None,
    name: Any = None,  # noqa: ARG001 (TensorFlow has it)
) -> Any:
    """Return evenly spaced numbers."""
    return ops.arange(start, limit, delta, dtype)


def fill(dims: Any, value: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return an array of one value."""
    array = to_array(value)
    return to_eager(np.full(tuple(np.ravel(dims).astype(int)), array, array.dtype))


def zeros(shape: Any, dtype: Any = np.float32, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return an array of zeros."""
    return eager(np.zeros(np.asarray(shape, int), dtype))


def ones(shape: Any, dtype: Any = np.float32, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return an array of ones."""
    return eager(np.ones(np.asarray(shape, int), dtype))


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: int | None = None,
    weights: Any = None,
    dtype: Any = np.int32,
    name: str | None = None,  # noqa: ARG001 (TensorFlow has it)
) -> EagerArray:
    """Return the counts, with the labels as rows and the predictions as columns."""
    rows, columns = np.ravel(labels).astype(int), np.ravel(predictions).astype(int)
    size = num_classes or 1 + int(max(rows.max(initial=0), columns.max(initial=0)))
    counts = np.zeros((size, size), dtype)
    np.add.at(counts, (rows, columns), 1 if weights is None else np.ravel(weights))
    return eager(counts)


def variance(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: Any = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return the variance."""
    return ops.var(input_tensor, axis=axis, keepdims=keepdims)


def standard_deviation(
    input_tensor: Any,
    axis: Any = None,
    keepdims: bool = False,
    name: Any = None,  # noqa: ARG001 (TensorFlow has it)
) -> Any:
    """Return the standard deviation."""
    return ops.std(input_tensor, axis=axis, keepdims=keepdims)


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: Any = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Limit the values to a range."""
    return ops.clip(t, clip_value_min, clip_value_max)


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Reverse the order along axes."""
    return to_eager(np.flip(np.asarray(tensor), tuple(np.ravel(axis).astype(int))))


def py_function(func: Callable[..., Any], inp: Any, Tout: Any, name: Any = None) -> Any:  # noqa: N803, ARG001 (TensorFlow's names)
    """Call a Python function with arrays that have `numpy()`, and convert what it returns."""
    return _called(func, [to_eager(to_array(one)) for one in inp], Tout)


def numpy_function(func: Callable[..., Any], inp: Any, Tout: Any, **_options: Any) -> Any:  # noqa: N803 (TensorFlow's name)
    """Call a Python function with NumPy arrays, and convert what it returns."""
    plain = [np.asarray(to_array(one)) for one in inp]
    return _called(func, [one if one.ndim else one[()] for one in plain], Tout)


def _called(function: Callable[..., Any], arguments: list[Any], kinds: Any) -> Any:
    result = function(*arguments)
    if isinstance(kinds, list | tuple):
        pairs = zip(result if isinstance(result, list | tuple) else [result], kinds, strict=True)
        return [constant(value, kind) for value, kind in pairs]
    return constant(result, kinds)


def print_(
    *inputs: Any, output_stream: Any = None, end: str = "\n", sep: str = " ", **_: Any
) -> None:
    """Write values to the standard error stream, as TensorFlow does."""
    stream = output_stream if hasattr(output_stream, "write") else sys.stderr
    stream.write(sep.join(map(str, inputs)) + end)


def map_fn(fn: Callable[[Any], Any], elems: Any, **_options: Any) -> Any:
    """Apply a function to each part of an array along the first axis."""
    return eager(np.stack([np.asarray(fn(to_eager(one))) for one in np.asarray(elems)]))


def variable(
    initial_value: Any = None,
    trainable: bool = True,
    validate_shape: bool = True,  # noqa: ARG001 (TensorFlow has it)
    name: str | None = None,
    dtype: Any = None,
    **_options: Any,
) -> Variable:
    """Return a variable with an initial value."""
    array = np.asarray(constant(initial_value, dtype))
    label = name or "Variable"
    made = Variable(WeightSpec(label, array.shape, Zeros()), label, trainable)
    made.assign(array)
    return made


def split_seed(seed: Any, num: int = 2, alg: Any = None) -> EagerArray:  # noqa: ARG001 (TensorFlow has it)
    """Return pairs of integers (num, 2) that follow from a pair; they are not TensorFlow's."""
    numbers = [int(one) & 0xFFFFFFFF for one in np.ravel(np.asarray(seed))]
    drawn = np.random.default_rng([*numbers, 1]).integers(-(1 << 31), 1 << 31, (int(num), 2))
    return eager(drawn.astype(np.int32))


class RandomGenerator:
    """A source of random arrays, as `tf.random.Generator`; its draws are not TensorFlow's."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    @classmethod
    def from_seed(cls, seed: int, alg: Any = None) -> "RandomGenerator":  # noqa: ARG003 (TensorFlow has it)
        """Return a generator with this seed."""
        return cls(int(seed))

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> "RandomGenerator":  # noqa: ARG003 (TensorFlow has it)
        """Return a generator with the session's next seed."""
        return cls(session.next_seed())

    def make_seeds(self, count: int = 1) -> EagerArray:
        """Return pairs of integers for the `stateless_` functions, as columns."""
        return eager(self._random.integers(-(1 << 62), 1 << 62, (2, count)))

    def uniform(
        self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = np.float32
    ) -> Any:
        """Return random numbers of a uniform distribution."""
        sides = tuple(np.ravel(shape).astype(int))
        if np.dtype(dtype).kind in "iu":
            return eager(self._random.integers(minval, maxval, sides).astype(dtype))
        high = 1.0 if maxval is None else maxval
        return eager(self._random.uniform(minval, high, sides).astype(dtype))

    def normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = np.float32
    ) -> Any:
        """Return random numbers of a normal distribution."""
        sides = tuple(np.ravel(shape).astype(int))
        return eager(self._random.normal(mean, stddev, sides).astype(dtype))


def identity(input: Any, name: str | None = None) -> Any:  # noqa: A002, ARG001 (TensorFlow's names)
    """Return the value."""
    return mapped(lambda one: one, input)


def eye(num_rows: int, num_columns: int | None = None, dtype: Any = np.float32, **_: Any) -> Any:
    """Return a matrix with ones on the diagonal."""
    rows = at_least(0, "num_rows", num_rows)
    return ops.eye(rows, rows if num_columns is None else int(num_columns), dtype=dtype)
