"""Arrays and numbers with the methods that scripts for TensorFlow call on results."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from scallion.differentiation import is_recorded
from scallion.errors import ArgumentError


class EagerArray(np.ndarray):
    """An array with TensorFlow's `numpy()`, which returns the plain array."""

    def numpy(self) -> Any:
        """Return the plain array, or the number if it has no axes."""
        plain = np.asarray(self)
        return plain if plain.ndim else plain[()]

    def get_shape(self) -> "EagerShape":
        """Return the shape, which has TensorFlow's `as_list()`."""
        return EagerShape(self.shape)

    def set_shape(self, shape: Any) -> None:
        """Check the shape, in which None stands for any side. Raises ArgumentError."""
        fits = len(shape) == self.ndim and all(
            side is None or side == own for own, side in zip(self.shape, shape, strict=True)
        )
        if not fits:
            raise ArgumentError(
                f"an array of shape {self.shape} has no shape {tuple(shape)}",
                hint=f"set_shape({list(self.shape)})",
            )

    def __getitem__(self, key: Any) -> Any:
        """Return a part; a single element has `numpy()`, too."""
        return _with_numpy(super().__getitem__(key), type(self))

    def __iter__(self) -> Iterator[Any]:
        return (_with_numpy(part, type(self)) for part in super().__iter__())

    def __array_wrap__(
        self, array: np.ndarray, context: Any = None, return_scalar: bool = False
    ) -> Any:
        """Return the result of a NumPy function with `numpy()`, also without axes."""
        return super().__array_wrap__(array, context, False)

    def __format__(self, spec: str) -> str:
        return super().__format__(spec) if self.ndim else format(self.numpy(), spec)


class EagerStrings(EagerArray):
    """An array of bytes, TensorFlow's strings: text is compared and appended as UTF-8.

    >>> path = as_bytes_array(["photos", "cats", "1.png"]).view(EagerStrings)
    >>> (path[-2] == np.array(["cats", "dogs"])).tolist(), (path[0] + "/").numpy()
    ([True, False], b'photos/')
    """

    def __eq__(self, other: Any) -> Any:
        return np.equal(np.asarray(self), as_bytes_array(other)).astype(bool).view(EagerArray)

    def __ne__(self, other: Any) -> Any:
        return ~(self == other)

    __hash__ = None  # pyright: ignore[reportAssignmentType] (as of arrays)

    def __add__(self, other: Any) -> Any:
        return as_bytes_array(np.asarray(self) + as_bytes_array(other)).view(EagerStrings)

    def __radd__(self, other: Any) -> Any:
        return as_bytes_array(as_bytes_array(other) + np.asarray(self)).view(EagerStrings)


class EagerShape(tuple[int, ...]):
    """A shape with TensorFlow's `as_list()`."""

    __slots__ = ()

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self)

    ndims = rank

    def as_list(self) -> list[int]:
        """Return the shape as a list."""
        return list(self)


def as_bytes_array(value: Any) -> np.ndarray:
    """Return text and bytes as an object array of bytes, which keeps trailing zeros.

    >>> as_bytes_array(["a", b"b"]).tolist()
    [b'a', b'b']
    """
    array = np.asarray(value) if isinstance(value, np.ndarray) else np.array(value, dtype=object)
    encoded = np.empty(array.shape, object)
    encoded[...] = array
    for place, one in np.ndenumerate(array):
        encoded[place] = os.fsencode(one) if isinstance(one, str) else one
    return encoded


def _with_numpy(value: Any, kind: type[EagerArray]) -> Any:
    if isinstance(value, np.generic):
        return np.asarray(value).view(EagerArray)
    return as_bytes_array(value).view(kind) if isinstance(value, bytes) else value


class EagerFloat(float):
    """A number with what scripts read from a tensor without axes: `numpy()`, shape and dtype.

    >>> EagerFloat(0.5).numpy(), EagerFloat(0.5).shape, EagerFloat(0.5) + 1
    (np.float32(0.5), (), 1.5)
    """

    __slots__ = ()
    shape = ()
    ndim = 0
    dtype = "float32"

    def numpy(self) -> np.float32:
        """Return the number as NumPy's float32."""
        return np.float32(self)

    def item(self) -> float:
        """Return Python's float."""
        return float(self)


class EagerInt(int):
    """An integer with what scripts read from a tensor without axes.

    >>> EagerInt(3).numpy(), EagerInt(3).shape, EagerInt(3) + 1
    (np.int64(3), (), 4)
    """

    shape = ()
    ndim = 0
    dtype = "int64"

    def numpy(self) -> np.int64:
        """Return the integer as NumPy's int64."""
        return np.int64(self)

    def item(self) -> int:
        """Return Python's int."""
        return int(self)


class EagerFloat32(np.float32):
    """NumPy's float32 with TensorFlow's `numpy()`."""

    def numpy(self) -> np.float32:
        """Return the plain float32."""
        return np.float32(self)


class EagerInt64(np.int64):
    """NumPy's int64 with TensorFlow's `numpy()`."""

    def numpy(self) -> np.int64:
        """Return the plain int64."""
        return np.int64(self)


def eager(value: Any) -> Any:
    """Return an array, a number, or a list of them as arrays with `numpy()`."""
    if is_recorded(value):
        return value
    if isinstance(value, list | tuple):
        return type(value)(eager(one) for one in value)
    return np.asarray(value).view(EagerArray)


def eager_result(value: Any) -> Any:
    """Return a result of a metric or loss with `numpy()`: a float, or an array."""
    if type(value) is np.float32:
        return EagerFloat32(value)
    if isinstance(value, np.ndarray):
        # A copy: the array may be a metric's state, which the next batch changes in place.
        return value.copy().view(EagerArray)
    return EagerFloat(value) if isinstance(value, float) else value
