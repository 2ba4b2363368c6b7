"""The Dataset of `tf.data`: a lazy input pipeline of NumPy arrays.

Each step is executed again whenever the dataset is iterated. Arrays that it returns also have
TensorFlow's `.numpy()`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, takewhile
from typing import Any, Self

import numpy as np

from scallion import session
from scallion.datasets.pipeline.batching import DatasetBatching
from scallion.datasets.pipeline.element_source import INFINITE, UNKNOWN
from scallion.datasets.pipeline.sources import DatasetSources
from scallion.datasets.pipeline.structures import (
    at_least,
    called,
    leaves,
    mapped,
    positive,
    to_array,
    to_eager,
)
from scallion.errors import ArgumentError, DataError


class Options:
    """The options of `tf.data`: any may be set, and none has an effect."""

    def __getattr__(self, name: str) -> "Options":
        if name.startswith("__"):
            raise AttributeError(name)
        made = Options()
        setattr(self, name, made)
        return made


class Dataset(DatasetSources, DatasetBatching):
    """A sequence of elements: arrays, or tuples or dicts of arrays.

    `class_names` and `file_paths` exist if the images come from folders. Arguments without effect
    are accepted for TensorFlow.

    >>> images, labels = np.zeros((5, 8, 8, 1)), np.arange(5)
    >>> dataset = Dataset.from_tensor_slices((images, labels)).batch(2)
    >>> [(x.shape, y.tolist()) for x, y in dataset]
    [((2, 8, 8, 1), [0, 1]), ((2, 8, 8, 1), [2, 3]), ((1, 8, 8, 1), [4])]
    """

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
        capacity = positive("buffer_size", buffer_size)
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
                yield _returned(called(map_func, element))

        return self._like(
            elements, self._count, lambda row: _returned(called(map_func, self._example(row)))
        )

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

        return self._like(elements, self._count, lambda row: function(self._example(row)))

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Self:
        """Keep the elements for which a function returns True."""

        def elements() -> Iterator[Any]:
            for element in self._elements():
                if bool(called(predicate, element)):
                    yield element

        return self._uncounted(elements)

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
        return self._like(
            lambda: ((np.asarray(i), e) for i, e in enumerate(self._elements(), start)),
            self._count,
            lambda row: (np.asarray(row), self._example(row)),
        )

    def shard(self, num_shards: int, index: int, name: str | None = None) -> Self:
        """Keep each `num_shards`-th element, from the one at `index` on.

        Raises ArgumentError for an index outside 0 to `num_shards` - 1.
        """
        number, first = positive("num_shards", num_shards), at_least(0, "index", index)
        if first >= number:
            raise ArgumentError(
                f"`index` is less than num_shards={number}. Received: index={index!r}",
                hint="index=0",
            )
        count = max(0, -(-(self._count - first) // number)) if self._count >= 0 else self._count
        return self._like(lambda: islice(self._elements(), first, None, number), count)

    def apply(self, transformation_func: Callable[[Self], Any], name: str | None = None) -> Any:
        """Return what a function of the dataset returns: another dataset."""
        return transformation_func(self)

    def take_while(self, predicate: Callable[..., Any], name: str | None = None) -> Self:
        """Keep the elements before the first for which a function returns False."""
        return self._like(
            lambda: takewhile(lambda e: bool(called(predicate, e)), self._elements()), UNKNOWN
        )

    def unique(self, name: str | None = None) -> Self:
        """Keep the first of equal elements."""

        def elements() -> Iterator[Any]:
            seen: set[Any] = set()
            for element in self._elements():
                key = tuple((np.shape(one), to_array(one).tobytes()) if not isinstance(one, bytes)
                            else one for one in leaves(element))  # fmt: skip
                if key not in seen:
                    seen.add(key)
                    yield element

        return self._uncounted(elements)

    def reduce(
        self, initial_state: Any, reduce_func: Callable[[Any, Any], Any], name: str | None = None
    ) -> Any:
        """Return the last state: `reduce_func(state, element)` returns the next one."""
        state = mapped(to_eager, mapped(to_array, initial_state))
        for element in self:
            state = mapped(to_eager, mapped(to_array, reduce_func(state, element)))
        return state

    def scan(
        self,
        initial_state: Any,
        scan_func: Callable[[Any, Any], tuple[Any, Any]],
        name: str | None = None,
    ) -> Self:
        """Apply a function that also carries a state: (state, element) -> (state, output)."""

        def elements() -> Iterator[Any]:
            state = mapped(to_array, initial_state)
            for element in self._elements():
                state, output = scan_func(mapped(to_eager, state), mapped(to_eager, element))
                yield _returned(output)

        def example(row: int) -> Any:
            state = mapped(to_eager, mapped(to_array, initial_state))
            return _returned(scan_func(state, mapped(to_eager, self._example(row)))[1])

        return self._like(elements, self._count, example)

    def get_single_element(self, name: str | None = None) -> Any:
        """Return the only element. Raises DataError where there is another number of elements."""
        found = list(islice(self, 2))
        if len(found) != 1:
            number = "no element" if not found else "more than one element"
            raise DataError(
                f"the dataset has {number}", hint="dataset.batch(len(dataset)) makes one of all"
            )
        return found[0]

    def options(self) -> Options:
        """Return the options, which have no effect."""
        return Options()

    def with_options(self, options: Any, name: str | None = None) -> Self:
        """Return the same dataset: options have no effect."""
        return self


def _returned(value: Any) -> Any:
    """Return what a function of the user's returned, as arrays; a dataset stays one.

    A list is a tuple of several arrays, as in TensorFlow.
    """
    if isinstance(value, list):
        return _returned(tuple(value))
    return mapped(lambda one: one if isinstance(one, Dataset) else to_array(one), value)
