"""Rescaling, standardization, resizing and cropping."""

import numpy as np

from scallion.engine.reference.layer_call import ForwardResult, LayerCall, without_gradient


def rescaling(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute x * scale + offset."""
    scale, offset = (np.asarray(n, x.dtype) for n in (call.spec.scale, call.spec.offset))
    return ForwardResult(x * scale + offset, lambda dy: ([dy * scale], {}))


def normalization(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute (x - mean) / max(sqrt(variance), 1e-7), or its inverse."""
    spec = call.spec
    kept = [axis + 1 for axis in spec.kept_axes(x.shape[1:])]
    shape = [side if axis in kept else 1 for axis, side in enumerate(x.shape)]
    given = spec.given_moments(x.shape[1:]) or (call.weights["mean"], call.weights["variance"])
    mean, variance = (array.reshape(shape).astype(x.dtype) for array in given)
    deviation = np.maximum(np.sqrt(variance), x.dtype.type(1e-7))
    y = x * deviation + mean if spec.invert else (x - mean) / deviation
    return without_gradient(y, x.shape)


def resizing(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Resize each image, after cropping or padding it to the target's aspect ratio if asked to."""
    spec, (height, width) = call.spec, x.shape[1:3]
    part = x
    if spec.crop_to_aspect_ratio:
        part = _cropped_to_aspect_ratio(x, spec.height, spec.width)
    elif spec.pad_to_aspect_ratio:
        top = int((max(height, int(width * spec.height / spec.width)) - height) / 2)
        left = int((max(width, int(height * spec.width / spec.height)) - width) / 2)
        padding = ((0, 0), (top, top), (left, left), (0, 0))
        part = np.pad(x, padding, constant_values=spec.fill_value)
    y = resize(part, spec.height, spec.width, spec.interpolation, antialias=spec.antialias)
    return without_gradient(y, x.shape)


def center_crop(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Crop the center; of a smaller image, crop to the target's aspect ratio and resize."""
    spec, (height, width) = call.spec, x.shape[1:3]
    if height < spec.height or width < spec.width:
        part = _cropped_to_aspect_ratio(x, spec.height, spec.width)
        return without_gradient(resize(part, spec.height, spec.width), x.shape)
    top, left = (height - spec.height) // 2, (width - spec.width) // 2
    y = x[:, top : top + spec.height, left : left + spec.width]
    return without_gradient(y, x.shape)


def resize(
    x: np.ndarray,
    height: int,
    width: int,
    interpolation: str = "bilinear",
    *,
    antialias: bool = False,
) -> np.ndarray:
    """Resize images (n, H, W, C) to (n, height, width, C): first rows, then columns."""
    for axis, size in ((1, height), (2, width)):
        lines = [_line(x, axis, index, size, interpolation, antialias) for index in range(size)]
        x = np.stack(lines, axis=axis)
    return x


def _line(
    x: np.ndarray, axis: int, index: int, out: int, interpolation: str, antialias: bool
) -> np.ndarray:
    """Return one new row (axis 1) or column (axis 2)."""
    size = x.shape[axis]
    scale = size / out
    if interpolation == "nearest":
        return x.take(int((index + 0.5) * scale), axis)
    center = (index + 0.5) * scale - 0.5
    if antialias and scale > 1 and interpolation == "bilinear":
        distances = np.abs(np.arange(size, dtype=np.float64) - center)
        weights = np.maximum(1 - distances / scale, 0)
        weights = weights / weights.sum()
        return np.tensordot(x, weights, (axis, 0)).astype(x.dtype)
    if interpolation == "bicubic":
        weights = _bicubic_weights(size, center, max(scale, 1.0) if antialias else 1.0)
        return np.tensordot(x, weights, (axis, 0)).astype(x.dtype)
    center = max(center, 0.0)
    first = min(int(center), size - 1)
    second, fraction = min(first + 1, size - 1), x.dtype.type(center - first)
    return x.take(first, axis) * (1 - fraction) + x.take(second, axis) * fraction


def _bicubic_weights(size: int, center: float, width: float) -> np.ndarray:
    """Return the weight of each old pixel in a new one by Keys' kernel, a = -0.5 (Keys 1981)."""
    a, weights = -0.5, np.zeros(size)
    for pixel in range(size):
        t = abs(pixel - center) / width
        if t < 1:
            weights[pixel] = (a + 2) * t**3 - (a + 3) * t**2 + 1
        elif t < 2:
            weights[pixel] = a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a
    return weights / weights.sum()


def _cropped_to_aspect_ratio(x: np.ndarray, height: int, width: int) -> np.ndarray:
    """Crop the largest centered part with the aspect ratio of height and width."""
    rows = max(min(x.shape[1], int(x.shape[2] * height / width)), 1)
    columns = max(min(x.shape[2], int(x.shape[1] * width / height)), 1)
    top, left = int((x.shape[1] - rows) / 2), int((x.shape[2] - columns) / 2)
    return x[:, top : top + rows, left : left + columns]
