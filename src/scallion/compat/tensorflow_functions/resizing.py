"""Resize, crop and pad images as `tf.image` does: (height, width, channels) or a batch of them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from scallion import layers, ops
from scallion.eager_array import eager
from scallion.errors import ArgumentError, ShapeError, UnknownNameError, UnsupportedError
from scallion.images import tensorflow_resize
from scallion.layers.base.tensor import Tensor


class ResizeMethod:
    """The names of `tf.image.ResizeMethod`."""

    AREA = "area"
    BICUBIC = "bicubic"
    BILINEAR = "bilinear"
    GAUSSIAN = "gaussian"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    MITCHELLCUBIC = "mitchellcubic"
    NEAREST_NEIGHBOR = "nearest"


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(1 - x, 0)


def _lanczos(radius: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0)


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.where(x < 1.5, np.exp(-2 * x * x), 0)


def _keys_cubic(x: np.ndarray) -> np.ndarray:
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _mitchell_cubic(x: np.ndarray) -> np.ndarray:
    near = (7 / 6 * x - 2) * x * x + 8 / 9
    far = ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x < 1, near, np.where(x < 2, far, 0))


# The kernels of TensorFlow's methods, of the distance from a pixel's centre.
_KERNELS = {
    "bicubic": _keys_cubic,
    "bilinear": _triangle,
    "gaussian": _gaussian,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
    "mitchellcubic": _mitchell_cubic,
}
METHODS = ("area", *_KERNELS, "nearest")


def resize(
    images: Any,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,  # noqa: ARG001 (TensorFlow has it)
) -> Any:
    """Resize images to (height, width): float32, but for `nearest`, which keeps the type.

    A symbolic tensor calls the layer Resizing. Raises ArgumentError, UnknownNameError.
    """
    kind = str(method).lower()
    if kind not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    target = two_sides(size)
    if isinstance(images, Tensor):
        if antialias or preserve_aspect_ratio:
            raise UnsupportedError(
                "a symbolic tensor is resized without antialiasing, to exactly the given size",
                hint="layers.Resizing(height, width) in the model, or tf.image.resize before it",
            )
        return layers.Resizing(*target, interpolation=kind)(images)
    array = as_images(images)
    sides = (array.shape[-3], array.shape[-2])
    if preserve_aspect_ratio:
        scale = min(np.float32(t) / np.float32(s) for t, s in zip(target, sides, strict=True))
        height, width = (max(1, round(float(np.float32(s) * scale))) for s in sides)
        target = (height, width)
    if kind == "nearest" and target == sides:
        return eager(array)
    return eager(each_image(lambda image: _resize(image, target, kind, antialias), array))


def _resize(image: np.ndarray, size: tuple[int, int], method: str, antialias: bool) -> np.ndarray:
    if method == "nearest":
        return tensorflow_resize.resize(image, size, method)
    if method == "bilinear" and not antialias:
        return tensorflow_resize.resize(image.astype(np.float32), size, method)
    out = image.astype(np.float64)
    for axis, target in enumerate(size):
        weights = _weights(image.shape[axis], target, method, antialias)
        out = np.moveaxis(np.tensordot(weights, out, (1, axis)), 0, axis)
    return out.astype(np.float32)


def _weights(length: int, target: int, method: str, antialias: bool) -> np.ndarray:
    """Return the weights (target, length) of one axis."""
    scale = length / target
    if method == "area":
        edges = np.arange(target + 1) * scale
        inner = np.minimum(edges[1:, None], np.arange(1, length + 1))
        overlap = np.maximum(inner - np.maximum(edges[:-1, None], np.arange(length)), 0)
        return overlap / overlap.sum(1, keepdims=True)
    centers = (np.arange(target, dtype=np.float32) + np.float32(0.5)) * np.float32(scale)
    widened = max(scale, 1.0) if antialias else 1.0
    if method == "bicubic" and not antialias:
        centers = _tabulated(centers)
    pixels = np.arange(length, dtype=np.float32) + np.float32(0.5)
    distances = np.abs((pixels - centers[:, None]) * np.float32(1 / widened))
    weights = _KERNELS[method](distances)
    return weights / weights.sum(1, keepdims=True)


def _tabulated(centers: np.ndarray) -> np.ndarray:
    """Round to 1/1024 of a pixel, as TensorFlow's table of bicubic weights does."""
    places = centers - np.float32(0.5)
    lower = np.floor(places)
    return lower + np.rint((places - lower) * 1024) / 1024 + 0.5


