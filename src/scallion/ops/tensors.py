"""Operations on arrays and on symbolic tensors, where they call layers."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from scallion import activations, layers
from scallion.differentiation import is_recorded
from scallion.eager_array import eager
from scallion.errors import ArgumentError, UnsupportedError
from scallion.layers.base.tensor import Tensor
from scallion.layers.operators import arithmetic
from scallion.layers.operators.arithmetic import as_operation
from scallion.ops.arrays import is_symbolic

Axis = int | Sequence[int] | None


def dispatch(on_tensors: Callable[..., Any]) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator: the function computes on arrays, `on_tensors` on symbolic tensors."""

    def decorated(on_arrays: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(on_arrays)
        def function(*arguments: Any, **options: Any) -> Any:
            if is_symbolic(*arguments, *options.values()):
                return on_tensors(*arguments, **options)
            return eager(on_arrays(*arguments, **options))

        return function

    return decorated


@dispatch(arithmetic.add)
def add(x1: Any, x2: Any) -> np.ndarray:
    """Return x1 + x2."""
    return np.add(x1, x2)


@dispatch(arithmetic.subtract)
def subtract(x1: Any, x2: Any) -> np.ndarray:
    """Return x1 - x2."""
    return np.subtract(x1, x2)


@dispatch(arithmetic.multiply)
def multiply(x1: Any, x2: Any) -> np.ndarray:
    """Return x1 * x2."""
    return np.multiply(x1, x2)


@dispatch(arithmetic.divide)
def divide(x1: Any, x2: Any) -> np.ndarray:
    """Return x1 / x2."""
    return np.divide(x1, x2)


@dispatch(arithmetic.maximum)
def maximum(x1: Any, x2: Any) -> np.ndarray:
    """Return the larger of both, element by element."""
    return np.maximum(x1, x2)


@dispatch(arithmetic.minimum)
def minimum(x1: Any, x2: Any) -> np.ndarray:
    """Return the smaller of both, element by element."""
    return np.minimum(x1, x2)


@dispatch(arithmetic.negative)
def negative(x: Any) -> np.ndarray:
    """Return -x."""
    return np.negative(x)


@dispatch(arithmetic.absolute)
def absolute(x: Any) -> np.ndarray:
    """Return the absolute values."""
    return np.absolute(x)


@dispatch(arithmetic.power)
def power(x1: Any, x2: Any) -> np.ndarray:
    """Return x1 ** x2; of a symbolic tensor x2 is a multiple of 0.5 from -8 to 8."""
    return np.power(x1, x2)


@dispatch(lambda x: arithmetic.power(x, 2))
def square(x: Any) -> np.ndarray:
    """Return x * x."""
    return np.square(x)


@dispatch(arithmetic.matmul)
def matmul(x1: Any, x2: Any) -> np.ndarray:
    """Return the matrix product; for a symbolic tensor x1, x2 is a weight or an array."""
    return np.matmul(x1, x2)


@dispatch(arithmetic.square_root)
def sqrt(x: Any) -> np.ndarray:
    """Return the square root."""
    return np.sqrt(x)


@dispatch(lambda x: arithmetic.divide(1.0, arithmetic.square_root(x)))
def rsqrt(x: Any) -> np.ndarray:
    """Compute 1 / sqrt(x)."""
    return 1 / np.sqrt(x)


@dispatch(lambda x: arithmetic.divide(1.0, x))
def reciprocal(x: Any) -> np.ndarray:
    """Compute 1 / x."""
    return np.reciprocal(x)


@dispatch(arithmetic.logarithm)
def log(x: Any) -> np.ndarray:
    """Return the natural logarithm."""
    return np.log(x)


@dispatch(lambda x: arithmetic.logarithm(arithmetic.add(x, 1.0)))
def log1p(x: Any) -> np.ndarray:
    """Return log(1 + x)."""
    return np.log1p(x)


def _exponential(x: Tensor) -> Tensor:
    return arithmetic.activation("exponential")(x)


@dispatch(_exponential)
def exp(x: Any) -> np.ndarray:
    """Return the exponential."""
    return np.exp(x if is_recorded(x) else np.asarray(x, np.result_type(x, np.float32)))


def _clip(x: Tensor, x_min: Any, x_max: Any) -> Tensor:
    return arithmetic.minimum(arithmetic.maximum(x, x_min), x_max)


def _concatenate(xs: Sequence[Any], axis: int = -1) -> Tensor:
    return as_operation(layers.Concatenate(axis=axis))(list(xs))


@dispatch(_concatenate)
def concatenate(xs: Sequence[Any], axis: int = -1) -> np.ndarray:
    """Concatenate along an axis."""
    return np.concatenate([x if is_recorded(x) else np.asarray(x) for x in xs], axis)


def _stack(x: Sequence[Any], axis: int = 0) -> Tensor:
    return _concatenate([_expand_dims(one, axis) for one in x], axis)


@dispatch(_stack)
def stack(x: Sequence[Any], axis: int = 0) -> np.ndarray:
    """Stack along a new axis; of symbolic tensors it is not that of the batch."""
    return np.stack([one if is_recorded(one) else np.asarray(one) for one in x], axis)


def _reshape(x: Tensor, newshape: Sequence[int | None]) -> Tensor:
    shape = tuple(-1 if side is None else side for side in newshape)
    if shape[:1] != (-1,):
        raise UnsupportedError(
            f"the batch stays the first axis of a symbolic tensor. Received: newshape={shape}",
            hint=f"ops.reshape(x, (-1, {', '.join(map(str, shape[1:]))}))",
            field="newshape",
            value=shape,
        )
    return (
        as_operation(layers.Reshape(shape[1:]))(x)
        if len(shape) > 1
        else as_operation(layers.Flatten())(x)
    )


@dispatch(_reshape)
def reshape(x: Any, newshape: Any) -> np.ndarray:
    """Reshape; the first axis of a symbolic tensor is the batch, -1."""
    return np.reshape(x, newshape)


def _transpose(x: Tensor, axes: Sequence[int] | None = None) -> Tensor:
    order = tuple(axes) if axes is not None else tuple(reversed(range(x.ndim)))
    if order[:1] != (0,):
        raise UnsupportedError(
            f"the batch stays the first axis of a symbolic tensor. Received: axes={order}",
            hint="axes=(0, 2, 1, 3)",
            field="axes",
            value=order,
        )
    return as_operation(layers.Permute(order[1:]))(x)


@dispatch(_transpose)
def transpose(x: Any, axes: Any = None) -> np.ndarray:
    """Permute the axes."""
    return np.transpose(x, axes)


def _expand_dims(x: Tensor, axis: int | Sequence[int]) -> Tensor:
    shape = list(x.image_shape)
    axes = [axis] if isinstance(axis, int) else list(axis)
    rank = x.ndim + len(axes)
    for place in sorted(one % rank for one in axes):
        if place == 0:
            raise _batch_is_first("expand_dims", axis)
        shape.insert(place - 1, 1)
    return as_operation(layers.Reshape(tuple(shape)))(x)


@dispatch(_expand_dims)
def expand_dims(x: Any, axis: int) -> np.ndarray:
    """Insert an axis of length 1."""
    return np.expand_dims(x, axis)


def _squeeze(x: Tensor, axis: Axis = None) -> Tensor:
    sides = x.image_shape
    places = range(1, x.ndim) if axis is None else axes_of(x, axis)
    dropped = {place for place in places if sides[place - 1] == 1}
    if axis is not None and len(dropped) < len(tuple(places)):
        raise ArgumentError(
            f"only axes of length 1 can be removed from {x.shape}. Received: axis={axis}",
            hint="ops.reshape(x, (-1, ...))",
            field="axis",
            value=axis,
        )
    kept = tuple(side for place, side in enumerate(sides, 1) if place not in dropped)
    return as_operation(layers.Reshape(kept))(x)


@dispatch(_squeeze)
def squeeze(x: Any, axis: Any = None) -> np.ndarray:
    """Remove axes of length 1."""
    return np.squeeze(x, axis)


def _pad(x: Tensor, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Tensor:
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    is_image = x.ndim == 4 and widths[0] == [0, 0] and widths[3] == [0, 0]
    if not is_image or mode != "constant" or constant_values not in (None, 0):
        raise UnsupportedError(
            "a symbolic tensor is padded with zeros, at the borders of images. "
            f"Received: pad_width={widths}, mode={mode!r}",
            hint="ops.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])",
            field="pad_width",
            value=pad_width,
        )
    return as_operation(layers.ZeroPadding2D((tuple(widths[1]), tuple(widths[2]))))(x)


@dispatch(_pad)
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> np.ndarray:
    """Pad each axis."""
    options = {} if constant_values is None else {"constant_values": constant_values}
    return np.pad(x, pad_width, mode, **options)  # pyright: ignore[reportCallIssue, reportArgumentType]


def _cast(x: Tensor, dtype: Any) -> Tensor:
    if str(getattr(dtype, "__name__", dtype)) != "float32":
        raise UnsupportedError(
            f"symbolic tensors are float32. Received: dtype={dtype!r}",
            hint='ops.cast(x, "float32")',
            field="dtype",
            value=dtype,
        )
    return x


@dispatch(_cast)
def cast(x: Any, dtype: Any) -> np.ndarray:
    """Convert to another type; symbolic tensors are float32 already."""
    return (x if is_recorded(x) else np.asarray(x)).astype(dtype)


def _pooling(kind: str) -> Callable[..., Any]:
    def pool(
        inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid",
        data_format: Any = None,
    ) -> Any:  # fmt: skip
        layer = getattr(layers, kind)(pool_size, strides, padding, data_format=data_format)
        return layer(inputs)

    pool.__doc__ = f"Apply `{kind}` to images."
    return pool


average_pool, max_pool = _pooling("AveragePooling2D"), _pooling("MaxPooling2D")


def one_activation(name: str) -> Callable[..., Any]:
    """Return an activation function of Keras as an operation."""
    function = activations.get(name)

    def activation(x: Any, *arguments: Any, **options: Any) -> Any:
        result = function(x, *arguments, **options)
        return result if isinstance(result, Tensor) else eager(result)

    activation.__name__ = name
    activation.activation_name = name  # pyright: ignore[reportFunctionMemberAccess]
    activation.__doc__ = f"Apply the activation function `{name}`."
    return activation


def axes_of(x: Tensor, axis: Axis) -> tuple[int, ...]:
    """Return the axes in order, counted from 0, the batch."""
    if axis is None:
        return tuple(range(x.ndim))
    several = (axis,) if isinstance(axis, int) else tuple(axis)
    return tuple(sorted(one % x.ndim for one in several))


def _batch_is_first(name: str, axis: Any) -> UnsupportedError:
    return UnsupportedError(
        f"ops.{name}: the batch stays the first axis of a symbolic tensor. Received: axis={axis}",
        hint="axis=-1",
        field="axis",
        value=axis,
    )


abs = absolute  # noqa: A001 (Keras' name)
true_divide = divide
clip = dispatch(_clip)(lambda x, x_min, x_max: np.clip(x, x_min, x_max))
_ACTIVATIONS = (
    "elu", "gelu", "hard_sigmoid", "hard_silu", "hard_swish", "leaky_relu", "log_softmax", "mish",
    "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign", "swish", "tanh",
)  # fmt: skip
ACTIVATIONS = {name: one_activation(name) for name in _ACTIVATIONS}

__all__ = [
    "abs", "absolute", "add", "average_pool", "cast", "clip", "concatenate", "divide", "exp",
    "expand_dims", "log", "log1p", "matmul", "max_pool", "maximum", "minimum", "multiply",
    "negative", "pad", "power", "reciprocal", "reshape", "rsqrt", "sqrt", "square", "squeeze",
    "stack", "subtract", "transpose", "true_divide",
]  # fmt: skip
