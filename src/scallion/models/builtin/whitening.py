"""Whitening filters for a fixed first convolution.

Neighbouring pixels are strongly correlated, so that random filters respond mostly to brightness.
The filters here are the principal components of small patches, divided by their standard deviations
(Coates, Ng, Lee 2011; as a fixed first convolution: Page 2019, Jordan 2024). They need no labels,
and a few hundred images are enough.
"""

from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from scallion.layers import Conv2D
from scallion.mapped_memory import chunk_slices
from scallion.models.model import Model

# Added to the variances of pixels from 0 to 1, so that noise is not amplified.
NOISE = 5e-4
MAX_IMAGES = 2000
MAX_PIXELS = 2_000_000  # of all images used


def whiten(model: Model, images: NDArray[Any], scale: float) -> None:
    """Set the weights of the first convolution, if it is not trainable.

    `images` (n, height, width, channels) are the training images, `scale` is the factor of the
    model's Rescaling. Each principal component gives two filters, itself and its negative, because
    the activation that follows passes only one sign. Components with the largest variance come
    first; filters beyond the last component keep their weights.
    """
    layer = next((layer for layer in model.layers if isinstance(layer, Conv2D)), None)
    if layer is None or layer.trainable:
        return
    kernel, *bias = layer.get_weights()
    window, (height, width, channels) = kernel.shape[:2], images.shape[1:]
    if window[0] > height or window[1] > width or kernel.shape[2] != channels:
        return
    mean, covariance = _moments(images, window, scale)
    variances, directions = np.linalg.eigh(covariance)
    strongest = np.argsort(-variances)[: kernel.shape[-1] // 2]
    directions = directions[:, strongest]
    directions *= np.sign(directions[np.abs(directions).argmax(axis=0), range(len(strongest))])
    # Rounded, because the last bits of `eigh` differ between machines.
    filters = np.round(directions / np.sqrt(variances[strongest] + NOISE), 5)
    both = np.concatenate([filters, -filters], axis=1)
    count = both.shape[1]
    kernel[..., :count] = both.reshape(*kernel.shape[:3], count)
    for offset in bias:
        offset[:count] = np.round(-(mean @ both), 5)
    layer.set_weights([kernel, *bias])


def _moments(
    images: NDArray[Any], window: tuple[int, ...], scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean (d,) and covariance (d, d) of patches, d = height * width * channels."""
    size = prod(window) * images.shape[3]
    count, total, products = 0, np.zeros(size), np.zeros((size, size))
    limit = min(MAX_IMAGES, max(1, MAX_PIXELS // prod(images.shape[1:3])))
    chosen = np.linspace(0, len(images) - 1, min(limit, len(images))).astype(np.intp)
    for part in chunk_slices(images, len(chosen)):
        windows = sliding_window_view(images[chosen[part]], window, axis=(1, 2))
        apart = windows[:, :: window[0], :: window[1]]  # (n, rows, columns, channels, *window)
        # Integers in float64: their sums are exact, in any order.
        patches = apart.transpose(0, 1, 2, 4, 5, 3).reshape(-1, size).astype(np.float64)
        count += len(patches)
        total += patches.sum(axis=0)
        products += patches.T @ patches
    mean = total / count
    return scale * mean, scale**2 * (products / count - np.outer(mean, mean))
