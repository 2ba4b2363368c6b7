"""Arrays of images, targets and weights, from which batches are selected by index."""

from dataclasses import dataclass, replace
from math import floor
from typing import Any

import numpy as np

from scallion.engine import IndexedBatch
from scallion.errors import ArgumentError, DataError


@dataclass(frozen=True, slots=True)
class ArrayData:
    """One array of images (n, ...) per input, one of targets per output, and sample weights.

    Raises DataError where the numbers of images and labels differ.
    """

    inputs: tuple[np.ndarray, ...]
    targets: tuple[np.ndarray, ...] = ()
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        for target in self.targets:
            if len(target) != len(self):
                raise DataError(
                    "the numbers of images and labels differ. "
                    f"Received: {len(self)} images and {len(target)} labels",
                    hint="x and y must come from the same selection: len(x) == len(y)",
                )

    def __len__(self) -> int:
        return len(self.inputs[0])

    def batch(self, indices: np.ndarray) -> IndexedBatch:
        """Return the batch of these images. Targets and weights are copied, images are not."""
        weights = None if self.weights is None else self.weights[indices]
        return IndexedBatch(
            self.inputs, indices, tuple([target[indices] for target in self.targets]), weights
        )

    def as_batch(self) -> IndexedBatch:
        """Return all images as one batch."""
        return self.batch(np.arange(len(self)))

    def slice(self, start: int, stop: int) -> "ArrayData":
        """Return the images from `start` up to, not including, `stop`, as views."""
        rows = slice(start, stop)
        return ArrayData(
            tuple(array[rows] for array in self.inputs),
            tuple(array[rows] for array in self.targets),
            None if self.weights is None else self.weights[rows],
        )

    def with_weights(self, weights: np.ndarray) -> "ArrayData":
        """Return the same images with these sample weights (n,)."""
        return replace(self, weights=weights)

    def split(self, fraction: float) -> tuple["ArrayData", "ArrayData"]:
        """Split off the last `fraction` of the images for validation, as Keras does.

        Returns training and validation data. Raises ArgumentError for a fraction outside 0 to 1,
        DataError where one part would be empty.
        """
        valid = isinstance(fraction, int | float | np.number) and not isinstance(fraction, bool)
        if not valid or not 0 < fraction < 1:
            raise ArgumentError(
                "`validation_split` is a fraction between 0 and 1. "
                f"Received: validation_split={fraction!r}",
                hint="validation_split=0.2",
            )
        at = floor(len(self) * (1.0 - fraction))
        if at == 0 and len(self) > 1:  # where Keras refuses 10 images and 0.9: rounding of 0.1 * 10
            at = floor(len(self) * (1.0 - fraction) + 1e-9)
        if at in (0, len(self)):
            raise DataError(
                f"{len(self)} images cannot be split. Received: validation_split={fraction}",
                hint="give more images, or another validation_split",
            )
        return self.slice(0, at), self.slice(at, len(self))


def unpack_validation_data(validation_data: Any) -> tuple[Any, Any, Any]:
    """Return images, labels and sample weights (or None). Raises ArgumentError for neither."""
    if isinstance(validation_data, list | tuple) and len(validation_data) in (2, 3):
        return (*validation_data, None)[:3]  # type: ignore[return-value]
    received = type(validation_data).__name__
    if isinstance(validation_data, list | tuple):
        received = f"a {received} of {len(validation_data)}"
    raise ArgumentError(
        f"`validation_data` is a pair of images and labels. Received: {received}",
        hint="validation_data=(x_val, y_val)",
    )
