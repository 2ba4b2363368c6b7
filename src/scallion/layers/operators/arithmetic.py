"""Arithmetic on symbolic tensors: each operator calls the layer that computes it.

The other operand is a tensor, a number, an array, or a layer's weight, which are broadcast over
the last axes as in NumPy.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from scallion import session
from scallion.errors import ArgumentError, UnsupportedError
from scallion.layers.activation import Activation
from scallion.layers.base.layer import Layer
from scallion.layers.base.tensor import Tensor
from scallion.layers.base.variable import Variable
from scallion.layers.dense import Dense
from scallion.layers.merging import Add, Maximum, Minimum, Multiply, Subtract
from scallion.layers.operators.constant import Constant
from scallion.layers.operators.elementwise import Log, Sqrt, TrueDivide
from scallion.layers.operators.parameter import Parameter
from scallion.layers.operators.reduction import Sum
from scallion.layers.operators.rescaling import Rescaling
from scallion.layers.operators.slicing import Slice
from scallion.layers.reshaping import Reshape


def add(a: Any, b: Any) -> Tensor:
    """Return a + b."""
    factor, tensor = _factor_and_tensor(a, b)
    if factor is not None:
        return as_operation(Rescaling(1.0, factor, name=_name("add")))(tensor)
    return as_operation(Add(name=_name("add")))(_both(a, b))


def subtract(a: Any, b: Any) -> Tensor:
    """Return a - b."""
    factor, tensor = _factor_and_tensor(a, b)
    if factor is None:
        return as_operation(Subtract(name=_name("subtract")))(_both(a, b))
    scale, offset = (1.0, -factor) if tensor is a else (-1.0, factor)
    return as_operation(Rescaling(scale, offset, name=_name("subtract")))(tensor)


def multiply(a: Any, b: Any) -> Tensor:
    """Return a * b."""
    factor, tensor = _factor_and_tensor(a, b)
    if factor is not None:
        return as_operation(Rescaling(factor, name=_name("multiply")))(tensor)
    return as_operation(Multiply(name=_name("multiply")))(_both(a, b))


def divide(a: Any, b: Any) -> Tensor:
    """Return a / b."""
    if isinstance(b, Tensor | Variable | Layer):
        return as_operation(TrueDivide(name=_name("true_divide")))(_both(a, b))
    factor, tensor = _factor_and_tensor(a, b)
    divisor = _constant(b)
    if not divisor.all():
        raise ArgumentError(f"division by zero. Received: {b!r}", hint="a divisor other than 0")
    if factor is not None:
        return as_operation(Rescaling(1 / factor, name=_name("divide")))(tensor)
    return as_operation(Multiply(name=_name("divide")))(_both(a, 1 / divisor))


def maximum(a: Any, b: Any) -> Tensor:
    """Return the larger of a and b, element by element."""
    return as_operation(Maximum(name=_name("maximum")))(_both(a, b))


def minimum(a: Any, b: Any) -> Tensor:
    """Return the smaller of a and b, element by element."""
    return as_operation(Minimum(name=_name("minimum")))(_both(a, b))


def negative(x: Tensor) -> Tensor:
    """Return -x."""
    return as_operation(Rescaling(-1.0, name=_name("negative")))(x)


def absolute(x: Tensor) -> Tensor:
    """Return the absolute values of x."""
    return as_operation(Maximum(name=_name("absolute")))([x, negative(x)])


def power(x: Any, exponent: Any) -> Tensor:
    """Return x ** exponent for multiples of 0.5 from -8 to 8, or number ** x.

    Raises UnsupportedError for others.
    """
    is_number = np.ndim(exponent) == 0 and np.asarray(exponent).dtype.kind in "iuf"
    if isinstance(exponent, Tensor) and np.ndim(x) == 0 and not isinstance(x, Tensor) and x > 0:
        return activation("exponential")(multiply(exponent, math.log(x)))
    count = float(exponent) if is_number else 0.0
    if not isinstance(x, Tensor) or not (2 * count).is_integer() or not 0.5 <= abs(count) <= 8:
        raise _unsupported(
            f"{'x' if isinstance(x, Tensor) else x!r} ** "
            f"{'x' if isinstance(exponent, Tensor) else exponent!r}",
            "x ** 2 or another multiple of 0.5; for others ops.exp(p * ops.log(x)), where x > 0",
        )
    whole, has_root = int(abs(count)), not count.is_integer()
    factors = [x] * whole + ([square_root(x)] if has_root else [])
    y = factors[0] if len(factors) == 1 else as_operation(Multiply(name=_name("power")))(factors)
    return divide(1.0, y) if count < 0 else y


def square_root(x: Tensor) -> Tensor:
    """Return the square roots of x."""
    return as_operation(Sqrt(name=_name("sqrt")))(x)


def logarithm(x: Tensor) -> Tensor:
    """Return the natural logarithms of x."""
    return as_operation(Log(name=_name("log")))(x)


def matmul(x: Any, kernel: Any) -> Tensor:
    """Return x @ kernel for a weight or an array (channels, units).

    Raises UnsupportedError for two tensors.
    """
    if not isinstance(x, Tensor) or isinstance(kernel, Tensor):
        raise _unsupported("a matrix product of two tensors", "layers.Dense(units)(x)")
    shape = np.shape(kernel)
    if len(shape) != 2:
        raise ArgumentError(
            f"a matrix has two axes, (channels, units). Received: shape={shape}",
            hint="a weight of the shape (x.shape[-1], units)",
            field="kernel",
            value=shape,
        )
    if isinstance(kernel, Variable) and "matmul" in kernel.layers:
        return kernel.layers["matmul"](x)
    if isinstance(kernel, Variable):
        layer = Dense(shape[1], use_bias=False, name=_name("matmul"))
        layer.share_weights([kernel], x.image_shape)
        kernel.layers["matmul"] = layer
        return layer(x)
    if x.image_shape[-1:] != shape[:1]:
        raise ArgumentError(
            f"a tensor of {x.shape} and a matrix of {shape} have no product",
            hint=f"a matrix of {x.image_shape[-1]} rows",
            field="kernel",
            value=shape,
        )
    columns = as_operation(Reshape((*x.image_shape, 1), name=_name("matmul_columns")))(x)
    products = multiply(columns, np.asarray(kernel, np.float32))
    return as_operation(Sum(-2, name=_name("matmul")))(products)


def get_item(x: Tensor, key: Any) -> Tensor:
    """Return x[key] for slices with positive steps, integers, and `...`.

    The batch, axis 0, is taken whole. Raises UnsupportedError for other keys.
    """
    keys = list(cast("Sequence[Any]", key)) if isinstance(key, tuple) else [key]
    if any(one is Ellipsis for one in keys):
        place = keys.index(Ellipsis)
        keys[place : place + 1] = [slice(None)] * (x.ndim - len(keys) + 1)
    if not keys or keys[0] != slice(None) or len(keys) > x.ndim:
        raise _unsupported(f"x[{key!r}] on a tensor of {x.shape}", "x[:, ...]: all of the batch")
    ranges: list[tuple[int | None, int | None, int | None]] = []
    dropped: list[int] = []
    for axis, one in enumerate(keys[1:]):
        if isinstance(one, slice):
            bounds = cast("Any", one)
            ranges.append((bounds.start, bounds.stop, bounds.step))
        elif isinstance(one, int | np.integer) and not isinstance(one, bool):
            side = x.image_shape[axis]
            if not -side <= one < side:
                raise ArgumentError(
                    f"axis {axis + 1} has {side} elements. Received: index {one}",
                    hint=f"an index from 0 to {side - 1}",
                )
            start = int(cast("int", one)) % side
            ranges.append((start, start + 1, None))
            dropped.append(axis)
        else:
            raise _unsupported(f"the index {one!r}", "slices and integers")
    y = x
    if any(one not in ((None, None, None), (0, None, None)) for one in ranges):
        y = as_operation(Slice(ranges, name=_name("get_item")))(x)
    if not dropped:
        return y
    kept = tuple(side for axis, side in enumerate(y.image_shape) if axis not in dropped)
    return as_operation(Reshape(kept, name=_name("squeeze")))(y)


def activation(name: str) -> Callable[[Tensor], Tensor]:
    """Return the function of tensors that adds an activation layer."""
    return lambda x: as_operation(Activation(name, name=_name(name)))(x)


def _factor_and_tensor(a: Any, b: Any) -> tuple[Any, Any]:
    """Return the operand that `Rescaling` takes, and the other one; None without such an operand.

    It is a number, or an array with one number per channel.
    """
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Tensor | Layer | Variable) or not isinstance(other, Tensor):
            continue
        array = _constant(one)
        if not array.ndim:
            return float(one), other
        is_per_channel = array.shape[-1] == array.size and array.ndim <= other.ndim
        if is_per_channel and other.image_shape[-1:] == (array.size,):
            return array.reshape(-1), other
    return None, None


def _constant(source: Any) -> np.ndarray:
    """Return a number or an array as float64, or raise ArgumentError."""
    array = np.asarray(source)
    if array.dtype.kind not in "biuf":
        raise _not_combinable(source)
    return array.astype(np.float64)


def _both(a: Any, b: Any) -> list[Tensor]:
    """Return both operands as tensors of the same number of axes."""
    like = a if isinstance(a, Tensor) else b
    return [one if isinstance(one, Tensor) else as_tensor(one, like) for one in (a, b)]


def as_tensor(source: Any, like: Tensor) -> Tensor:
    """Return a weight, an array or a number as a tensor to combine with the tensor `like`."""
    if isinstance(source, Layer):
        raise ArgumentError(
            f"a tensor and the layer {source.name!r} cannot be combined",
            hint=f"call the layer on a tensor: {source.name}(x)",
            value=source,
        )
    if isinstance(source, Variable):
        kind = f"parameter of {like.ndim} axes"
        if kind not in source.layers:
            source.layers[kind] = Parameter.of(source, name=_name("parameter"))
        return source.layers[kind](like)
    array = _constant(source)
    # One value for the whole batch, so that its first axis may be 1.
    if array.ndim == like.ndim and len(array) == 1:
        array = array[0]
    return as_operation(Constant(array, name=_name("constant")))(like)


def _not_combinable(operand: Any) -> ArgumentError:
    return ArgumentError(
        f"a tensor and {type(operand).__name__} cannot be combined. Received: {operand!r}",
        hint="a tensor, a number or an array",
        value=operand,
    )


def _unsupported(what: str, hint: str) -> UnsupportedError:
    return UnsupportedError(f"{what} is not supported", hint=hint)


def as_operation(layer: Layer) -> Layer:
    """Return a layer that is an operation in Keras, so that `model.layers` does not list it."""
    layer.is_operation = True
    return layer


def _name(kind: str) -> str:
    return session.unique_name(kind)


session.tensor_operators = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "power": power,
    "matmul": matmul,
    "negative": negative,
    "absolute": absolute,
    "get_item": get_item,
}
