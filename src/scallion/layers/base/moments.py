"""Mean and variance of images, from one array or from a source of batches."""

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any, cast

import numpy as np

from scallion.batch_streams import is_endless
from scallion.errors import ArgumentError
from scallion.layers.base.spec import Shape


def image_batches(data: Any) -> Iterator[np.ndarray]:
    """Yield the images of an array, a PyDataset, or any source of batches that ends.

    Of a batch (images, labels), the images. Raises ArgumentError for a source without images, or
    without an end.
    """
    if hasattr(data, "__array__") or _is_nested_list(data):
        array = np.asanyarray(data)
        yield array[:, None] if array.ndim == 1 else array
        return
    if is_endless(data):
        raise ArgumentError(
            f"the {type(data).__name__} never ends, so its images cannot be measured",
            hint="adapt(dataset.take(100)), or leave out repeat()",
            field="data",
            value=data,
        )
    batches: Iterable[Any] = data
    is_list = isinstance(cast("object", data), list | tuple)
    if hasattr(data, "__getitem__") and not is_list:
        # A PyDataset has no end of its own: it repeats, or fails, after its last batch.
        count = getattr(data, "num_batches", None)
        batches = (data[number] for number in range(len(data) if count is None else count))
    is_empty = True
    for batch in batches:
        images: Any = batch[0] if isinstance(cast("object", batch), tuple) else batch
        array = np.asanyarray(images)
        yield array[:, None] if array.ndim == 1 else array
        is_empty = False
    if is_empty:
        raise ArgumentError(
            f"there are no images to measure. Received: {type(data).__name__}",
            hint="adapt(images) with an array (n, height, width, channels)",
            field="data",
            value=data,
        )


def _is_nested_list(data: Any) -> bool:
    """Return whether the data are numbers in lists, and not arrays in a list."""
    first = data
    while isinstance(first, list | tuple) and first:
        first = cast("Any", first)[0]
    return isinstance(data, list | tuple) and isinstance(first, int | float | np.number)


class RunningMoments:
    """Mean and variance over the batch and all axes but the kept ones, in float64."""

    def __init__(self, shape: Shape, kept: tuple[int, ...]) -> None:
        self._over = (0, *(axis + 1 for axis in range(len(shape)) if axis not in kept))
        self._count = 0
        self._mean: Any = 0.0
        self._squares: Any = 0.0

    def add(self, images: np.ndarray) -> None:
        """Add images (n, ...), in chunks: a memory-mapped array need not fit in memory."""
        for chunk in _chunks(images):
            count = prod(chunk.shape[axis] for axis in self._over)
            mean = chunk.mean(axis=self._over)
            squares = np.square(chunk - np.expand_dims(mean, self._over)).sum(axis=self._over)
            # Merge the moments of two parts (Chan, Golub and LeVeque 1979).
            total, difference = self._count + count, mean - self._mean
            self._mean = self._mean + difference * (count / total)
            self._squares = (
                self._squares + squares + np.square(difference) * (self._count * count / total)
            )
            self._count = total

    @property
    def mean(self) -> np.ndarray:
        """The mean."""
        return np.asarray(self._mean)

    @property
    def variance(self) -> np.ndarray:
        """The variance, divided by the count."""
        return np.asarray(self._squares / self._count)


def _chunks(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the images as float64, a few megabytes at a time."""
    rows = max(1, 2**19 // max(1, prod(images.shape[1:])))
    for start in range(0, len(images), rows):
        yield images[start : start + rows].astype(np.float64)
