"""Resizing as sums: which neighbours make a new pixel, and how much each counts."""

from dataclasses import dataclass

import numpy as np

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ResamplingWeights:
    """For each new pixel of one side the first neighbour and the weights from there on.

    `starts` is int64 (new,), `weights` float32 (new, neighbours). Weights add up to less than 1
    where a part of the sum lies outside of the image.
    """

    starts: np.ndarray
    weights: np.ndarray

    def back(self, size: int) -> "ResamplingWeights":
        """The way back: how much of each new pixel's gradient goes to each of the `size` old ones.

        >>> taps(2, 0, 2, 4, "bilinear").back(2).weights
        array([[1.  , 0.75, 0.25],
               [0.25, 0.75, 1.  ]], dtype=float32)
        """
        whole = np.zeros((len(self.starts), size))
        for row, (start, weights) in enumerate(zip(self.starts, self.weights, strict=True)):
            whole[row, start : start + len(weights)] = weights
        return _narrowed(whole.T)


def taps(
    size: int, start: int, length: int, out: int, interpolation: str, *, antialias: bool = False
) -> ResamplingWeights:
    """How `out` pixels are made of the `length` old ones from `start` on, of `size` in all.

    Where the part is larger than the image, `start` is negative. Within the part, what lies over
    its edge is the edge; what the part has outside of the image counts nothing here.

    >>> taps(4, 0, 4, 2, "bilinear").weights
    array([[0.5, 0.5],
           [0.5, 0.5]], dtype=float32)
    """
    scale = length / out
    if interpolation == "nearest":
        places = ((np.arange(out) + 0.5) * scale).astype(np.int64)
        dense = np.zeros((out, length))
        dense[np.arange(out), places] = 1.0
    else:
        dense = _dense(length, out, scale, antialias)
    whole = np.zeros((out, size))
    first, last = max(start, 0), min(start + length, size)
    whole[:, first:last] = dense[:, first - start : last - start]
    return _narrowed(whole)


def _dense(length: int, out: int, scale: float, antialias: bool) -> np.ndarray:
    """Bilinear weights of all old pixels (columns) for each new one (rows)."""
    centres = (np.arange(out) + 0.5) * scale
    if antialias and scale > 1:
        distances = np.abs(np.arange(length) + 0.5 - centres[:, None]) / scale
        weights = np.maximum(1.0 - distances, 0.0)
        return weights / weights.sum(axis=1, keepdims=True)
    places = np.clip(centres - 0.5, 0, length - 1)
    return np.maximum(1.0 - np.abs(np.arange(length) - places[:, None]), 0.0)


def _narrowed(whole: np.ndarray) -> ResamplingWeights:
    """The same weights without the zeros around them."""
    out, size = whole.shape
    some = whole != 0
    starts = np.where(some.any(axis=1), some.argmax(axis=1), 0)
    ends = np.where(some.any(axis=1), size - some[:, ::-1].argmax(axis=1), 1)
    width = max(int((ends - starts).max(initial=1)), 1)
    starts = np.minimum(starts, size - width)
    columns = starts[:, None] + np.arange(width)
    return ResamplingWeights(starts, whole[np.arange(out)[:, None], columns].astype(np.float32))


def cropped_to_fit(shape: tuple[int, ...], target: Pair) -> tuple[Pair, Pair]:
    """The largest middle part with the target's proportions: (top, height), (left, width).

    >>> cropped_to_fit((10, 20, 3), (5, 5))
    ((0, 10), (5, 10))
    """
    height, width = shape[:2]
    cut = (
        max(min(height, int(width * target[0] / target[1])), 1),
        max(min(width, int(height * target[1] / target[0])), 1),
    )
    return (int((height - cut[0]) / 2), cut[0]), (int((width - cut[1]) / 2), cut[1])


def padded_to_fit(shape: tuple[int, ...], target: Pair) -> tuple[Pair, Pair]:
    """The smallest frame around the image with the target's proportions; starts are negative.

    >>> padded_to_fit((10, 20, 3), (5, 5))
    ((-5, 20), (0, 20))
    """
    height, width = shape[:2]
    frame = (
        max(height, int(width * target[0] / target[1])),
        max(width, int(height * target[1] / target[0])),
    )
    # As many rows above as below, so an odd one is left out.
    above, before = int((frame[0] - height) / 2), int((frame[1] - width) / 2)
    return (-above, height + 2 * above), (-before, width + 2 * before)
