"""Resizing as weighted sums: the input pixels of each output pixel, and their weights."""

from dataclasses import dataclass

import numpy as np

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ResamplingWeights:
    """The first input pixel of each output pixel along one axis, and the weights from there on.

    `starts` is int64 (out,), `weights` float32 (out, neighbours). Weights sum to less than 1 where
    part of the sum lies outside the image.
    """

    starts: np.ndarray
    weights: np.ndarray

    def transposed(self, size: int) -> "ResamplingWeights":
        """Return the weights of the backward pass, from output pixels to the `size` input pixels.

        >>> resampling_weights(2, 0, 2, 4, "bilinear").transposed(2).weights
        array([[1.  , 0.75, 0.25],
               [0.25, 0.75, 1.  ]], dtype=float32)
        """
        return _without_zeros(self.matrix(size).T.astype(np.float64))

    def matrix(self, size: int) -> np.ndarray:
        """Return the weights of all `size` input pixels for each output pixel, float32 (out, size).

        >>> resampling_weights(4, 0, 4, 2, "bilinear").matrix(4)
        array([[0.5, 0.5, 0. , 0. ],
               [0. , 0. , 0.5, 0.5]], dtype=float32)
        """
        dense = np.zeros((len(self.starts), size), np.float32)
        for row, (start, weights) in enumerate(zip(self.starts, self.weights, strict=True)):
            dense[row, start : start + len(weights)] = weights
        return dense


def resampling_weights(
    size: int, start: int, length: int, out: int, interpolation: str, *, antialias: bool = False
) -> ResamplingWeights:
    """Return the weights that resize a part of an axis, `length` pixels of `size`, to `out` pixels.

    The part begins at `start`, which is negative for a part larger than the image; pixels outside
    the image have the weight 0. Beyond the part's edge its edge pixel is repeated.

    >>> resampling_weights(4, 0, 4, 2, "bilinear").weights
    array([[0.5, 0.5],
           [0.5, 0.5]], dtype=float32)
    """
    scale = length / out
    if interpolation == "nearest":
        nearest = ((np.arange(out) + 0.5) * scale).astype(np.int64)
        part = np.zeros((out, length))
        part[np.arange(out), nearest] = 1.0
    else:
        weigh = _bicubic if interpolation == "bicubic" else _bilinear
        part = weigh(length, out, scale, antialias)
    dense = np.zeros((out, size))
    first, last = max(start, 0), min(start + length, size)
    dense[:, first:last] = part[:, first - start : last - start]
    return _without_zeros(dense)


def _bilinear(length: int, out: int, scale: float, antialias: bool) -> np.ndarray:
    """Return bilinear weights of all input pixels (columns) for each output pixel (rows)."""
    centers = (np.arange(out) + 0.5) * scale
    if antialias and scale > 1:
        distances = np.abs(np.arange(length) + 0.5 - centers[:, None]) / scale
        weights = np.maximum(1.0 - distances, 0.0)
        return weights / weights.sum(axis=1, keepdims=True)
    positions = np.clip(centers - 0.5, 0, length - 1)
    return np.maximum(1.0 - np.abs(np.arange(length) - positions[:, None]), 0.0)


def _bicubic(length: int, out: int, scale: float, antialias: bool) -> np.ndarray:
    """Return bicubic weights by Keys' kernel with a = -0.5, as TensorFlow and Pillow use it.

    Weights of pixels outside the image are left out, and the others add up to 1 (Keys 1981).
    """
    widened = max(scale, 1.0) if antialias else 1.0
    centers = (np.arange(out) + 0.5) * scale
    x = np.abs(np.arange(length) + 0.5 - centers[:, None]) / widened
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    weights = np.where(x <= 1, near, np.where(x < 2, far, 0.0))
    return weights / weights.sum(axis=1, keepdims=True)


def _without_zeros(dense: np.ndarray) -> ResamplingWeights:
    """Return the same weights without leading and trailing zeros."""
    out, size = dense.shape
    nonzero = dense != 0
    starts = np.where(nonzero.any(axis=1), nonzero.argmax(axis=1), 0)
    ends = np.where(nonzero.any(axis=1), size - nonzero[:, ::-1].argmax(axis=1), 1)
    width = max(int((ends - starts).max(initial=1)), 1)
    starts = np.minimum(starts, size - width)
    columns = starts[:, None] + np.arange(width)
    return ResamplingWeights(starts, dense[np.arange(out)[:, None], columns].astype(np.float32))


def crop_to_aspect_ratio(shape: tuple[int, ...], target: Pair) -> tuple[Pair, Pair]:
    """Return the largest centered part with the target's aspect ratio.

    It is (top, height), (left, width).

    >>> crop_to_aspect_ratio((10, 20, 3), (5, 5))
    ((0, 10), (5, 10))
    """
    height, width = shape[:2]
    part = (
        max(min(height, int(width * target[0] / target[1])), 1),
        max(min(width, int(height * target[1] / target[0])), 1),
    )
    return (int((height - part[0]) / 2), part[0]), (int((width - part[1]) / 2), part[1])


def pad_to_aspect_ratio(shape: tuple[int, ...], target: Pair) -> tuple[Pair, Pair]:
    """Return the smallest frame around the image with the target's aspect ratio.

    It is (top, height), (left, width); top and left are negative.

    >>> pad_to_aspect_ratio((10, 20, 3), (5, 5))
    ((-5, 20), (0, 20))
    """
    height, width = shape[:2]
    frame = (
        max(height, int(width * target[0] / target[1])),
        max(width, int(height * target[1] / target[0])),
    )
    # The same padding on both sides, so an odd pixel is dropped.
    top, left = int((frame[0] - height) / 2), int((frame[1] - width) / 2)
    return (-top, height + 2 * top), (-left, width + 2 * left)
