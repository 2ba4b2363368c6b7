"""The variables in which a custom metric accumulates."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from scallion import initializers
from scallion.eager_array import eager
from scallion.errors import ShapeError


class MetricVariable(NDArrayOperatorsMixin):
    """An array that `assign`, `assign_add` and `assign_sub` change, as a variable of Keras.

    >>> total = MetricVariable(np.zeros(()), "total")
    >>> total.assign_add(2.5)
    >>> float(total), total.numpy().shape
    (2.5, ())
    """

    def __init__(self, value: Any, name: str) -> None:
        self.name = name
        self._array = np.array(value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return self._array.shape

    @property
    def dtype(self) -> str:
        """The name of the elements' type."""
        return str(self._array.dtype)

    @property
    def value(self) -> Any:
        """The value as an array."""
        return eager(self._array.copy())

    def numpy(self) -> Any:
        """Return the value as a plain array, or a number if it has no axes."""
        return self._array.copy()[()]

    def assign(self, value: Any) -> None:
        """Set the value. Raises ShapeError for another shape."""
        array = np.asarray(value)
        if array.shape != self.shape:
            raise ShapeError(
                f"the variable {self.name!r} has the shape {self.shape}. Received: {array.shape}",
                hint=f"add_weight(name={self.name!r}, shape={array.shape})",
                field=self.name,
            )
        self._array = array.astype(self._array.dtype)

    def assign_add(self, value: Any) -> None:
        """Add to the value."""
        self.assign(self._array + np.asarray(value))

    def assign_sub(self, value: Any) -> None:
        """Subtract from the value."""
        self.assign(self._array - np.asarray(value))

    def __iadd__(self, value: Any) -> "MetricVariable":  # pyright: ignore[reportIncompatibleMethodOverride]
        self.assign_add(value)
        return self

    def __isub__(self, value: Any) -> "MetricVariable":  # pyright: ignore[reportIncompatibleMethodOverride]
        self.assign_sub(value)
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self._array if dtype is None else self._array.astype(dtype)
        return array.copy() if copy else array

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        arrays = [one._array if isinstance(one, MetricVariable) else one for one in inputs]
        return eager(getattr(ufunc, method)(*arrays, **options))

    def __getitem__(self, key: Any) -> Any:
        return eager(self._array[key])

    def __len__(self) -> int:
        return len(self._array)

    def __float__(self) -> float:
        return float(self._array)

    def __int__(self) -> int:
        return int(self._array)

    def __bool__(self) -> bool:
        return bool(self._array)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<MetricVariable name={self.name} shape={self.shape} value={self._array}>"


def initial_value(initializer: Any, shape: Any, dtype: Any) -> np.ndarray:
    """Return a variable's first value: zeros for None, else what the initializer makes."""
    sides = (shape,) if isinstance(shape, int) else tuple(shape)
    if initializer is None:
        return np.zeros(sides, dtype)
    is_function = callable(initializer) and not isinstance(initializer, type)
    make: Callable[..., Any] = initializer if is_function else initializers.get(initializer)
    return np.asarray(make(sides)).astype(dtype)
