"""The Dataset of `tf.data`: a lazy input pipeline of NumPy arrays.

Each step is executed again whenever the dataset is iterated. Arrays that it returns also have
TensorFlow's `.numpy()`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Self

import numpy as np

from scallion import session
from scallion.eager_array import EagerArray, EagerInt64
from scallion.errors import ArgumentError, DataError

AUTOTUNE = -1
# Cardinalities, with TensorFlow's values.
INFINITE = -1
UNKNOWN = -2

Elements = Callable[[], Iterator[Any]]


class Dataset:
    """A sequence of elements: arrays, or tuples or dicts of arrays.

    `class_names` and `file_paths` exist if the images come from folders. Arguments without effect
    are accepted for TensorFlow.

    >>> images, labels = np.zeros((5, 8, 8, 1)), np.arange(5)
    >>> dataset = Dataset.from_tensor_slices((images, labels)).batch(2)
    >>> [(x.shape, y.tolist()) for x, y in dataset]
    [((2, 8, 8, 1), [0, 1]), ((2, 8, 8, 1), [2, 3]), ((1, 8, 8, 1), [4])]
    """

    class_names: list[str]
    file_paths: list[str]
    batch_size: int | None = None  # only of a dataset that `batch` returned
    reshuffles = False  # whether each iteration has another order

    def __init__(self, elements: Elements, count: int = UNKNOWN) -> None:
        self._elements = elements
        self._count = count

    @classmethod
    def from_tensor_slices(cls, tensors: Any) -> Self:
        """Return a dataset of the rows of arrays. Raises DataError where their lengths differ."""
        arrays = _mapped(np.asarray, tensors)
        lengths = {len(array) if array.ndim else -1 for array in _leaves(arrays)}
        if len(lengths) != 1 or -1 in lengths:
            raise DataError(
                "slices need arrays of the same length. "
                f"Received: {[array.shape for array in _leaves(arrays)]}",
                hint="from_tensor_slices((images, labels)), with len(images) == len(labels)",
            )
        (length,) = lengths

        def elements() -> Iterator[Any]:
            for row in range(length):
                yield _mapped(lambda array: array[row], arrays)  # noqa: B023 (used at once)

        return cls(elements, length)

    @classmethod
    def from_tensors(cls, tensors: Any) -> Self:
        """Return a dataset of one element: the arrays."""
        arrays = _mapped(np.asarray, tensors)
        return cls(lambda: iter([arrays]), 1)

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Any],
        output_types: Any = None,  # noqa: ARG003
        output_shapes: Any = None,  # noqa: ARG003
        args: tuple[Any, ...] | None = None,
        output_signature: Any = None,  # noqa: ARG003
    ) -> Self:
        """Return a dataset of what a generator function yields; types and shapes are not needed."""
        return cls(lambda: (_mapped(np.asarray, element) for element in generator(*(args or ()))))

    @classmethod
    def range(cls, *bounds: int) -> Self:
        """Return a dataset of the integers of Python's `range`."""
        numbers = range(*bounds)
        return cls(lambda: iter(np.asarray(number) for number in numbers), len(numbers))

    @classmethod
    def zip(cls, *datasets: Any) -> Self:
        """Return a dataset of tuples with one element per dataset, as long as the shortest."""
        parts = datasets[0] if len(datasets) == 1 else datasets
        counts = [part._count for part in parts]
        known = [count for count in counts if count >= 0]
        count = UNKNOWN if UNKNOWN in counts else min(known, default=INFINITE)
        zipped = cls(lambda: zip(*(part._elements() for part in parts), strict=False), count)
        zipped.reshuffles = any(part.reshuffles for part in parts)
        return zipped

    def batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Self:
        """Stack `batch_size` elements along a new first axis.

        Raises ArgumentError for an invalid size; iteration raises DataError for elements of
        different shapes.
        """
        size = _positive("batch_size", batch_size)

        def elements() -> Iterator[Any]:
            source = self._elements()
            while rows := list(islice(source, size)):
                if len(rows) == size or not drop_remainder:
                    yield _stacked(rows)

        whole, rest = divmod(self._count, size)
        batched = self._next(elements, whole + (rest > 0 and not drop_remainder))
        batched.batch_size = size
        return batched

    def unbatch(self, name: str | None = None) -> Self:
        """Split each element into its rows."""

        def elements() -> Iterator[Any]:
            for element in self._elements():
                for row in range(len(next(_leaves(element)))):
                    yield _mapped(lambda array: array[row], element)  # noqa: B023 (used at once)

        return self._like(elements, INFINITE if self._count == INFINITE else UNKNOWN)

    def shuffle(
        self,
        buffer_size: int,
        seed: int | None = None,
        reshuffle_each_iteration: bool = True,
        name: str | None = None,
    ) -> Self:
        """Draw each element at random from the next `buffer_size` elements.

        Raises ArgumentError for an invalid size.
        """
        capacity = _positive("buffer_size", buffer_size)
        own = session.next_seed() if seed is None else int(seed)
        iteration = 0

        def elements() -> Iterator[Any]:
            nonlocal iteration
            random = np.random.default_rng(session.derive_seed(own, iteration))
            iteration += bool(reshuffle_each_iteration)
            buffer: list[Any] = []
            for element in self._elements():
                if len(buffer) < capacity:
                    buffer.append(element)
                    continue
                index = int(random.integers(capacity))
                yield buffer[index]
                buffer[index] = element
            random.shuffle(buffer)
            yield from buffer

        shuffled = self._like(elements, self._count)
        shuffled.reshuffles = bool(reshuffle_each_iteration)
        return shuffled

    def take(self, count: int, name: str | None = None) -> Self:
        """Keep the first `count` elements, or all for -1."""
        if count < 0:
            return self
        left = min(count, self._count) if self._count >= 0 else count
        known = self._count != UNKNOWN
        return self._like(lambda: islice(self._elements(), count), left if known else UNKNOWN)

    def skip(self, count: int, name: str | None = None) -> Self:
        """Remove the first `count` elements, or all for -1."""
        if count < 0:
            return self._like(lambda: iter(()), 0)
        left = max(0, self._count - count) if self._count >= 0 else self._count
        return self._like(lambda: islice(self._elements(), count, None), left)

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Self:
        """Apply a function to each element; the parts of a tuple are its arguments."""

        def elements() -> Iterator[Any]:
            for element in self._elements():
                yield _mapped(np.asarray, _called(map_func, element))

        return self._like(elements, self._count)

    def parallel_map(self, function: Callable[[Any], Any]) -> Self:
        """Apply a thread-safe function to each element, a few elements ahead."""

        def elements() -> Iterator[Any]:
            workers = session.get_threads()
            source = self._elements()
            with ThreadPoolExecutor(workers) as pool:
                pending = deque(pool.submit(function, e) for e in islice(source, 4 * workers))
                try:
                    while pending:
                        result = pending.popleft().result()
                        pending.extend(pool.submit(function, e) for e in islice(source, 1))
                        yield result
                finally:
                    pool.shutdown(cancel_futures=True)

        return self._like(elements, self._count)

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Self:
        """Keep the elements for which a function returns True."""

        def elements() -> Iterator[Any]:
            for element in self._elements():
                if bool(_called(predicate, element)):
                    yield element

        return self._like(elements, INFINITE if self._count == INFINITE else UNKNOWN)

    def cache(self, filename: str = "", name: str | None = None) -> Self:
        """Keep the elements in memory after the first complete iteration."""
        kept: list[Any] = []
        is_complete = False

        def elements() -> Iterator[Any]:
            nonlocal is_complete
            if is_complete:
                yield from kept
                return
            seen: list[Any] = []
            for element in self._elements():
                seen.append(element)
                yield element
            kept[:], is_complete = seen, True

        cached = self._like(elements, self._count)
        cached.reshuffles = False
        return cached

    def prefetch(self, buffer_size: int | None = None, name: str | None = None) -> Self:
        """Return the same dataset: the engine needs no prefetching."""
        return self._like(self._elements, self._count)

    def repeat(self, count: int | None = None, name: str | None = None) -> Self:
        """Repeat all elements `count` times, or endlessly for None and -1."""
        times = -1 if count is None else count

        def elements() -> Iterator[Any]:
            done = 0
            while done != times:
                found = False
                for element in self._elements():
                    found = True
                    yield element
                if not found:
                    return
                done += 1

        if times >= 0:
            return self._like(elements, self._count * times if self._count >= 0 else self._count)
        return self._like(elements, INFINITE)

    def concatenate(self, dataset: "Dataset", name: str | None = None) -> Self:
        """Append the elements of another dataset."""
        counts = (self._count, dataset._count)
        count = sum(counts) if min(counts) >= 0 else min(counts)
        count = INFINITE if INFINITE in counts else count

        def elements() -> Iterator[Any]:
            yield from self._elements()
            yield from dataset._elements()

        return self._like(elements, count)

    def enumerate(self, start: int = 0, name: str | None = None) -> Self:
        """Return a dataset of pairs (index, element), with indices from `start` on."""
        return self._next(
            lambda: ((np.asarray(i), e) for i, e in enumerate(self._elements(), start)), self._count
        )

    def with_options(self, options: Any) -> Self:
        """Return the same dataset: there are no options."""
        return self

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
            yield _mapped(_eager, element)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """Iterate over the elements as plain NumPy arrays."""
        for element in self._elements():
            yield _mapped(lambda array: array if array.ndim else array[()], element)

    def batches(self) -> Iterator[Any]:
        """Iterate over the elements as `fit` does: as plain arrays."""
        return self._elements()

    def _next(self, elements: Elements, count: int) -> Self:
        """Return a dataset of elements of another shape."""
        return self._like(elements, count if self._count >= 0 else self._count)

    def _like(self, elements: Elements, count: int) -> Self:
        made = type(self)(elements, count)
        for name in ("class_names", "file_paths", "reshuffles"):
            if name in self.__dict__:
                setattr(made, name, self.__dict__[name])
        return made

    def __repr__(self) -> str:
        return f"<Dataset of {self._count if self._count >= 0 else 'unknown number of'} elements>"


