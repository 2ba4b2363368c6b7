"""Resize images as TensorFlow's `tf.image` does, without antialiasing."""

import numpy as np


def resize(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """Resize an image (height, width, channels) to `size`, as `tf.image.resize`: float32.

    `interpolation` is bilinear or nearest; pixels are sampled at their centres.
    """
    for axis, target in enumerate(size):
        image = _resample(image, axis, target, interpolation)
    return image


def resize_with_pad(image: np.ndarray, size: tuple[int, int], interpolation: str) -> np.ndarray:
    """Resize the whole image and centre it on black, as `tf.image.resize_with_pad`: float32."""
    # In float32, and padding from the size before it is rounded down, as in TensorFlow.
    sides, target = np.asarray(image.shape[:2], np.float32), np.asarray(size, np.float32)
    exact = sides / (sides / target).max()
    inner = np.maximum(1, np.floor(exact).astype(int))
    top, left = np.maximum(0, np.floor((target - exact) / 2)).astype(int)
    small = resize(image, (inner[0], inner[1]), interpolation)
    out = np.zeros((*size, image.shape[2]), np.float32)
    out[top : top + inner[0], left : left + inner[1]] = small
    return out


def _resample(image: np.ndarray, axis: int, target: int, interpolation: str) -> np.ndarray:
    length = image.shape[axis]
    if length == target:
        return image
    places = (np.arange(target, dtype=np.float32) + 0.5) * np.float32(length / target)
    if interpolation == "nearest":
        return image.take(np.minimum(places.astype(int), length - 1), axis)
    places -= 0.5
    lower = np.floor(places).astype(int)
    shape = [-1 if i == axis else 1 for i in range(3)]
    weights = (places - lower).astype(np.float32).reshape(shape)
    below = image.take(np.clip(lower, 0, length - 1), axis)
    above = image.take(np.clip(lower + 1, 0, length - 1), axis)
    return below + (above - below) * weights
