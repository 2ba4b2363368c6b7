"""The few names of TensorFlow itself that scripts for small image networks use."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from scallion import ops
from scallion.compat import tensorflow_environment
from scallion.datasets.pipeline import AUTOTUNE, Dataset
from scallion.differentiation import is_recorded
from scallion.eager_array import eager

VERSION = "2.21.0"
"""The version of TensorFlow whose names are provided."""


def attributes_of(module: str) -> Mapping[str, Any] | None:
    """Return the attributes of `tensorflow` or a submodule, or None where it is missing here."""
    found: Any = _NAMES
    for part in module.split(".")[1:]:
        found = found.get(part) if isinstance(found, Mapping) else None
        if not isinstance(found, Mapping):
            return None
    return {name: value for name, value in found.items() if not isinstance(value, Mapping)}


def _eager(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a NumPy function: it ignores `name`, and its result has `.numpy()`."""

    def wrapped(*arguments: Any, **options: Any) -> Any:
        options.pop("name", None)
        return eager(function(*arguments, **options))

    return wrapped


def _without_name(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function of `keras.ops`: it ignores TensorFlow's `name`."""

    def wrapped(*arguments: Any, **options: Any) -> Any:
        options.pop("name", None)
        return function(*arguments, **options)

    return wrapped


def _constant(value: Any, dtype: Any = None, shape: Any = None) -> Any:
    if is_recorded(value):
        return value
    array = np.asarray(value, dtype)
    if array.dtype == np.float64 and dtype is None and not isinstance(value, np.ndarray):
        array = array.astype(np.float32)
    return array if shape is None else np.broadcast_to(array, shape)


def _one_hot(indices: Any, depth: int) -> np.ndarray:
    return (np.asarray(indices)[..., None] == np.arange(depth)).astype(np.float32)


def _argmax(input: Any, axis: int | None = None) -> np.ndarray:  # noqa: A002 (TensorFlow's name)
    return np.argmax(input, 0 if axis is None else axis)


def _confusion_matrix(labels: Any, predictions: Any, num_classes: int | None = None) -> np.ndarray:
    rows, columns = np.ravel(labels).astype(int), np.ravel(predictions).astype(int)
    size = num_classes or 1 + int(max(rows.max(initial=0), columns.max(initial=0)))
    counts = np.zeros((size, size), np.int32)
    np.add.at(counts, (rows, columns), 1)
    return counts


_DATA = {
    "AUTOTUNE": AUTOTUNE,
    "Dataset": Dataset,
    "experimental": {"AUTOTUNE": AUTOTUNE, "cardinality": Dataset.cardinality},
}
# Functions with the arguments of `keras.ops`, for arrays and for symbolic tensors.
_ELEMENTWISE = {
    name: _without_name(getattr(ops, name))
    for name in (
        "abs", "add", "divide", "exp", "log", "maximum", "minimum", "multiply", "negative", "round",
        "sigmoid", "sign", "sqrt", "square", "subtract", "tanh",
    )
}  # fmt: skip
_REDUCTIONS = {
    "reduce_max": _without_name(ops.max),
    "reduce_mean": _without_name(ops.mean),
    "reduce_min": _without_name(ops.min),
    "reduce_sum": _without_name(ops.sum),
}
_NAMES: Mapping[str, Any] = {
    **tensorflow_environment.NAMES,
    "__version__": VERSION,
    "argmax": _eager(_argmax),
    "cast": _without_name(ops.cast),
    "compat": {"v1": tensorflow_environment.VERSION_1_NAMES},
    "concat": _without_name(ops.concatenate),
    "constant": _eager(_constant),
    "convert_to_tensor": _eager(_constant),
    "data": _DATA,
    "equal": _eager(np.equal),
    "expand_dims": _without_name(lambda input, axis=-1: ops.expand_dims(input, axis)),  # noqa: A006
    "math": {
        **_ELEMENTWISE,
        **_REDUCTIONS,
        "argmax": _eager(_argmax),
        "confusion_matrix": _eager(_confusion_matrix),
    },
    "nn": {name: getattr(ops, name) for name in ops.ACTIVATION_NAMES},
    "one_hot": _eager(_one_hot),
    "matmul": _without_name(ops.matmul),
    "newaxis": None,
    "pad": _without_name(
        lambda tensor, paddings, mode="CONSTANT", constant_values=None: ops.pad(
            tensor, paddings, mode.lower(), constant_values
        )
    ),
    "pow": _without_name(ops.power),
    "reshape": _without_name(lambda tensor, shape: ops.reshape(tensor, shape)),
    "shape": _without_name(lambda input: ops.shape(input)),  # noqa: A006
    "squeeze": _without_name(lambda input, axis=None: ops.squeeze(input, axis)),  # noqa: A006
    "stack": _eager(lambda values, axis=0: np.stack(values, axis)),
    "transpose": _without_name(lambda a, perm=None: ops.transpose(a, perm)),
    "version": {"VERSION": VERSION},
    "zeros": _eager(np.zeros),
    "ones": _eager(np.ones),
    **_ELEMENTWISE,
    **_REDUCTIONS,
    **{
        kind: getattr(np, kind)
        for kind in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8")
    },
    "bool": np.bool_,
    "string": np.str_,
}
