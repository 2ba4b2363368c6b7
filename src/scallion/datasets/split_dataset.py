"""Keras' `split_dataset`: splitting a data set in two."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from scallion import session
from scallion.batch_streams import is_endless
from scallion.datasets.pipeline import Dataset
from scallion.errors import ArgumentError, ArgumentTypeError, DataError

_HINT = "split_dataset(dataset, left_size=0.8)"


def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Dataset, Dataset]:
    """Split an array, a list or tuple of arrays, or a Dataset, into two Datasets.

    Sizes are fractions or numbers of elements; one of them is enough. A batched Dataset is split
    between images, and batched again. Raises ArgumentError, ArgumentTypeError, DataError.

    >>> left, right = split_dataset((np.zeros((5, 8)), np.arange(5)), left_size=0.6)
    >>> [int(label) for _, label in left], [int(label) for _, label in right]
    ([0, 1, 2], [3, 4])
    """
    if left_size is None and right_size is None:
        raise ArgumentError("`left_size` or `right_size` is needed", hint=_HINT)
    elements, batch_size = _elements(dataset)
    order = list(range(len(elements)))
    if shuffle:
        # Python's generator, so that a seed gives the same parts as in Keras.
        random.Random(session.next_seed() if seed is None else seed).shuffle(order)
    left, right = _sizes(left_size, right_size, len(order))
    parts = (order[:left], order[-right:])
    first, second = (_select(elements, part, batch_size) for part in parts)
    return first, second


class _Rows(Sequence[Any]):
    """The rows of arrays of equal length."""

    def __init__(self, arrays: Sequence[Any], is_single: bool) -> None:
        self.arrays = [np.asarray(array) for array in arrays]
        self.is_single = is_single
        lengths = {len(array) if array.ndim else -1 for array in self.arrays}
        if len(lengths) != 1 or -1 in lengths:
            raise DataError(
                "the arrays must have the same length. "
                f"Received: {[array.shape for array in self.arrays]}",
                hint="split_dataset((images, labels), left_size=0.8)",
            )

    def __len__(self) -> int:
        return len(self.arrays[0])

    def __getitem__(self, row: Any) -> Any:
        return self.arrays[0][row] if self.is_single else tuple(array[row] for array in self.arrays)


def _elements(dataset: Any) -> tuple[Sequence[Any], int | None]:
    """Return the elements, and the batch size of a batched Dataset, else None."""
    if isinstance(dataset, Dataset):
        if is_endless(dataset):
            raise ArgumentError(
                "the Dataset never ends, so it has no parts",
                hint="split_dataset(dataset.take(100), left_size=0.8), or leave out repeat()",
                field="dataset",
            )
        size = dataset.batch_size
        return list(dataset if size is None else dataset.unbatch()), size
    if isinstance(dataset, np.ndarray):
        return _Rows([dataset], is_single=True), None
    if isinstance(dataset, list | tuple) and dataset:
        return _Rows(dataset, is_single=False), None
    raise ArgumentTypeError(
        "`dataset` must be an array, a list or tuple of arrays, or a Dataset. "
        f"Received: {type(dataset).__name__}",
        hint=_HINT,
    )


def _select(elements: Sequence[Any], indices: list[int], batch_size: int | None) -> Dataset:
    def selected() -> Iterator[Any]:
        return (elements[index] for index in indices)

    part = Dataset(selected, len(indices))
    return part if batch_size is None else part.batch(batch_size)


def _sizes(left: float | None, right: float | None, total: int) -> tuple[int, int]:
    """Return the numbers of elements of both parts, by Keras' rules."""
    counts = [_count(name, size, total) for name, size in (("left", left), ("right", right))]
    first, second = counts
    if first is None:
        first = total - (second or 0)
    if second is None:
        second = total - first
    are_fractions = isinstance(left, float) and isinstance(right, float)
    if are_fractions and first + second == total + 1 and left + right <= 1:  # type: ignore[operator]
        second -= 1  # both were rounded up
    if first + second > total or (are_fractions and left + right > 1):  # type: ignore[operator]
        raise ArgumentError(
            f"both parts together have at most {total} elements. "
            f"Received: left_size={left!r}, right_size={right!r}",
            hint="give one of them: the other is the rest",
        )
    if not first or not second:
        raise ArgumentError(
            f"one part of {total} elements would be empty. "
            f"Received: left_size={left!r}, right_size={right!r}",
            hint="give more elements, or a fraction closer to 0.5",
        )
    return first, second


def _count(name: str, size: float | None, total: int) -> int | None:
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, int | float):
        raise ArgumentTypeError(
            f"`{name}_size` must be a fraction or a number of elements. "
            f"Received: {name}_size={size!r}",
            hint=_HINT,
        )
    if not 0 < size < (total if isinstance(size, int) else 1):
        raise ArgumentError(
            f"`{name}_size` must be a fraction between 0 and 1, or a number of elements between 0 "
            f"and {total}. Received: {name}_size={size!r}",
            hint=_HINT,
        )
    return size if isinstance(size, int) else round(size * total)


__all__ = ["split_dataset"]
