"""The functions of `keras.backend` that scripts for small image networks use."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from scallion import session
from scallion.errors import ArgumentError, UnsupportedError, refuse_unknown_names
from scallion.layers.base.tensor import Tensor
from scallion.session import clear_session


def epsilon() -> float:
    """Return the smallest probability that losses and metrics compute a logarithm of."""
    return 1e-7


def set_epsilon(value: float) -> None:
    """Accept 1e-7. Raises UnsupportedError for another value, as `epsilon` is a constant here."""
    _require_only("set_epsilon", value, epsilon(), "the constant of the compiled losses")


def floatx() -> str:
    """Return the data type of weights and activations."""
    return "float32"


def set_floatx(value: str) -> None:
    """Accept "float32". Raises UnsupportedError for another type."""
    _require_only("set_floatx", value, floatx(), "the type of all weights and activations")


def image_data_format() -> str:
    """Return the order of an image's axes: (height, width, channels)."""
    return "channels_last"


def set_image_data_format(data_format: str) -> None:
    """Accept "channels_last". Raises UnsupportedError for another order."""
    _require_only(
        "set_image_data_format", data_format, image_data_format(), "the order of all images' axes"
    )


def backend() -> str:
    """Return the name of what computes: always `"scallion"`."""
    return "scallion"


def get_uid(prefix: str = "") -> int:
    """Return the next number for automatic names with this prefix, from 1."""
    name = session.unique_name(f"{prefix} uid")
    return 1 + int(name.removeprefix(f"{prefix} uid").lstrip("_") or 0)


def get_value(x: Any) -> Any:
    """Return the value of a variable or of a result as a NumPy array or number."""
    return x.numpy() if hasattr(x, "numpy") else np.asarray(x)[()]


def set_value(x: Any, value: Any) -> None:
    """Assign a new value to a weight or to `optimizer.learning_rate`.

    Raises ArgumentError for anything else.
    """
    if not hasattr(x, "assign"):
        raise ArgumentError(
            f"set_value sets weights and learning rates. Received: {type(x).__name__}",
            hint="set_value(model.optimizer.learning_rate, 1e-4)",
            field="x",
            value=x,
        )
    x.assign(value)


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """Return the values of several variables."""
    return [get_value(one) for one in tensors]


def batch_set_value(tuples: Sequence[tuple[Any, Any]]) -> None:
    """Assign a new value to each of several variables: pairs of a variable and its value."""
    for variable, value in tuples:
        set_value(variable, value)


def count_params(x: Any) -> int:
    """Return the number of elements of a weight or an array."""
    return math.prod(x.shape)


def int_shape(x: Any) -> tuple[int | None, ...]:
    """Return the shape of a tensor or an array; None for the batch."""
    return tuple(x.shape)


def is_keras_tensor(x: Any) -> bool:
    """Return whether x is a symbolic tensor: the output of `Input` or of a layer's call."""
    return isinstance(x, Tensor)


def is_float_dtype(dtype: Any) -> bool:
    """Return whether a data type is one of floating-point numbers."""
    return np.dtype(standardize_dtype(dtype)).kind == "f"


def is_int_dtype(dtype: Any) -> bool:
    """Return whether a data type is one of integers."""
    return np.dtype(standardize_dtype(dtype)).kind in "iu"


def standardize_dtype(dtype: Any) -> str:
    """Return the name of a data type; None is `floatx()`. Raises ArgumentError."""
    if dtype is None:
        return floatx()
    try:
        return np.dtype(dtype).name
    except TypeError:
        raise ArgumentError(
            f"this is not the name of a data type. Received: {dtype!r}",
            hint='standardize_dtype("float32")',
            field="dtype",
            value=dtype,
        ) from None


def _require_only(function: str, value: Any, only: Any, reason: str) -> None:
    if value != only:
        raise UnsupportedError(
            f"{function}({value!r}) is not supported: {only!r} is {reason}",
            hint=f"leave the line out, or {function}({only!r})",
            value=value,
        )


__all__ = [
    "backend",
    "batch_get_value",
    "batch_set_value",
    "clear_session",
    "count_params",
    "epsilon",
    "floatx",
    "get_uid",
    "get_value",
    "image_data_format",
    "int_shape",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_value",
    "standardize_dtype",
]

__getattr__ = refuse_unknown_names("scallion.backend", __all__)