def resize_with_pad(
    image: Any,
    target_height: int,
    target_width: int,
    method: str = "bilinear",
    antialias: bool = False,
) -> Any:
    """Resize the whole image and centre it on black, without changing its aspect ratio."""
    array = as_images(image)
    target = np.asarray([int(target_height), int(target_width)], np.float32)
    sides = np.asarray(array.shape[-3:-1], np.float32)
    # In float32, and padding from the size before it is rounded down, as in TensorFlow.
    exact = sides / (sides / target).max()
    inner = np.maximum(1, np.floor(exact).astype(int))
    top, left = np.maximum(0, np.floor((target - exact) / 2)).astype(int)
    small = resize(array, inner, method, antialias=antialias)
    return pad_to_bounding_box(small, top, left, target_height, target_width)


def resize_with_crop_or_pad(image: Any, target_height: int, target_width: int) -> Any:
    """Crop or pad each side around the centre."""
    array = as_images(image)
    height, width = array.shape[-3:-1]
    target_height, target_width = int(target_height), int(target_width)
    top, left = (max((own - target) // 2, 0) for own, target in (
        (height, target_height), (width, target_width)))  # fmt: skip
    part = crop_to_bounding_box(
        array, top, left, min(height, target_height), min(width, target_width)
    )
    above, before = max((target_height - height) // 2, 0), max((target_width - width) // 2, 0)
    return pad_to_bounding_box(part, above, before, target_height, target_width)


def crop_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """Return a part of the image. Raises ShapeError where it is not inside."""
    array = as_images(image)
    top, left = int(offset_height), int(offset_width)
    bottom, right = top + int(target_height), left + int(target_width)
    if min(top, left) < 0 or bottom > array.shape[-3] or right > array.shape[-2]:
        raise ShapeError(
            f"the part is outside an image of {array.shape[-3:-1]}. Received: rows {top} to "
            f"{bottom}, columns {left} to {right}",
            hint="tf.image.resize_with_crop_or_pad(image, height, width)",
        )
    return eager(array[..., top:bottom, left:right, :])


def pad_to_bounding_box(
    image: Any, offset_height: int, offset_width: int, target_height: int, target_width: int
) -> Any:
    """Pad with zeros to a size. Raises ShapeError where the image does not fit."""
    array = as_images(image)
    height, width, channels = array.shape[-3:]
    top, left = int(offset_height), int(offset_width)
    rows, columns = int(target_height), int(target_width)
    if min(top, left) < 0 or top + height > rows or left + width > columns:
        raise ShapeError(
            f"an image of {(height, width)} at {(top, left)} does not fit into {(rows, columns)}",
            hint="tf.image.resize_with_crop_or_pad(image, height, width)",
        )
    out = np.zeros((*array.shape[:-3], rows, columns, channels), array.dtype)
    out[..., top : top + height, left : left + width, :] = array
    return eager(out)


def central_crop(image: Any, central_fraction: float) -> Any:
    """Return the middle of the image, this fraction of each side."""
    fraction = float(central_fraction)
    if not 0 < fraction <= 1:
        raise ArgumentError(
            "`central_fraction` is above 0 and at most 1. "
            f"Received: central_fraction={central_fraction!r}",
            hint="central_fraction=0.5",
        )
    array = as_images(image)
    height, width = array.shape[-3:-1]
    top, left = (int((side - side * fraction) / 2) for side in (height, width))
    return eager(array[..., top : height - top, left : width - left, :])


def flip_left_right(image: Any) -> Any:
    """Mirror images horizontally."""
    return eager(as_images(image)[..., ::-1, :])


def flip_up_down(image: Any) -> Any:
    """Mirror images vertically."""
    return eager(as_images(image)[..., ::-1, :, :])


def rot90(image: Any, k: int = 1, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Rotate images by k times 90 degrees counter-clockwise."""
    return eager(np.rot90(as_images(image), int(k), axes=(-3, -2)))


def transpose(image: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Exchange height and width."""
    return eager(np.swapaxes(as_images(image), -3, -2))


def as_images(value: Any) -> np.ndarray:
    """Return one image or a batch as a plain array. Raises ShapeError, UnsupportedError."""
    array = ops.convert_to_numpy(value)
    if array.ndim not in (3, 4):
        raise ShapeError(
            "an image is (height, width, channels), a batch (images, height, width, channels). "
            f"Received: shape {array.shape}",
            hint="image[..., tf.newaxis] adds the axis of one channel",
        )
    return array


def each_image(function: Callable[[np.ndarray], np.ndarray], array: np.ndarray) -> np.ndarray:
    """Apply a function to an image, or to each image of a batch."""
    return function(array) if array.ndim == 3 else np.stack([function(one) for one in array])


def two_sides(size: Sequence[int]) -> tuple[int, int]:
    """Return (height, width). Raises ArgumentError."""
    sides = np.asarray(size).ravel()
    if sides.size != 2 or sides.dtype.kind not in "iuf" or sides.min() < 1:
        raise ArgumentError(
            f"`size` is (height, width). Received: size={size!r}", hint="size=(64, 64)"
        )
    return int(sides[0]), int(sides[1])
