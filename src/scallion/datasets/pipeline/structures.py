"""Elements of a dataset: nested tuples and dicts of arrays, and what Python's values become."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from scallion.eager_array import EagerArray, EagerStrings, as_bytes_array
from scallion.errors import ArgumentError, DataError


def to_array(value: Any) -> np.ndarray:
    """Return a value as an array, as TensorFlow does.

    Python's numbers become float32 or int32, text becomes bytes, which an object array holds.

    >>> to_array([1.0, 2.0]).dtype, to_array([1, 2]).dtype, to_array("a").item()
    (dtype('float32'), dtype('int32'), b'a')
    """
    if isinstance(value, bytes | str):
        return as_bytes_array(value)
    array = np.asarray(value)
    if array.dtype.kind in "SUO":
        return as_bytes_array(value)
    is_own = isinstance(value, np.ndarray | np.generic) or hasattr(value, "dtype")
    if is_own or isinstance(_first_leaf(value), np.ndarray | np.generic):
        return array
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype == np.int64 and (array == array.astype(np.int32)).all():
        return array.astype(np.int32)
    return array


def _first_leaf(value: Any) -> Any:
    while isinstance(value, list | tuple) and value:
        value = value[0]
    return value


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return the same nested tuples and dicts, with the function applied to each array."""
    if isinstance(structure, tuple):
        return tuple([mapped(function, part) for part in structure])
    if isinstance(structure, dict):
        return {name: mapped(function, part) for name, part in structure.items()}
    return function(structure)


def leaves(structure: Any) -> Iterator[Any]:
    """Yield the arrays of nested tuples and dicts."""
    if isinstance(structure, tuple | dict):
        parts = structure.values() if isinstance(structure, dict) else structure
        for part in parts:
            yield from leaves(part)
    else:
        yield structure


def combined(function: Callable[[list[Any]], Any], structures: list[Any]) -> Any:
    """Return the same structure, with the function applied to the arrays of one place."""
    first = structures[0]
    if isinstance(first, tuple):
        return tuple(
            [combined(function, [one[place] for one in structures]) for place in range(len(first))]
        )
    if isinstance(first, dict):
        return {name: combined(function, [one[name] for one in structures]) for name in first}
    return function(structures)


def stacked(rows: list[Any]) -> Any:
    """Stack elements along a new first axis. Raises DataError for different shapes."""
    return combined(_stack, rows)


def _stack(rows: list[Any]) -> np.ndarray:
    if isinstance(rows[0], bytes):
        return as_bytes_array(rows)
    try:
        return np.stack(rows)
    except ValueError:
        shapes = sorted({np.shape(row) for row in rows})
        raise DataError(
            f"the elements of a batch must have the same shape. Received: {shapes}",
            hint="dataset.map(lambda x, y: (layers.Resizing(64, 64)(x), y)) before batch",
        ) from None


def called(function: Callable[..., Any], element: Any) -> Any:
    """Call a function of the user's: the parts of a tuple are its arguments."""
    arrays = mapped(to_eager, element)
    return function(*arrays) if isinstance(arrays, tuple) else function(arrays)


def to_eager(value: Any) -> Any:
    """Return an array with TensorFlow's `numpy()`; a dataset stays as it is."""
    if not isinstance(value, np.ndarray | np.generic | bytes | str | int | float):
        return value
    array = to_array(value)
    return array.view(EagerStrings if array.dtype == object else EagerArray)


def to_plain(value: Any) -> Any:
    """Return a plain array, or the number or bytes if it has no axes."""
    array = np.asarray(value, object) if isinstance(value, bytes) else value
    if not isinstance(array, np.ndarray):
        return array
    plain = np.asarray(array)
    return plain if plain.ndim else plain[()]


def positive(name: str, value: Any) -> int:
    """Return an integer of at least 1. Raises ArgumentError."""
    return at_least(1, name, value)


def at_least(least: int, name: str, value: Any) -> int:
    """Return an integer of at least `least`. Raises ArgumentError."""
    plain = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if isinstance(plain, bool) or not isinstance(plain, int | np.integer) or plain < least:
        raise ArgumentError(
            f"`{name}` is an integer of at least {least}. Received: {name}={value!r}",
            hint=f"{name}={max(least, 32 if least else 0)}",
        )
    return int(plain)
