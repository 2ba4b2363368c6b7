"""Change the values of images as `tf.image` does.

Integers are computed as floats from 0 to 1, and rounded back as TensorFlow rounds them.
"""

from typing import Any

import numpy as np

from scallion import ops
from scallion.compat.tensorflow_functions.resizing import as_images
from scallion.eager_array import eager
from scallion.errors import ArgumentError, ShapeError
from scallion.layers.base.tensor import Tensor

_GRAY = np.array([0.2989, 0.587, 0.114], np.float32)  # of red, green, blue in TensorFlow


def convert_image_dtype(
    image: Any,
    dtype: Any,
    saturate: bool = False,
    name: str | None = None,  # noqa: ARG001 (TensorFlow has it)
) -> Any:
    """Convert to another type, whose whole range is used: uint8 255 becomes float32 1."""
    return eager(_converted(ops.convert_to_numpy(image), np.dtype(dtype), saturate))


def _converted(array: np.ndarray, dtype: np.dtype, saturate: bool = False) -> np.ndarray:
    source = array.dtype
    if source == dtype:
        return array
    if source.kind == dtype.kind == "f":
        return array.astype(dtype)
    if dtype.kind == "f":
        return array.astype(dtype) * dtype.type(1 / np.iinfo(source).max)
    most = np.iinfo(dtype).max
    if source.kind == "f":
        scaled = array * source.type(most + 0.5)
        return _cast(scaled, dtype, saturate)
    own = np.iinfo(source).max
    if own > most:
        return _cast(array // ((own + 1) // (most + 1)), dtype, saturate)
    wide = array.astype(dtype) if not saturate else _cast(array, dtype, True)
    return wide * dtype.type((most + 1) // (own + 1))


def _cast(array: np.ndarray, dtype: np.dtype, saturate: bool) -> np.ndarray:
    if saturate:
        limits = np.iinfo(dtype)
        array = np.clip(array, limits.min, limits.max)
    if array.dtype.kind == "f" and not saturate:
        return array.astype(np.int64).astype(dtype)
    return array.astype(dtype)


def saturate_cast(value: Any, dtype: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Convert to another type; values outside its range become its limits."""
    array, kind = ops.convert_to_numpy(value), np.dtype(dtype)
    return eager(_cast(array, kind, True) if kind.kind in "iu" else array.astype(kind))


def _computed(image: Any, function: Any) -> Any:
    """Apply a function to the image as float32, and return it in its own type."""
    array = as_images(image)
    wide = array if array.dtype.kind == "f" else _converted(array, np.dtype(np.float32))
    return eager(_converted(function(wide).astype(wide.dtype), array.dtype, True))


def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return the brightness in one channel."""
    if isinstance(images, Tensor):
        return ops.matmul(images, _GRAY[:, None])
    array = as_images(images)
    _require_channels(array, 3)
    wide = _converted(array, np.dtype(np.float32)) if array.dtype.kind != "f" else array
    gray = (wide @ _GRAY.astype(wide.dtype))[..., None]
    return eager(_converted(gray, array.dtype))


def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Repeat the one channel three times."""
    if isinstance(images, Tensor):
        return ops.concatenate([images, images, images], -1)
    array = as_images(images)
    _require_channels(array, 1)
    return eager(np.repeat(array, 3, -1))


def per_image_standardization(image: Any) -> Any:
    """Return each image with mean 0 and standard deviation 1, as float32."""
    array = as_images(image)
    wide = array if array.dtype == np.float16 else array.astype(np.float32)
    axes = (-3, -2, -1)
    deviation = wide.std(axes, keepdims=True)
    least = 1 / np.sqrt(np.float32(np.prod(wide.shape[-3:])))
    return eager((wide - wide.mean(axes, keepdims=True)) / np.maximum(deviation, least))


def adjust_brightness(image: Any, delta: float) -> Any:
    """Add a number to all values, on the scale from 0 to 1."""
    return _computed(image, lambda x: x + x.dtype.type(delta))


def adjust_contrast(images: Any, contrast_factor: float) -> Any:
    """Move the values away from the mean of their channel, by a factor."""

    def contrast(x: np.ndarray) -> np.ndarray:
        mean = x.mean((-3, -2), keepdims=True)
        return (x - mean) * x.dtype.type(contrast_factor) + mean

    return _computed(images, contrast)


def adjust_gamma(image: Any, gamma: float = 1, gain: float = 1) -> Any:
    """Return gain * value ** gamma. Raises ArgumentError for a negative gamma."""
    if float(gamma) < 0:
        raise ArgumentError(f"`gamma` is at least 0. Received: gamma={gamma!r}", hint="gamma=1.2")
    return _computed(image, lambda x: x.dtype.type(gain) * x ** x.dtype.type(gamma))


def adjust_saturation(image: Any, saturation_factor: float, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Multiply the saturation of RGB images by a factor."""

    def saturate(x: np.ndarray) -> np.ndarray:
        hsv = _to_hsv(x)
        hsv[..., 1] = np.clip(hsv[..., 1] * hsv.dtype.type(saturation_factor), 0, 1)
        return _to_rgb(hsv)

    return _computed(image, saturate)


def adjust_hue(image: Any, delta: float, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Rotate the hue of RGB images by a fraction of the colour wheel."""

    def rotate(x: np.ndarray) -> np.ndarray:
        hsv = _to_hsv(x)
        hsv[..., 0] = (hsv[..., 0] + hsv.dtype.type(delta)) % 1
        return _to_rgb(hsv)

    return _computed(image, rotate)


def rgb_to_hsv(images: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return hue, saturation and value, each from 0 to 1."""
    return eager(_to_hsv(ops.convert_to_numpy(images)))


def hsv_to_rgb(images: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return red, green and blue of hue, saturation and value."""
    return eager(_to_rgb(ops.convert_to_numpy(images)))


def _to_hsv(rgb: np.ndarray) -> np.ndarray:
    _require_channels(rgb, 3)
    red, green, blue = np.moveaxis(rgb, -1, 0)
    value, chroma = rgb.max(-1), np.ptp(rgb, -1)
    safe = np.where(chroma == 0, 1, chroma)
    sixth = np.where(
        value == red,
        (green - blue) / safe,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = np.where(chroma == 0, 0, sixth / 6 % 1)
    saturation = np.where(value > 0, chroma / np.where(value > 0, value, 1), 0)
    return np.stack([hue, saturation, value], -1).astype(rgb.dtype)


def _to_rgb(hsv: np.ndarray) -> np.ndarray:
    _require_channels(hsv, 3)
    hue, saturation, value = np.moveaxis(hsv, -1, 0)
    places = hue[..., None] * 6
    ramps = np.concatenate(
        [np.abs(places - 3) - 1, 2 - np.abs(places - 2), 2 - np.abs(places - 4)], -1
    )
    share = saturation[..., None]
    return ((1 - share + share * np.clip(ramps, 0, 1)) * value[..., None]).astype(hsv.dtype)


def total_variation(images: Any, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return the sum of the differences between neighbouring pixels, per image."""
    array = as_images(images)
    axes = (-3, -2, -1)
    return eager(
        np.abs(np.diff(array, axis=-3)).sum(axes) + np.abs(np.diff(array, axis=-2)).sum(axes)
    )


def psnr(a: Any, b: Any, max_val: float, name: str | None = None) -> Any:  # noqa: ARG001 (TensorFlow has it)
    """Return the peak signal-to-noise ratio of images, in decibels."""
    pair = [_converted(as_images(one), np.dtype(np.float32)) for one in (a, b)]
    scale = 1.0 if np.asarray(a).dtype.kind == "f" else np.iinfo(np.asarray(a).dtype).max
    error = np.square(pair[0] - pair[1]).mean((-3, -2, -1))
    with np.errstate(divide="ignore"):
        return eager(np.float32(20 * np.log10(max_val / scale)) - 10 * np.log10(error))


def _require_channels(array: np.ndarray, channels: int) -> None:
    if array.shape[-1] != channels:
        raise ShapeError(
            f"images of {channels} channel{'s' * (channels > 1)} are needed. "
            f"Received: shape {array.shape}",
            hint="tf.image.grayscale_to_rgb(image)" if channels == 3 else "image[..., :1]",
        )
