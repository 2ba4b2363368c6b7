"""Augmentation, image by image and pixel by pixel, as each layer is defined.

What is drawn: word w of an image's blocks is the uniform number floor(w / 2**8) / 2**24.
"""

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np

from scallion.engine.random import philox, stream
from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall
from scallion.engine.reference.preprocessing import stretched_to

Filler = Callable[[int, int], int | None]


def flipping(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Mirrored where the first number (across) or the second (down) is below a half."""
    if not call.training:
        return _fixed(x)
    y = x.copy()
    for image, u in enumerate(uniforms(call, len(x))):
        if call.spec.is_horizontal and u[0] < 0.5:
            y[image] = y[image, :, ::-1]
        if call.spec.is_vertical and u[1] < 0.5:
            y[image] = y[image, ::-1]
    return _fixed(y)


def random_cropping(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """The window's top from the first number, its left side from the second."""
    spec, (height, width) = call.spec, x.shape[1:3]
    is_larger = height > spec.height and width > spec.width
    tops = np.full(len(x), (height - spec.height) // 2)
    lefts = np.full(len(x), (width - spec.width) // 2)
    if call.training and is_larger:
        u = uniforms(call, len(x))
        tops = np.floor(u[:, 0] * np.float32(height - spec.height + 1)).astype(int)
        lefts = np.floor(u[:, 1] * np.float32(width - spec.width + 1)).astype(int)
    elif call.training or height < spec.height or width < spec.width:
        cut_height = max(min(height, int(width * spec.height / spec.width)), 1)
        cut_width = max(min(width, int(height * spec.width / spec.height)), 1)
        top, left = int((height - cut_height) / 2), int((width - cut_width) / 2)
        part = x[:, top : top + spec.height, left : left + spec.width]
        return _fixed(stretched_to(part, spec.height, spec.width), x.shape)
    return _fixed(
        np.stack(
            [
                image[top : top + spec.height, left : left + spec.width]
                for image, top, left in zip(x, tops, lefts, strict=True)
            ]
        ),
        x.shape,
    )


def translating(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Down by the first number's share of the height, across by the second's of the width."""
    if not call.training:
        return _fixed(x)
    height, width = x.shape[1:3]
    y = np.empty_like(x)
    for image, u in enumerate(uniforms(call, len(x))):
        down = float(_between(call.spec.height_factor, u[0], height))
        across = float(_between(call.spec.width_factor, u[1], width))
        y[image] = _mapped(call, x[image], [[1, 0, -across], [0, 1, -down]])
    return _fixed(y)


def rotating(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Around the middle by a share of a turn, counter-clockwise."""
    if not call.training:
        return _fixed(x)
    across, down = (x.shape[2] - 1) / 2, (x.shape[1] - 1) / 2
    y = np.empty_like(x)
    for image, u in enumerate(uniforms(call, len(x))):
        angle = 2 * pi * float(_between(call.spec.factor, u[0], 1))
        c, s = cos(angle), sin(angle)
        y[image] = _mapped(
            call,
            x[image],
            [[c, -s, across - across * c + down * s], [s, c, down - across * s - down * c]],
        )
    return _fixed(y)


def zooming(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Around the middle, each new step as long as so many old ones."""
    if not call.training:
        return _fixed(x)
    spec, (height, width) = call.spec, x.shape[1:3]
    y = np.empty_like(x)
    for image, u in enumerate(uniforms(call, len(x))):
        down = across = 1 + float(_between(spec.height_factor, u[0], 1))
        if spec.width_factor is not None:
            across = 1 + float(_between(spec.width_factor, u[1], 1))
        to = [[across, 0, (width - 1) / 2 * (1 - across)], [0, down, (height - 1) / 2 * (1 - down)]]
        y[image] = _mapped(call, x[image], to)
    return _fixed(y)


def contrasting(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """(x - mean) * factor + mean, for each channel of each image, cut to the range of values."""
    if not call.training:
        return _fixed(x)
    less, more = call.spec.factor
    factors = (1 - less + (less + more) * uniforms(call, len(x))[:, 0]).astype(x.dtype)
    mean = x.mean(axis=(1, 2), keepdims=True)
    y = (x - mean) * factors[:, None, None, None] + mean
    return _fixed(np.clip(y, *call.spec.value_range).astype(x.dtype))


def brightening(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """x plus a share of the range of values, cut to that range."""
    if not call.training:
        return _fixed(x)
    low, high = call.spec.value_range
    u = uniforms(call, len(x))[:, 0]
    deltas = np.array([_between(call.spec.factor, one, high - low) for one in u], x.dtype)
    return _fixed(np.clip(x + deltas[:, None, None, None], low, high).astype(x.dtype))


def erasing(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """A rectangle, with the chance that the fifth number draws, where the sixth falls below it."""
    if not call.training:
        return _fixed(x)
    spec, (height, width, channels) = call.spec, x.shape[1:]
    y = x.copy()
    rows, columns = np.mgrid[:height, :width]
    drawn = _words(call, len(x), 2 + (height * width * channels + 1) // 2)
    for image, u in enumerate(uniforms(call, len(x), 6)):
        if u[5] >= _between(spec.factor, u[4], 1):
            continue
        w = np.sqrt(_between(spec.scale, u[0], 1)) * np.float32(width)
        h = np.sqrt(_between(spec.scale, u[1], 1)) * np.float32(height)
        left, top = u[2] * (np.float32(width) - w), u[3] * (np.float32(height) - h)
        inside = (rows >= top) & (rows < top + h) & (columns >= left) & (columns < left + w)
        fill = np.zeros(channels) if spec.fill_value is None else np.asarray(spec.fill_value)
        if spec.fill_value is None:
            fill = _normals(drawn[image, 8:])[: x[image].size].reshape(x[image].shape)
            fill = fill * spec.value_range[1]
        fill = np.broadcast_to(np.clip(fill, *spec.value_range), x[image].shape)
        y[image][inside] = fill[inside]
    return _fixed(y)


def uniforms(call: LayerCall, images: int, count: int = 4) -> np.ndarray:
    """The first numbers of each image, from 0 to 1: float32 (images, count)."""
    drawn = _words(call, images, -(-count // 4))[:, :count]
    return (drawn >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def _words(call: LayerCall, images: int, blocks: int) -> np.ndarray:
    counter = np.zeros((images, blocks, 4), np.uint32)
    counter[..., 0] = np.arange(blocks)
    counter[..., 1] = np.arange(images)[:, None]
    counter[..., 2:] = call.operation, call.step & 0xFFFFFFFF
    drawn = philox(counter.reshape(-1, 4), stream(call.seed, call.spec.seed))
    return drawn.reshape(images, 4 * blocks)


def _normals(words: np.ndarray) -> np.ndarray:
    """Box and Muller's numbers, one of each two words."""
    shares: np.ndarray = words.astype(np.float64) / 2**32
    u, v = shares[0::2], shares[1::2]
    return np.asarray(np.sqrt(-2 * np.log(u + 2.0**-32)) * np.cos(2 * pi * v))


def _between(factor: float | tuple[float, float], u: np.float32, size: float) -> np.float32:
    low, high = sorted(factor) if isinstance(factor, tuple) else (-abs(factor), abs(factor))
    least, most = np.float32(low * size), np.float32(high * size)
    return least + (most - least) * u


def _mapped(call: LayerCall, image: np.ndarray, to: list[list[float]]) -> np.ndarray:
    """Each new pixel from where `to` says that it lies: x and y from (x, y, 1), in float32."""
    spec, (height, width, _) = call.spec, image.shape
    grid: np.ndarray = np.mgrid[:height, :width].astype(np.float32)
    rows, columns = grid
    (a0, a1, a2), (b0, b1, b2) = np.asarray(to, np.float32)
    xs: np.ndarray = columns * a0 + rows * a1 + a2
    ys: np.ndarray = columns * b0 + rows * b1 + b2
    if spec.interpolation == "nearest":
        return _looked_up(spec, image, np.round(ys), np.round(xs))
    y0, x0 = np.floor(ys), np.floor(xs)
    down, across = (ys - y0)[..., None], (xs - x0)[..., None]
    return (
        (1 - down) * (1 - across) * _looked_up(spec, image, y0, x0)
        + (1 - down) * across * _looked_up(spec, image, y0, x0 + 1)
        + down * (1 - across) * _looked_up(spec, image, y0 + 1, x0)
        + down * across * _looked_up(spec, image, y0 + 1, x0 + 1)
    )


def _looked_up(spec: object, image: np.ndarray, ys: np.ndarray, xs: np.ndarray) -> np.ndarray:
    """The pixels at whole places, of which those outside are filled."""
    mode, value = getattr(spec, "fill_mode", ""), getattr(spec, "fill_value", 0.0)
    rows, is_row = _filled(ys.astype(int), image.shape[0], mode)
    columns, is_column = _filled(xs.astype(int), image.shape[1], mode)
    is_there = (is_row & is_column)[..., None]
    return np.where(is_there, image[rows, columns], image.dtype.type(value))


def _filled(places: np.ndarray, size: int, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """Places within the image, and which of them stand for something."""
    everywhere = np.ones(places.shape, bool)
    if mode == "wrap":
        return places % size, everywhere
    if mode == "reflect":
        around = places % (2 * size)
        return np.where(around < size, around, 2 * size - 1 - around), everywhere
    clipped = np.clip(places, 0, size - 1)
    return clipped, clipped == places if mode == "constant" else everywhere


def _fixed(y: np.ndarray, shape: tuple[int, ...] | None = None) -> ForwardResult:
    """No slope goes back: nothing learns before these layers."""

    def backward(dy: np.ndarray) -> Gradients:
        return [np.zeros(dy.shape if shape is None else shape, dy.dtype)], {}

    return ForwardResult(y, backward)
