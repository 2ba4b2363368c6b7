"""What every set of images is once it is loaded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Split = tuple[NDArray[Any], NDArray[Any]]
Splits = tuple[Split, Split]


@dataclass(frozen=True, slots=True, eq=False)
class DatasetArrays:
    """A named set of images with whole-number labels, split as its makers split it.

    `x_train` and `x_test` are (n, height, width, channels), `y_train` and `y_test` (n,). A set
    without a test split has None there. `class_names[label]` is the name of a class.
    """

    x_train: NDArray[Any]
    y_train: NDArray[np.integer]
    x_test: NDArray[Any] | None
    y_test: NDArray[np.integer] | None
    class_names: tuple[str, ...]
    name: str

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of every image."""
        _, height, width, channels = self.x_train.shape
        return height, width, channels

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        """Unpacks as Keras' `load_data()` does: `(x_train, y_train), (x_test, y_test)`."""
        yield self.x_train, self.y_train
        yield self.x_test, self.y_test


def with_channels(images: NDArray[Any]) -> NDArray[Any]:
    """The images with a channel axis: (n, h, w) becomes (n, h, w, 1), without a copy."""
    return images[..., np.newaxis] if images.ndim == 3 else images
