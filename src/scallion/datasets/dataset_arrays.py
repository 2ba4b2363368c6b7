"""The arrays of a loaded data set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Split = tuple[NDArray[Any], NDArray[Any]]
Splits = tuple[Split, Split]


@dataclass(frozen=True, slots=True, eq=False)
class DatasetArrays:
    """Images with integer labels, in the original training, validation and test split.

    `x_train`, `x_val` and `x_test` are (n, height, width, channels), `y_train`, `y_val` and
    `y_test` are (n,). Validation and test arrays are None where that split does not exist.
    `class_names[label]` is the name of a class. `unused` names arrays of the file that are not
    among these.
    """

    x_train: NDArray[Any]
    y_train: NDArray[np.integer]
    x_test: NDArray[Any] | None
    y_test: NDArray[np.integer] | None
    class_names: tuple[str, ...]
    name: str
    x_val: NDArray[Any] | None = None
    y_val: NDArray[np.integer] | None = None
    unused: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of every image."""
        _, height, width, channels = self.x_train.shape
        return height, width, channels

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Iterate over the pairs of Keras' `load_data`: `(x_train, y_train), (x_test, y_test)`."""
        yield self.x_train, self.y_train
        yield self.x_test, self.y_test


def with_channels(images: NDArray[Any]) -> NDArray[Any]:
    """Return images with a channel axis: (n, h, w) becomes (n, h, w, 1), without a copy."""
    return images[..., np.newaxis] if images.ndim == 3 else images
