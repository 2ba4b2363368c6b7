"""Poolings. All windows are laid beside each other: (window places, n, H', W', C)."""

import numpy as np

from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall, total
from scallion.layers.spec import Pair, pad_widths


class _Windows:
    """Where the windows of a pooling lie on an image, place by place in row order."""

    def __init__(self, call: LayerCall, shape: tuple[int, ...]) -> None:
        self.spec = call.spec
        self.shape = shape
        self.sides: Pair = call.spec.output_shape(shape[1:])[:2]
        self.margins = tuple(
            pad_widths(size, window, stride, self.spec.padding)
            for size, window, stride in zip(
                shape[1:3], self.spec.pool_size, self.spec.strides, strict=True
            )
        )
        self.places = [
            self._pixels(row, column)
            for row in range(self.spec.pool_size[0])
            for column in range(self.spec.pool_size[1])
        ]

    def _pixels(self, row: int, column: int) -> tuple[slice, ...]:
        return (
            slice(None),
            *(
                slice(at, at + (side - 1) * stride + 1, stride)
                for at, side, stride in zip(
                    (row, column), self.sides, self.spec.strides, strict=True
                )
            ),
        )

    def load_data(self, x: np.ndarray, outside: float) -> np.ndarray:
        """Each window's numbers, `outside` where it hangs over the image's edge."""
        padded = np.pad(x, ((0, 0), *self.margins, (0, 0)), constant_values=outside)
        return np.stack([padded[pixels] for pixels in self.places])

    def scatter(self, dwindows: np.ndarray) -> np.ndarray:
        """The sum of what the windows hand back to each pixel."""
        (top, bottom), (left, right) = self.margins
        images, height, width, channels = self.shape
        padded = np.zeros(
            (images, top + height + bottom, left + width + right, channels), dwindows.dtype
        )
        for pixels, dwindow in zip(self.places, dwindows, strict=True):
            padded[pixels] += dwindow
        return padded[:, top : top + height, left : left + width]


def max_pooling(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """The largest number of each window. Of equal ones, the first in row order gets the slope."""
    windows = _Windows(call, x.shape)
    gathered = windows.load_data(x, -np.inf)
    chosen = gathered.argmax(axis=0)

    def backward(dy: np.ndarray) -> Gradients:
        places = np.arange(len(gathered)).reshape(-1, 1, 1, 1, 1)
        return [windows.scatter(np.where(places == chosen, dy, 0))], {}

    return ForwardResult(gathered.max(axis=0), backward)


def average_pooling(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """The mean of each window's numbers; what hangs over the edge is not counted."""
    windows = _Windows(call, x.shape)
    inside = windows.load_data(np.ones((1, *x.shape[1:3], 1), x.dtype), 0)
    counts = inside.sum(axis=0)

    def backward(dy: np.ndarray) -> Gradients:
        return [windows.scatter(inside * (dy / counts))], {}

    return ForwardResult(windows.load_data(x, 0).sum(axis=0) / counts, backward)


def global_average_pooling(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """The mean of each channel: (n, H, W, C) -> (n, C), or (n, 1, 1, C) with `keepdims`."""
    pixels = x.dtype.type(x.shape[1] * x.shape[2])
    y = total(x, (1, 2)) / pixels
    if call.spec.keepdims:
        y = y[:, None, None, :]

    def backward(dy: np.ndarray) -> Gradients:
        dpixel = dy.reshape(len(x), 1, 1, x.shape[-1]) / pixels
        return [np.broadcast_to(dpixel, x.shape).copy()], {}

    return ForwardResult(y, backward)


def global_max_pooling(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """The largest number of each channel; equal ones share its slope."""
    y = x.max(axis=(1, 2), keepdims=True)
    chosen = (x == y).astype(x.dtype)
    shares = chosen / chosen.sum(axis=(1, 2), keepdims=True)

    def backward(dy: np.ndarray) -> Gradients:
        return [shares * dy.reshape(y.shape)], {}

    return ForwardResult(y if call.spec.keepdims else y[:, 0, 0], backward)
