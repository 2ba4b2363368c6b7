"""Pooling. All windows are gathered side by side: (window positions, n, H', W', C)."""

import math

import numpy as np

from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall, precise_sum
from scallion.layers.base.sliding_window import pad_widths
from scallion.layers.base.spec import Pair


class _Windows:
    """The windows of a pooling on an image, by position within the window, in row order."""

    def __init__(self, call: LayerCall, shape: tuple[int, ...]) -> None:
        self.spec = call.spec
        self.shape = shape
        self.sides: Pair = call.spec.output_shape(shape[1:])[:2]
        self.padding = tuple(
            pad_widths(size, window, stride, self.spec.padding)
            for size, window, stride in zip(
                shape[1:3], self.spec.pool_size, self.spec.strides, strict=True
            )
        )
        self.positions = [
            self._pixels(row, column)
            for row in range(self.spec.pool_size[0])
            for column in range(self.spec.pool_size[1])
        ]

    def _pixels(self, row: int, column: int) -> tuple[slice, ...]:
        return (
            slice(None),
            *(
                slice(start, start + (side - 1) * stride + 1, stride)
                for start, side, stride in zip(
                    (row, column), self.sides, self.spec.strides, strict=True
                )
            ),
        )

    def gather(self, x: np.ndarray, outside: float) -> np.ndarray:
        """Return the values of each window, `outside` in the padding."""
        padded = np.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=outside)
        return np.stack([padded[pixels] for pixels in self.positions])

    def scatter(self, dwindows: np.ndarray) -> np.ndarray:
        """Return for each pixel the sum of its gradients in all windows."""
        (top, bottom), (left, right) = self.padding
        images, height, width, channels = self.shape
        padded = np.zeros(
            (images, top + height + bottom, left + width + right, channels), dwindows.dtype
        )
        for pixels, dwindow in zip(self.positions, dwindows, strict=True):
            padded[pixels] += dwindow
        return padded[:, top : top + height, left : left + width]


def max_pooling2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute the maximum of each window.

    Of equal values, the first in row order gets the gradient.
    """
    windows = _Windows(call, x.shape)
    gathered = windows.gather(x, -np.inf)
    chosen = gathered.argmax(axis=0)

    def backward(dy: np.ndarray) -> Gradients:
        positions = np.arange(len(gathered)).reshape(-1, 1, 1, 1, 1)
        return [windows.scatter(np.where(positions == chosen, dy, 0))], {}

    return ForwardResult(gathered.max(axis=0), backward)


def average_pooling2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute the mean of each window; padding is not counted."""
    windows = _Windows(call, x.shape)
    inside = windows.gather(np.ones((1, *x.shape[1:3], 1), x.dtype), 0)
    counts = inside.sum(axis=0)

    def backward(dy: np.ndarray) -> Gradients:
        return [windows.scatter(inside * (dy / counts))], {}

    return ForwardResult(windows.gather(x, 0).sum(axis=0) / counts, backward)


def global_average_pooling2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute the mean per channel: (n, H, W, C) -> (n, C), or (n, 1, 1, C) with `keepdims`."""
    pixels = x.dtype.type(x.shape[1] * x.shape[2])
    y = precise_sum(x, (1, 2)) / pixels
    if call.spec.keepdims:
        y = y[:, None, None, :]

    def backward(dy: np.ndarray) -> Gradients:
        dpixel = dy.reshape(len(x), 1, 1, x.shape[-1]) / pixels
        return [np.broadcast_to(dpixel, x.shape).copy()], {}

    return ForwardResult(y, backward)


def global_max_pooling2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute the maximum per channel; equal values share its gradient."""
    y = x.max(axis=(1, 2), keepdims=True)
    chosen = (x == y).astype(x.dtype)
    fractions = chosen / chosen.sum(axis=(1, 2), keepdims=True)

    def backward(dy: np.ndarray) -> Gradients:
        return [fractions * dy.reshape(y.shape)], {}

    return ForwardResult(y if call.spec.keepdims else y[:, 0, 0], backward)


def reduce_sum(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Add the elements along axes of each image."""
    return _reduced(call, x, 1)


def reduce_mean(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Average the elements along axes of each image."""
    axes = call.spec.image_axes(x.shape[1:])
    return _reduced(call, x, math.prod(x.shape[axis + 1] for axis in axes))


def _reduced(call: LayerCall, x: np.ndarray, count: int) -> ForwardResult:
    shape = x.shape[1:]
    axes, kept = call.spec.image_axes(shape), call.spec.kept_shape(shape)
    y = precise_sum(x, tuple(axis + 1 for axis in axes)) / x.dtype.type(count)

    def backward(dy: np.ndarray) -> Gradients:
        parts = dy.reshape(len(x), *kept) / x.dtype.type(count)
        return [np.broadcast_to(parts, x.shape)], {}

    return ForwardResult(y.reshape(len(x), *call.spec.output_shape(shape)), backward)
