"""The functions of Keras 2's `keras.backend`, as functions of `keras.ops` with the old arguments.

They compute on arrays, on symbolic tensors, and in losses and metrics, as those of `ops` do.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scallion import losses, ops, random
from scallion.eager_array import EagerArray, eager
from scallion.errors import unknown_attribute
from scallion.initializers import Zeros
from scallion.layers import Variable
from scallion.layers.base.spec import WeightSpec
from scallion.layers.base.tensor import Tensor

# The same name and arguments in `keras.ops`.
_SAME = (
    "abs", "all", "any", "arange", "argmax", "argmin", "cast", "concatenate", "cos", "cumprod",
    "cumsum", "elu", "equal", "exp", "expand_dims", "eye", "greater", "greater_equal",
    "hard_sigmoid", "in_top_k", "less", "less_equal", "log", "max", "maximum", "mean", "min",
    "minimum", "ndim", "not_equal", "ones_like", "prod", "repeat", "round", "shape", "sigmoid",
    "sign", "sin", "softmax", "softplus", "softsign", "sqrt", "square", "squeeze", "stack", "std",
    "sum", "tanh", "tile", "transpose", "var", "zeros_like",
)  # fmt: skip
_LOSSES = (
    "binary_crossentropy", "binary_focal_crossentropy", "categorical_crossentropy",
    "categorical_focal_crossentropy", "sparse_categorical_crossentropy",
)  # fmt: skip


def batch_flatten(x: Any) -> Any:
    """Return one row per image."""
    sides = x.image_shape if isinstance(x, Tensor) else np.shape(x)[1:]
    return ops.reshape(x, (-1, int(np.prod(sides))))


def cast_to_floatx(x: Any) -> Any:
    """Convert to float32."""
    return ops.cast(x, "float32")


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """Limit the values to a range."""
    return ops.clip(x, min_value, max_value)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: Any = None) -> EagerArray:  # noqa: ARG001 (Keras has it)
    """Return an array of constants."""
    array = np.asarray(value, dtype or "float32")
    return eager(array if shape is None else np.broadcast_to(array, shape))


def dot(x: Any, y: Any) -> Any:
    """Return the matrix product."""
    return ops.matmul(x, y)


def dtype(x: Any) -> str:
    """Return the name of the data type."""
    return str(x.dtype)


def flatten(x: Any) -> Any:
    """Return all values of an array in one axis."""
    return ops.reshape(x, (-1,))


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """Divide by the Euclidean norm along an axis."""
    if isinstance(x, Tensor):
        return ops.normalize(x, -1 if axis is None else axis, epsilon=1e-6)
    squares = np.sum(np.square(x), axis, keepdims=True)
    return eager(x / np.sqrt(np.maximum(squares, 1e-12)))


def ones(shape: Any, dtype: Any = None, name: Any = None) -> Any:  # noqa: ARG001 (Keras has it)
    """Return an array of ones."""
    return ops.ones(shape, dtype or "float32")


def zeros(shape: Any, dtype: Any = None, name: Any = None) -> Any:  # noqa: ARG001 (Keras has it)
    """Return an array of zeros."""
    return ops.zeros(shape, dtype or "float32")


def one_hot(indices: Any, num_classes: int) -> Any:
    """Return a 1 at the position of each class index."""
    return ops.one_hot(indices, num_classes)


def permute_dimensions(x: Any, pattern: Sequence[int]) -> Any:
    """Permute the axes."""
    return ops.transpose(x, pattern)


def pow(x: Any, a: Any) -> Any:  # noqa: A001 (Keras' name)
    """Return x ** a."""
    return ops.power(x, a)


def random_normal(
    shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None
) -> EagerArray:
    """Return random numbers of a normal distribution."""
    return random.normal(shape, mean, stddev, dtype, seed)


def random_uniform(
    shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None
) -> EagerArray:
    """Return random numbers of a uniform distribution."""
    return random.uniform(shape, minval, maxval, dtype, seed)


def relu(x: Any, alpha: float = 0.0, max_value: Any = None, threshold: float = 0.0) -> Any:
    """Apply the activation function `relu`."""
    return ops.relu(x, negative_slope=alpha, max_value=max_value, threshold=threshold)


def reshape(x: Any, shape: Any) -> Any:
    """Reshape; the first axis of a symbolic tensor is the batch, -1."""
    return ops.reshape(x, shape)


def reverse(x: Any, axes: Any) -> Any:
    """Reverse the order along axes."""
    return ops.flip(x, axes)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Return the values of one of both expressions, by the condition."""
    return ops.where(condition, then_expression, else_expression)


def update(x: Variable, new_x: Any) -> None:
    """Assign a new value to a variable."""
    x.assign(new_x)


def update_add(x: Variable, increment: Any) -> None:
    """Add to the value of a variable."""
    x.assign(x.numpy() + np.asarray(increment))


def update_sub(x: Variable, decrement: Any) -> None:
    """Subtract from the value of a variable."""
    x.assign(x.numpy() - np.asarray(decrement))


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:  # noqa: ARG001 (Keras has it)
    """Return a variable with an initial value."""
    array = np.asarray(value, dtype or "float32")
    made = Variable(WeightSpec(name or "variable", array.shape, Zeros()), name or "variable", True)
    made.assign(array)
    return made


def _eval(x: Any) -> Any:
    """Return the value as a NumPy array."""
    return ops.convert_to_numpy(x)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(ops, name) for name in _SAME},
    **{name: getattr(losses, name) for name in _LOSSES},
    "eval": _eval,
}


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        return _FUNCTIONS[name]
    raise unknown_attribute("keras.backend", name, [*_FUNCTIONS, *globals()])
