"""Augmentation layers, image by image; in inference they return their input.

Word w of an image's random words is the uniform random number floor(w / 2**8) / 2**24.
"""

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np

from scallion.engine.random import philox, stream
from scallion.engine.reference.layer_call import ForwardResult, LayerCall, without_gradient
from scallion.engine.reference.preprocessing import resize

_Transform = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(image (H, W, C), its uniform numbers) -> image (H, W, C)."""


def random_flip(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Flip horizontally if the first uniform number is below 1/2, vertically if the second is."""

    def flip(image: np.ndarray, u: np.ndarray) -> np.ndarray:
        if call.spec.is_horizontal and u[0] < 0.5:
            image = image[:, ::-1]
        if call.spec.is_vertical and u[1] < 0.5:
            image = image[::-1]
        return image

    return _augmented(call, x, flip)


def random_crop(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Crop a window: its top from the first uniform number, its left side from the second.

    In inference, crop the center; an image that is too small is cropped to the target's aspect
    ratio and resized.
    """
    spec, (height, width) = call.spec, x.shape[1:3]
    is_larger = height > spec.height and width > spec.width
    tops = np.full(len(x), (height - spec.height) // 2)
    lefts = np.full(len(x), (width - spec.width) // 2)
    if call.training and is_larger:
        u = uniforms(call, len(x))
        tops = np.floor(u[:, 0] * np.float32(height - spec.height + 1)).astype(int)
        lefts = np.floor(u[:, 1] * np.float32(width - spec.width + 1)).astype(int)
    elif call.training or height < spec.height or width < spec.width:
        rows = max(min(height, int(width * spec.height / spec.width)), 1)
        columns = max(min(width, int(height * spec.width / spec.height)), 1)
        top, left = int((height - rows) / 2), int((width - columns) / 2)
        part = x[:, top : top + spec.height, left : left + spec.width]
        return without_gradient(resize(part, spec.height, spec.width), x.shape)
    windows = [
        image[top : top + spec.height, left : left + spec.width]
        for image, top, left in zip(x, tops, lefts, strict=True)
    ]
    return without_gradient(np.stack(windows), x.shape)


def random_translation(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Shift down by a random fraction of the height, and right by one of the width."""
    height, width = x.shape[1:3]

    def translate(image: np.ndarray, u: np.ndarray) -> np.ndarray:
        down = float(_between(call.spec.height_factor, u[0], height))
        right = float(_between(call.spec.width_factor, u[1], width))
        return _transformed(call, image, [[1, 0, -right], [0, 1, -down]])

    return _augmented(call, x, translate)


def random_rotation(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Rotate counter-clockwise around the center by a random fraction of a full turn."""
    right, down = (x.shape[2] - 1) / 2, (x.shape[1] - 1) / 2

    def rotate(image: np.ndarray, u: np.ndarray) -> np.ndarray:
        angle = 2 * pi * float(_between(call.spec.factor, u[0], 1))
        c, s = cos(angle), sin(angle)
        return _transformed(
            call,
            image,
            [[c, -s, right - right * c + down * s], [s, c, down - right * s - down * c]],
        )

    return _augmented(call, x, rotate)


def random_zoom(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Zoom around the center: one output pixel covers 1 + factor input pixels."""
    spec, (height, width) = call.spec, x.shape[1:3]

    def zoom(image: np.ndarray, u: np.ndarray) -> np.ndarray:
        down = across = 1 + float(_between(spec.height_factor, u[0], 1))
        if spec.width_factor is not None:
            across = 1 + float(_between(spec.width_factor, u[1], 1))
        matrix = [
            [across, 0, (width - 1) / 2 * (1 - across)],
            [0, down, (height - 1) / 2 * (1 - down)],
        ]
        return _transformed(call, image, matrix)

    return _augmented(call, x, zoom)


def random_contrast(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute (x - mean) * factor + mean per channel of each image, clipped to `value_range`."""
    if not call.training:
        return without_gradient(x, x.shape)
    less, more = call.spec.factor
    factors = (1 - less + (less + more) * uniforms(call, len(x))[:, 0]).astype(x.dtype)
    mean = x.mean(axis=(1, 2), keepdims=True)
    y = (x - mean) * factors[:, None, None, None] + mean
    return without_gradient(np.clip(y, *call.spec.value_range).astype(x.dtype), x.shape)


def random_brightness(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Add a random fraction of `value_range` per image, clipped to that range."""
    if not call.training:
        return without_gradient(x, x.shape)
    low, high = call.spec.value_range
    u = uniforms(call, len(x))[:, 0]
    deltas = np.array([_between(call.spec.factor, one, high - low) for one in u], x.dtype)
    y = np.clip(x + deltas[:, None, None, None], low, high).astype(x.dtype)
    return without_gradient(y, x.shape)


def random_erasing(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Fill a random rectangle (Zhong et al. 2017).

    The fifth uniform number chooses the probability within `factor`; the image is erased if the
    sixth is below it.
    """
    if not call.training:
        return without_gradient(x, x.shape)
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
    return without_gradient(y, x.shape)


def uniforms(call: LayerCall, images: int, count: int = 4) -> np.ndarray:
    """Return the first uniform random numbers of each image, in [0, 1): float32 (images, count)."""
    drawn = _words(call, images, -(-count // 4))[:, :count]
    return (drawn >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


def _augmented(call: LayerCall, x: np.ndarray, transform: _Transform) -> ForwardResult:
    """Apply a random transform to each image; in inference return the input."""
    if not call.training:
        return without_gradient(x, x.shape)
    y = np.empty_like(x)
    for image, u in enumerate(uniforms(call, len(x))):
        y[image] = transform(x[image], u)
    return without_gradient(y, x.shape)


def _words(call: LayerCall, images: int, blocks: int) -> np.ndarray:
    """Return random words: uint32 (images, 4 * blocks)."""
    counter = np.zeros((images, blocks, 4), np.uint32)
    counter[..., 0] = np.arange(blocks)
    counter[..., 1] = np.arange(images)[:, None]
    counter[..., 2:] = call.operation, call.step & 0xFFFFFFFF
    drawn = philox(counter.reshape(-1, 4), stream(call.seed, call.spec.seed))
    return drawn.reshape(images, 4 * blocks)


def _normals(words: np.ndarray) -> np.ndarray:
    """Return one normal random number per pair of words (Box and Muller 1958)."""
    uniform: np.ndarray = words.astype(np.float64) / 2**32
    u, v = uniform[0::2], uniform[1::2]
    return np.asarray(np.sqrt(-2 * np.log(u + 2.0**-32)) * np.cos(2 * pi * v))


def _between(factor: float | tuple[float, float], u: np.float32, size: float) -> np.float32:
    """Map a uniform number to the range that a factor gives, times `size`."""
    low, high = sorted(factor) if isinstance(factor, tuple) else (-abs(factor), abs(factor))
    least, most = np.float32(low * size), np.float32(high * size)
    return least + (most - least) * u


def _transformed(call: LayerCall, image: np.ndarray, matrix: list[list[float]]) -> np.ndarray:
    """Apply an affine transform, computed in float32.

    `matrix` (2, 3) maps an output pixel (x, y, 1) to its source (x, y).
    """
    spec, (height, width, _) = call.spec, image.shape
    grid: np.ndarray = np.mgrid[:height, :width].astype(np.float32)
    rows, columns = grid
    (a0, a1, a2), (b0, b1, b2) = np.asarray(matrix, np.float32)
    xs: np.ndarray = columns * a0 + rows * a1 + a2
    ys: np.ndarray = columns * b0 + rows * b1 + b2
    if spec.interpolation == "nearest":
        return _pixels_at(spec, image, np.round(ys), np.round(xs))
    y0, x0 = np.floor(ys), np.floor(xs)
    down, right = (ys - y0)[..., None], (xs - x0)[..., None]
    return (
        (1 - down) * (1 - right) * _pixels_at(spec, image, y0, x0)
        + (1 - down) * right * _pixels_at(spec, image, y0, x0 + 1)
        + down * (1 - right) * _pixels_at(spec, image, y0 + 1, x0)
        + down * right * _pixels_at(spec, image, y0 + 1, x0 + 1)
    )


def _pixels_at(spec: object, image: np.ndarray, ys: np.ndarray, xs: np.ndarray) -> np.ndarray:
    """Return the pixels at whole coordinates, filled outside the image by `fill_mode`."""
    mode, value = getattr(spec, "fill_mode", ""), getattr(spec, "fill_value", 0.0)
    rows, has_row = _indices(ys.astype(int), image.shape[0], mode)
    columns, has_column = _indices(xs.astype(int), image.shape[1], mode)
    is_inside = (has_row & has_column)[..., None]
    return np.where(is_inside, image[rows, columns], image.dtype.type(value))


def _indices(coordinates: np.ndarray, size: int, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """Return indices within the image, and a mask of those not to be filled with `fill_value`."""
    everywhere = np.ones(coordinates.shape, bool)
    if mode == "wrap":
        return coordinates % size, everywhere
    if mode == "reflect":
        around = coordinates % (2 * size)
        return np.where(around < size, around, 2 * size - 1 - around), everywhere
    clipped = np.clip(coordinates, 0, size - 1)
    return clipped, clipped == coordinates if mode == "constant" else everywhere