def _mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return the same nested tuples and dicts, with the function applied to each array."""
    if isinstance(structure, tuple):
        return tuple([_mapped(function, part) for part in structure])
    if isinstance(structure, dict):
        return {name: _mapped(function, part) for name, part in structure.items()}
    return function(structure)


def _leaves(structure: Any) -> Iterator[np.ndarray]:
    if isinstance(structure, tuple | dict):
        parts = structure.values() if isinstance(structure, dict) else structure
        for part in parts:
            yield from _leaves(part)
    else:
        yield structure


def _stacked(rows: list[Any]) -> Any:
    first = rows[0]
    if isinstance(first, tuple):
        return tuple([_stacked([row[i] for row in rows]) for i in range(len(first))])
    if isinstance(first, dict):
        return {name: _stacked([row[name] for row in rows]) for name in first}
    try:
        return np.stack(rows)
    except ValueError:
        shapes = sorted({np.shape(row) for row in rows})
        raise DataError(
            f"the elements of a batch must have the same shape. Received: {shapes}",
            hint="dataset.map(lambda x, y: (layers.Resizing(64, 64)(x), y)) before batch",
        ) from None


def _called(function: Callable[..., Any], element: Any) -> Any:
    arrays = _mapped(_eager, element)
    return function(*arrays) if isinstance(arrays, tuple) else function(arrays)


def _eager(array: Any) -> Any:
    return np.asarray(array).view(EagerArray)


def _positive(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ArgumentError(
            f"`{name}` is an integer of at least 1. Received: {name}={value!r}",
            hint=f"{name}=32",
        )
    return int(value)
