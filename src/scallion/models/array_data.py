"""What a run trains, tests or predicts on: whole arrays, of which batches are only places."""

from dataclasses import dataclass, replace
from math import floor
from typing import Any

import numpy as np

from scallion.engine import IndexedBatch
from scallion.errors import ArgumentError, DataError


@dataclass(frozen=True, slots=True)
class ArrayData:
    """Images (n, ...) for each input, targets for each output, and one weight an image or None."""

    inputs: tuple[np.ndarray, ...]
    targets: tuple[np.ndarray, ...] = ()
    weights: np.ndarray | None = None

    def __post_init__(self) -> None:
        for target in self.targets:
            if len(target) != len(self):
                raise DataError(
                    "there is not one label for every image. "
                    f"Received: {len(self)} images and {len(target)} labels",
                    hint="x and y must come from the same selection: len(x) == len(y)",
                )

    def __len__(self) -> int:
        return len(self.inputs[0])

    def batch(self, indices: np.ndarray) -> IndexedBatch:
        """The images at these places, with their targets and weights."""
        weights = None if self.weights is None else self.weights[indices]
        return IndexedBatch(
            self.inputs, indices, tuple([target[indices] for target in self.targets]), weights
        )

    def all(self) -> IndexedBatch:
        """All of it as one batch."""
        return self.batch(np.arange(len(self)))

    def part(self, first: int, end: int) -> "ArrayData":
        """The images from `first` up to `end`, as views."""
        cut = slice(first, end)
        return ArrayData(
            tuple(array[cut] for array in self.inputs),
            tuple(array[cut] for array in self.targets),
            None if self.weights is None else self.weights[cut],
        )

    def weighted(self, weights: np.ndarray) -> "ArrayData":
        """The same images with these weights."""
        return replace(self, weights=weights)

    def split(self, share: float) -> tuple["ArrayData", "ArrayData"]:
        """The first part for training and the last `share` for validation, as Keras cuts."""
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
            raise ArgumentError(
                "`validation_split` is a share between 0 and 1. "
                f"Received: validation_split={share!r}",
                hint="validation_split=0.2",
            )
        at = floor(len(self) * (1.0 - share))
        if at in (0, len(self)):
            raise DataError(
                f"{len(self)} images cannot be split. Received: validation_split={share}",
                hint="give more images, or another validation_split",
            )
        return self.part(0, at), self.part(at, len(self))


def unpack_validation_data(validation_data: Any) -> tuple[Any, Any, Any]:
    """Images, labels and weights (or None) from what `validation_data` may be."""
    if isinstance(validation_data, list | tuple) and len(validation_data) in (2, 3):
        return (*validation_data, None)[:3]  # type: ignore[return-value]
    received = type(validation_data).__name__
    if isinstance(validation_data, list | tuple):
        received = f"a {received} of {len(validation_data)}"
    raise ArgumentError(
        f"`validation_data` is a pair of images and labels. Received: {received}",
        hint="validation_data=(x_val, y_val)",
    )
