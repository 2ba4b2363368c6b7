"""Datasets from arrays, generators, files and other datasets."""

import glob
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np

from scallion import session
from scallion.datasets.pipeline.element_source import INFINITE, UNKNOWN, ElementSource
from scallion.datasets.pipeline.element_spec import TensorSpec
from scallion.datasets.pipeline.structures import combined, leaves, mapped, to_array, to_plain
from scallion.errors import DataError, MissingFileError


class DatasetSources(ElementSource):
    """The constructors of `tf.data.Dataset`."""

    @classmethod
    def from_tensor_slices(cls, tensors: Any, name: str | None = None) -> Self:  # noqa: ARG003 (TensorFlow has it)
        """Return a dataset of the rows of arrays. Raises DataError where their lengths differ."""
        arrays = mapped(to_array, tensors)
        lengths = {len(array) if array.ndim else -1 for array in leaves(arrays)}
        if len(lengths) != 1 or -1 in lengths:
            raise DataError(
                "slices need arrays of the same length. "
                f"Received: {[array.shape for array in leaves(arrays)]}",
                hint="from_tensor_slices((images, labels)), with len(images) == len(labels)",
            )
        (length,) = lengths

        def example(row: int) -> Any:
            if length:
                return mapped(lambda array: array[row % length], arrays)
            return mapped(lambda array: np.zeros(array.shape[1:], array.dtype), arrays)

        def elements() -> Iterator[Any]:
            for row in range(length):
                yield mapped(lambda array: array[row], arrays)  # noqa: B023 (used at once)

        return cls(elements, length, example)

    @classmethod
    def from_tensors(cls, tensors: Any, name: str | None = None) -> Self:  # noqa: ARG003 (TensorFlow has it)
        """Return a dataset of one element: the arrays."""
        arrays = mapped(to_array, tensors)
        return cls(lambda: iter([arrays]), 1)

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: tuple[Any, ...] | None = None,
        output_signature: Any = None,
        name: str | None = None,  # noqa: ARG003 (TensorFlow has it)
    ) -> Self:
        """Return a dataset of what a generator function yields.

        Types and shapes are not needed. Elements are converted to those that are given; one of
        another shape raises ArgumentError.
        """
        signature = output_signature
        if signature is None and output_types is not None:
            signature = _signature(output_types, output_shapes)
        passed = [to_plain(to_array(value)) for value in args or ()]

        def elements() -> Iterator[Any]:
            for element in generator(*passed):
                if signature is None:
                    yield mapped(to_array, element)
                else:
                    part = tuple(element) if isinstance(element, list) else element
                    yield combined(lambda pair: pair[0].convert(pair[1]), [signature, part])

        if signature is None:
            return cls(elements)
        return cls(elements, UNKNOWN, lambda row: mapped(lambda one: _example(one, row), signature))

    @classmethod
    def range(cls, *bounds: int, output_type: Any = np.int64, name: str | None = None) -> Self:  # noqa: ARG003 (TensorFlow has it)
        """Return a dataset of the integers of Python's `range`."""
        numbers = range(*(int(bound) for bound in bounds))
        kind = np.dtype(output_type)
        return cls(
            lambda: (np.asarray(number, kind) for number in numbers),
            len(numbers),
            lambda _: np.asarray(0, kind),
        )

    @classmethod
    def counter(cls, start: int = 0, step: int = 1, dtype: Any = np.int64) -> Self:
        """Return a dataset of the integers from `start` on, without an end."""
        kind = np.dtype(dtype)
        return cls(
            lambda: (np.asarray(number, kind) for number in itertools.count(start, step)), INFINITE
        )

    @classmethod
    def list_files(
        cls,
        file_pattern: Any,
        shuffle: bool | None = None,
        seed: int | None = None,
        name: str | None = None,  # noqa: ARG003 (TensorFlow has it)
    ) -> Self:
        """Return a dataset of the paths that match one or several patterns, as bytes.

        They are in random order, or sorted for `shuffle=False`. Raises MissingFileError where
        nothing matches.
        """
        patterns = [os.fsdecode(one) for one in np.ravel(to_array(file_pattern)).tolist()]
        paths = sorted({path for pattern in patterns for path in glob.glob(pattern)})  # noqa: PTH207 (patterns with a folder)
        if not paths:
            raise MissingFileError(
                f"no file matches. Received: file_pattern={file_pattern!r}",
                hint="check the path; relative ones start at Path.cwd(), and * is one name",
            )
        listed = cls.from_tensor_slices(paths)
        return listed if shuffle is False else listed.shuffle(len(paths), seed=seed)

    @classmethod
    def zip(cls, *args: Any, datasets: Any = None, name: str | None = None) -> Self:  # noqa: ARG003 (TensorFlow has it)
        """Return a dataset of tuples with one element per dataset, as long as the shortest."""
        given = datasets if datasets is not None else args
        parts = given[0] if len(given) == 1 and not isinstance(given, dict) else given
        sources = list(leaves(tuple(parts) if isinstance(parts, list) else parts))
        counts = [source._count for source in sources]
        known = [count for count in counts if count >= 0]
        count = UNKNOWN if UNKNOWN in counts else min(known, default=INFINITE)
        structure = tuple(parts) if isinstance(parts, list) else parts

        def elements() -> Iterator[Any]:
            for rows in zip(*(source._elements() for source in sources), strict=False):
                row = iter(rows)
                yield mapped(lambda _: next(row), structure)  # noqa: B023 (used at once)

        zipped = cls(
            elements, count, lambda row: mapped(lambda source: source._example(row), structure)
        )
        zipped.reshuffles = any(source.reshuffles for source in sources)
        return zipped

    @classmethod
    def sample_from_datasets(
        cls,
        datasets: Sequence[Any],
        weights: Any = None,
        seed: int | None = None,
        stop_on_empty_dataset: bool = False,
        rerandomize_each_iteration: bool | None = None,  # noqa: ARG003 (TensorFlow has it)
    ) -> Self:
        """Return a dataset that draws each element from one of several, by their weights."""
        chances = np.ones(len(datasets)) if weights is None else np.asarray(weights, float)
        own = session.next_seed() if seed is None else int(seed)

        def elements() -> Iterator[Any]:
            random = np.random.default_rng(own)
            sources = [dataset._elements() for dataset in datasets]
            left = chances.copy()
            while left.sum() > 0:
                place = int(random.choice(len(sources), p=left / left.sum()))
                try:
                    yield next(sources[place])
                except StopIteration:
                    if stop_on_empty_dataset:
                        return
                    left[place] = 0

        return cls(elements, UNKNOWN, datasets[0]._example)

    @classmethod
    def choose_from_datasets(
        cls, datasets: Sequence[Any], choice_dataset: Any, stop_on_empty_dataset: bool = True
    ) -> Self:
        """Return a dataset that takes each element from the one whose index comes next."""

        def elements() -> Iterator[Any]:
            sources = [dataset._elements() for dataset in datasets]
            for choice in choice_dataset._elements():
                try:
                    yield next(sources[int(choice)])
                except StopIteration:
                    if stop_on_empty_dataset:
                        return

        return cls(elements, UNKNOWN, datasets[0]._example)


def _signature(types: Any, shapes: Any) -> Any:
    if isinstance(types, dict):
        return {name: _signature(one, shapes and shapes[name]) for name, one in types.items()}
    if isinstance(types, tuple | list):
        parts = shapes if shapes is not None else [None] * len(types)
        return tuple([_signature(*pair) for pair in zip(types, parts, strict=True)])
    return TensorSpec(shapes, types)


def _example(spec: TensorSpec, row: int) -> np.ndarray:
    if spec.shape is None:
        return np.zeros((1,) * (row + 1), spec.dtype)
    sides = [row + 1 if side is None else side for side in spec.shape]
    return np.full(sides, b"", object) if spec.dtype == object else np.zeros(sides, spec.dtype)
