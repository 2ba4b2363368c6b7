"""Functions of `tf.strings` on bytes and on arrays of them."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scallion.compat.tensorflow_functions.files import as_bytes
from scallion.datasets.pipeline.structures import to_array
from scallion.eager_array import EagerStrings, as_bytes_array, eager
from scallion.errors import UnsupportedError


def _each(function: Callable[..., Any], values: Any) -> Any:
    """Apply a function to each string of an array."""
    array = as_bytes_array(values)
    results = [function(one) for one in array.ravel().tolist()]
    if results and not isinstance(results[0], bytes):
        return eager(np.asarray(results).reshape(array.shape))
    made = np.empty(array.size, object)
    made[:] = results
    return made.reshape(array.shape).view(EagerStrings)


def split(input: Any, sep: Any = None, maxsplit: int = -1, name: str | None = None) -> Any:  # noqa: A002, ARG001 (TensorFlow's names)
    """Split one string at a separator, or at white space: an array of its parts.

    Raises UnsupportedError for an array of strings, whose parts differ in number.
    """
    array = as_bytes_array(input)
    if array.ndim:
        raise UnsupportedError(
            f"one string is split at a time. Received: an array of {array.shape}",
            hint="dataset.map(lambda path: tf.strings.split(path, os.path.sep)) before batch",
        )
    separator = as_bytes(sep) if sep is not None else b""
    return as_bytes_array(array.item().split(separator or None, maxsplit)).view(EagerStrings)


def join(inputs: Sequence[Any], separator: Any = "", name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Join strings, or arrays of strings element by element."""
    arrays = np.broadcast_arrays(*[as_bytes_array(one) for one in inputs])
    joined = [
        as_bytes(separator).join(row) for row in zip(*(a.ravel() for a in arrays), strict=True)
    ]
    return as_bytes_array(joined).reshape(arrays[0].shape).view(EagerStrings)


def regex_replace(
    input: Any,  # noqa: A002 (TensorFlow's name)
    pattern: Any,
    rewrite: Any,
    replace_global: bool = True,
    name: str | None = None,  # noqa: ARG001 (TensorFlow's names)
) -> Any:
    """Replace what a regular expression matches, all of it or the first."""
    found, text = re.compile(as_bytes(pattern)), as_bytes(rewrite)
    return _each(lambda one: found.sub(text, one, count=0 if replace_global else 1), input)


def regex_full_match(input: Any, pattern: Any, name: str | None = None) -> Any:  # noqa: A002, ARG001 (TensorFlow's names)
    """Return whether a regular expression matches the whole string."""
    found = re.compile(as_bytes(pattern))
    return _each(lambda one: found.fullmatch(one) is not None, input)


def substr(input: Any, pos: int, len: int, unit: str = "BYTE", name: str | None = None) -> Any:  # noqa: A002, ARG001 (TensorFlow's names)
    """Return `len` bytes from `pos` on."""
    start = int(pos)
    return _each(lambda one: one[start:][: int(len)], input)


def to_number(input: Any, out_type: Any = np.float32, name: str | None = None) -> Any:  # noqa: A002, ARG001 (TensorFlow's names)
    """Return the numbers that strings are."""
    kind = np.dtype(out_type)
    parse = int if kind.kind in "iu" else float
    return eager(np.asarray(_each(parse, input)).astype(kind))


def as_string(input: Any, **_options: Any) -> Any:  # noqa: A002 (TensorFlow's names)
    """Return numbers as text."""
    array = to_array(input)
    return as_bytes_array(np.vectorize(str, otypes=[object])(array)).view(EagerStrings)


FUNCTIONS: dict[str, Any] = {
    "as_string": as_string,
    "join": join,
    "length": lambda input, **_: eager(np.asarray(_each(len, input)).astype(np.int32)),  # noqa: A006
    "lower": lambda input, **_: _each(bytes.lower, input),  # noqa: A006
    "regex_full_match": regex_full_match,
    "regex_replace": regex_replace,
    "split": split,
    "strip": lambda input, **_: _each(bytes.strip, input),  # noqa: A006
    "substr": substr,
    "to_number": to_number,
    "upper": lambda input, **_: _each(bytes.upper, input),  # noqa: A006
}
"""The functions by their names in `tf.strings`."""
