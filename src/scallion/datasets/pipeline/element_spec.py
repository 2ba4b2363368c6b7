"""Shapes and types of a dataset's elements, as `dataset.element_spec` gives them."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from scallion.datasets.pipeline.structures import combined, to_array
from scallion.errors import ArgumentError


class TensorShape(tuple[int | None, ...]):
    """A shape with None for sides that vary.

    >>> TensorShape((None, 3)).as_list(), TensorShape((None, 3)).rank
    ([None, 3], 2)
    """

    __slots__ = ()

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self)

    ndims = rank

    def as_list(self) -> list[int | None]:
        """Return the shape as a list."""
        return list(self)

    def is_fully_defined(self) -> bool:
        """Return whether all sides are known."""
        return None not in self

    def num_elements(self) -> int | None:
        """Return the number of elements, or None where a side varies."""
        return int(np.prod([side or 0 for side in self])) if self.is_fully_defined() else None


class TensorSpec:
    """The shape and the type of an array.

    >>> TensorSpec((None, 3), "float32")
    TensorSpec(shape=(None, 3), dtype=tf.float32, name=None)
    """

    def __init__(
        self, shape: Iterable[int | None] = (), dtype: Any = np.float32, name: str | None = None
    ) -> None:
        self.shape = None if shape is None else TensorShape(shape)
        self.dtype = as_dtype(dtype)
        self.name = name

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorSpec):
            return NotImplemented
        return (self.shape, self.dtype) == (other.shape, other.dtype)

    __hash__ = None  # pyright: ignore[reportAssignmentType] (as TensorFlow compares, by value)

    def __repr__(self) -> str:
        kind = "string" if self.dtype == object else self.dtype.name
        shape = "<unknown>" if self.shape is None else tuple(self.shape)
        return f"TensorSpec(shape={shape}, dtype=tf.{kind}, name={self.name!r})"

    def convert(self, value: Any) -> np.ndarray:
        """Return a value as an array of this type. Raises ArgumentError for another shape."""
        array = to_array(value)
        if array.dtype != self.dtype:
            array = array.astype(self.dtype)
        if self.shape is not None and not _fits(array.shape, self.shape):
            raise ArgumentError(
                f"the generator's element does not have the shape of its signature, "
                f"{tuple(self.shape)}. Received: {array.shape}",
                hint=f"tf.TensorSpec(shape={array.shape}, dtype=tf.{self.dtype.name})",
            )
        return array


class DatasetSpec:
    """The specification of the datasets that `window` yields."""

    def __init__(self, element_spec: Any, dataset_shape: Iterable[int | None] = ()) -> None:
        self.element_spec = element_spec
        self.dataset_shape = TensorShape(dataset_shape)

    def __repr__(self) -> str:
        return f"DatasetSpec({self.element_spec!r}, TensorShape({list(self.dataset_shape)}))"


def as_dtype(dtype: Any) -> np.dtype:
    """Return NumPy's type for a type or its name; `string` is an object array of bytes."""
    if dtype in ("string", str, bytes):
        return np.dtype(object)
    found = np.dtype(dtype)
    return np.dtype(object) if found.kind in "SU" else found


def common_spec(examples: list[Any]) -> Any:
    """Return the specification of several elements: sides in which they differ are None."""
    return combined(_common, examples)


def _common(values: list[Any]) -> Any:
    if hasattr(values[0], "element_spec"):
        return DatasetSpec(values[0].element_spec)
    arrays = [to_array(value) for value in values]
    shapes = [array.shape for array in arrays]
    if len({len(shape) for shape in shapes}) > 1:
        return TensorSpec(None, arrays[0].dtype)  # pyright: ignore[reportArgumentType]
    sides = [side[0] if len(set(side)) == 1 else None for side in zip(*shapes, strict=True)]
    return TensorSpec(sides, arrays[0].dtype)


def _fits(shape: tuple[int, ...], wanted: TensorShape) -> bool:
    return len(shape) == len(wanted) and all(
        side is None or side == own for own, side in zip(shape, wanted, strict=True)
    )
