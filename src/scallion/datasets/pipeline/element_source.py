"""What all datasets are: a function that iterates over elements, and what is known of them."""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Self

import numpy as np

from scallion.datasets.pipeline.element_spec import common_spec
from scallion.datasets.pipeline.structures import mapped, to_eager, to_plain
from scallion.eager_array import EagerInt64
from scallion.errors import DataError, UnknownAttributeError, unknown_attribute

# Cardinalities, with TensorFlow's values.
INFINITE = -1
UNKNOWN = -2

Elements = Callable[[], Iterator[Any]]
Example = Callable[[int], Any]

_IN_MEMORY = "dataset.cache() keeps the elements in memory; np.savez writes arrays"
_MISSING = {
    "bucket_by_sequence_length": "dataset.padded_batch(32)",
    "fingerprint": "list(dataset.as_numpy_iterator())",
    "from_sparse_tensor_slices": "tf.data.Dataset.from_tensor_slices(array)",
    "group_by_window": "dataset.filter(...) per group",
    "ignore_errors": "try and except in the function that `map` is given",
    "load": _IN_MEMORY,
    "ragged_batch": "dataset.padded_batch(32)",
    "rejection_resample": "tf.data.Dataset.sample_from_datasets(datasets, weights)",
    "save": _IN_MEMORY,
    "snapshot": _IN_MEMORY,
    "sparse_batch": "dataset.batch(32)",
}


class _DatasetType(type):
    """The type of datasets: names of `tf.data.Dataset` that are missing are refused by name."""

    def __getattr__(cls, name: str) -> NoReturn:
        raise _missing(cls, name)


class ElementSource(metaclass=_DatasetType):
    """Elements, their number, and examples of them, from which `element_spec` is found.

    Args:
        elements: Returns a new iterator over all elements.
        count: The number of elements, or INFINITE or UNKNOWN.
        example: Returns an element like those of the dataset for 0 and for 1; sides in which
            the two differ vary. By default the first element is taken.
    """

    class_names: list[str]
    file_paths: list[str]
    batch_size: int | None = None  # only of a dataset that `batch` returned
    reshuffles = False  # whether each iteration has another order

    def __init__(
        self, elements: Elements, count: int = UNKNOWN, example: Example | None = None
    ) -> None:
        self._elements = elements
        self._count = count
        self._example = example or self._first_element

    def _first_element(self, row: int) -> Any:
        for element in self._elements():
            return element
        raise DataError(
            "the dataset is empty, so the shapes of its elements are unknown",
            hint="len(dataset), or dataset.cardinality(), says how many elements there are",
        )

    @property
    def element_spec(self) -> Any:
        """The shapes and types of an element, with None for sides that vary.

        Functions of `map` are called with two examples to find it.
        """
        return common_spec([self._example(row) for row in range(2)])

    def cardinality(self) -> np.int64:
        """Return the number of elements, -1 for an infinite dataset, -2 if unknown."""
        return EagerInt64(self._count)

    def __len__(self) -> int:
        if self._count < 0:
            kind = "is infinite" if self._count == INFINITE else "has unknown length"
            raise TypeError(
                f"the dataset {kind}, so it has no len(); dataset.cardinality() is {self._count}"
            )
        return self._count

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Any]:
        for element in self._elements():
            yield mapped(to_eager, element)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Iterate over the elements as plain NumPy arrays."""
        for element in self._elements():
            yield mapped(to_plain, element)

    def batches(self) -> Iterator[Any]:
        """Iterate over the elements as `fit` does: as plain arrays."""
        return self._elements()

    def _like(self, elements: Elements, count: int, example: Example | None = None) -> Self:
        made = type(self)(elements, count, example or self._example)
        for name in ("class_names", "file_paths", "reshuffles"):
            if name in self.__dict__:
                setattr(made, name, self.__dict__[name])
        return made

    def _uncounted(self, elements: Elements, example: Example | None = None) -> Self:
        """Return a dataset of as many elements as its source or of an unknown number."""
        return self._like(elements, INFINITE if self._count == INFINITE else UNKNOWN, example)

    def __getattr__(self, name: str) -> NoReturn:
        raise _missing(type(self), name)

    def __repr__(self) -> str:
        count = self._count if self._count >= 0 else "unknown number of"
        return f"<Dataset of {count} elements>"


def _missing(kind: type, name: str) -> AttributeError:
    if name.startswith("_"):
        return AttributeError(name)
    if name in _MISSING:
        return UnknownAttributeError(f"Dataset has no {name!r}", hint=_MISSING[name], value=name)
    return unknown_attribute("Dataset", name, [one for one in dir(kind) if one[0] != "_"])
