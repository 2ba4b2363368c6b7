"""Arrays and numbers with the methods that scripts for TensorFlow call on results."""

from typing import Any

import numpy as np

from scallion.differentiation import is_recorded


class EagerArray(np.ndarray):
    """An array with TensorFlow's `numpy()`, which returns the plain array."""

    def numpy(self) -> Any:
        """Return the plain array, or the number if it has no axes."""
        plain = np.asarray(self)
        return plain if plain.ndim else plain[()]

    def __format__(self, spec: str) -> str:
        return super().__format__(spec) if self.ndim else format(self.numpy(), spec)


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
