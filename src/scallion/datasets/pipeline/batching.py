"""Steps that put several elements into one, or make several of one."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Self

import numpy as np

from scallion import session
from scallion.datasets.pipeline.element_source import ElementSource
from scallion.datasets.pipeline.structures import (
    called,
    combined,
    leaves,
    mapped,
    positive,
    stacked,
    to_array,
)
from scallion.errors import ArgumentTypeError, DataError


class DatasetBatching(ElementSource):
    """`batch` and its opposite, windows, and datasets of datasets."""

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
        return self._batched(batch_size, drop_remainder, stacked)

    def padded_batch(
        self,
        batch_size: int,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Self:
        """Stack elements of different shapes, padded to the largest or to `padded_shapes`."""

        def stack(rows: list[Any]) -> Any:
            whole = combined(lambda arrays: arrays, rows)
            shapes = _spread(padded_shapes, rows[0], is_leaf=_is_shape)
            values = _spread(padding_values, rows[0], is_leaf=np.isscalar)
            return _padded(whole, shapes, values)

        return self._batched(batch_size, drop_remainder, stack)

    def _batched(
        self, batch_size: int, drop_remainder: bool, stack: Callable[[list[Any]], Any]
    ) -> Self:
        size = positive("batch_size", batch_size)

        def elements() -> Iterator[Any]:
            source = self._elements()
            while rows := list(islice(source, size)):
                if len(rows) == size or not drop_remainder:
                    yield stack(rows)

        def example(row: int) -> Any:
            return stack([self._example(row)] * (size if drop_remainder else row + 1))

        whole, rest = divmod(self._count, size)
        count = whole + (rest > 0 and not drop_remainder) if self._count >= 0 else self._count
        batched = self._like(elements, count, example)
        batched.batch_size = size
        return batched

    def unbatch(self, name: str | None = None) -> Self:
        """Split each element into its rows."""

        def elements() -> Iterator[Any]:
            for element in self._elements():
                for row in range(len(next(leaves(element)))):
                    yield mapped(lambda array: array[row], element)  # noqa: B023 (used at once)

        def example(row: int) -> Any:
            return mapped(lambda array: array[0], self._example(row))

        return self._uncounted(elements, example)

    def rebatch(self, batch_size: int, drop_remainder: bool = False) -> Self:
        """Return batches of another size."""
        rows = self.unbatch()
        return rows.batch(batch_size, drop_remainder)

    def window(
        self,
        size: int,
        shift: int | None = None,
        stride: int = 1,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Self:
        """Return a dataset of datasets of `size` elements each; a new one after `shift` elements.

        `stride` is the distance of the elements in a window.
        """
        length, step = positive("size", size), positive("stride", stride)
        moved = positive("shift", length if shift is None else shift)
        span = (length - 1) * step + 1

        def elements() -> Iterator[Any]:
            source, held = self._elements(), deque[Any]()
            while True:
                held.extend(islice(source, span - len(held)))
                if not held or (drop_remainder and len(held) < span):
                    return
                yield self._window(list(held)[::step])
                missing = moved - len(held)
                for _ in range(min(moved, len(held))):
                    held.popleft()
                deque(islice(source, max(0, missing)), maxlen=0)

        count = self._count
        if count >= 0:
            count = max(0, (count - span) // moved + 1) if drop_remainder else -(-count // moved)
        return self._like(elements, count, lambda row: self._window([self._example(row)]))

    def _window(self, rows: list[Any]) -> Any:
        """Return a dataset of the rows per array of an element."""
        return combined(
            lambda parts: type(self)(lambda: iter(parts), len(parts), lambda _: parts[0]), rows
        )

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Self:
        """Append the elements of the datasets that a function returns."""
        return self.interleave(map_func, cycle_length=1)

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: int | None = None,
        block_length: int | None = None,
        num_parallel_calls: int | None = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Self:
        """Take elements in turn from the datasets that a function returns.

        `cycle_length` datasets are open at once, by default as many as the session has threads;
        each gives `block_length` elements, then the next one.
        """
        is_automatic = cycle_length is None or cycle_length == -1
        slots = session.get_threads() if is_automatic else positive("cycle_length", cycle_length)
        block = 1 if block_length is None else positive("block_length", block_length)

        def elements() -> Iterator[Any]:
            sources = self._elements()
            opened: list[Iterator[Any] | None] = [None] * slots
            place, is_finished = 0, False
            while not is_finished or any(one is not None for one in opened):
                current = opened[place]
                if current is None and not is_finished:
                    for source in sources:
                        opened[place] = current = _dataset(called(map_func, source))._elements()
                        break
                    else:
                        is_finished = True
                if current is not None:
                    given = list(islice(current, block))
                    yield from given
                    if len(given) < block:
                        opened[place] = None
                place = (place + 1) % slots

        def example(row: int) -> Any:
            return _dataset(called(map_func, self._example(row)))._example(row)

        return self._uncounted(elements, example)


def _dataset(value: Any) -> ElementSource:
    if not isinstance(value, ElementSource):
        raise ArgumentTypeError(
            f"the function returns a dataset. Received: {type(value).__name__}",
            hint="dataset.map(function) for a function that returns arrays",
        )
    return value


def _is_shape(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(
        side is None or isinstance(side, int) for side in value
    )


def _spread(given: Any, structure: Any, is_leaf: Callable[[Any], bool]) -> Any:
    """Return a structure of the same nesting: one given value counts for all arrays."""
    if given is None or (is_leaf(given) and not (given == () and isinstance(structure, tuple))):
        return mapped(lambda _: given, structure)
    return given


def _padded(arrays: Any, shapes: Any, values: Any) -> Any:
    """Pad and stack the lists of arrays of a structure."""
    if isinstance(arrays, tuple):
        return tuple([_padded(*parts) for parts in zip(arrays, shapes, values, strict=True)])
    if isinstance(arrays, dict):
        return {name: _padded(arrays[name], shapes[name], values[name]) for name in arrays}
    rows = [to_array(array) for array in arrays]
    largest = np.max([row.shape for row in rows], axis=0).astype(int).tolist() if rows else []
    wanted = [None] * len(largest) if shapes is None else [None if s == -1 else s for s in shapes]
    sides = [own if side is None else side for own, side in zip(largest, wanted, strict=True)]
    if any(side < own for own, side in zip(largest, sides, strict=True)):
        raise DataError(
            f"an element is larger than `padded_shapes`. Received: {largest}, padded to {sides}",
            hint="padded_shapes=None pads to the largest element of each batch",
        )
    empty: Any = (b"" if rows[0].dtype == object else 0) if values is None else values
    out = np.full((len(rows), *sides), empty, rows[0].dtype)
    for place, row in enumerate(rows):
        out[(place, *map(slice, row.shape))] = row
    return out
