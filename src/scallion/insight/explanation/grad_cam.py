"""Grad-CAM (Selvaraju et al. 2017): which regions of an image raise the score of a class."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class ClassActivationMap(NamedTuple):
    """The map of a class from 0 to 1, (height, width) of the image, and the layer it is from."""

    label: int
    map: NDArray[np.float64]
    layer: str


def class_activation_map(
    activations: NDArray[Any], gradients: NDArray[Any], size: tuple[int, int]
) -> NDArray[np.float64]:
    """Return the Grad-CAM of one image: float64 `size`, scaled to a maximum of 1.

    `activations` (h, w, channels) are a layer's outputs, `gradients`, of the same shape, those of
    the class score with respect to them. Each channel is weighted by its mean gradient; negative
    values are clipped to 0.
    """
    weights = gradients.mean(axis=(0, 1), dtype=np.float64)
    values = np.maximum(activations.astype(np.float64) @ weights, 0.0)
    top = float(values.max())
    return resize_bilinear(values / top if top > 0 else values, size)


def resize_bilinear(values: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """Resize an array (h, w) to `size` by bilinear interpolation, pixel centres aligned."""
    for axis, length in enumerate(size):
        places = (np.arange(length) + 0.5) * values.shape[axis] / length - 0.5
        places = np.clip(places, 0, values.shape[axis] - 1)
        low = places.astype(np.int64)
        high = np.minimum(low + 1, values.shape[axis] - 1)
        fraction = (places - low).reshape(-1, *[1] * (1 - axis))
        lower, upper = np.take(values, low, axis), np.take(values, high, axis)
        values = lower * (1 - fraction) + upper * fraction
    return values
