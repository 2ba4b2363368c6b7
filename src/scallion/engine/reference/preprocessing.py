"""Sizes and standards, as they are defined."""

import numpy as np

from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall


def standardizing(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """(x - mean) / max(sqrt(variance), 1e-7), or back."""
    spec = call.spec
    kept = [axis + 1 for axis in spec.kept(x.shape[1:])]
    shape = [side if axis in kept else 1 for axis, side in enumerate(x.shape)]
    given = spec.given(x.shape[1:]) or (call.weights["mean"], call.weights["variance"])
    mean, variance = (array.reshape(shape).astype(x.dtype) for array in given)
    spread = np.maximum(np.sqrt(variance), x.dtype.type(1e-7))
    return _fixed(x * spread + mean if spec.invert else (x - mean) / spread, x.shape)


def sizing(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """To another size; cropped before, or put into a larger frame, to keep the proportions."""
    spec, (height, width) = call.spec, x.shape[1:3]
    part = x
    if spec.crop_to_aspect_ratio:
        part = _cropped(x, spec.height, spec.width)
    elif spec.pad_to_aspect_ratio:
        above = int((max(height, int(width * spec.height / spec.width)) - height) / 2)
        before = int((max(width, int(height * spec.width / spec.height)) - width) / 2)
        margins = ((0, 0), (above, above), (before, before), (0, 0))
        part = np.pad(x, margins, constant_values=spec.fill_value)
    y = stretched_to(part, spec.height, spec.width, spec.interpolation, antialias=spec.antialias)
    return _fixed(y, x.shape)


def center_cropping(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """The middle; of a smaller image, the middle with the wanted proportions, enlarged."""
    spec, (height, width) = call.spec, x.shape[1:3]
    if height < spec.height or width < spec.width:
        part = _cropped(x, spec.height, spec.width)
        return _fixed(stretched_to(part, spec.height, spec.width), x.shape)
    top, left = (height - spec.height) // 2, (width - spec.width) // 2
    return _fixed(x[:, top : top + spec.height, left : left + spec.width], x.shape)


def stretched_to(
    x: np.ndarray,
    height: int,
    width: int,
    interpolation: str = "bilinear",
    *,
    antialias: bool = False,
) -> np.ndarray:
    """All of each image as (height, width): rows, then columns."""
    for axis, out in ((1, height), (2, width)):
        lines = [_line(x, axis, place, out, interpolation, antialias) for place in range(out)]
        x = np.stack(lines, axis=axis)
    return x


def _line(
    x: np.ndarray, axis: int, place: int, out: int, interpolation: str, antialias: bool
) -> np.ndarray:
    """One new row (axis 1) or column (axis 2)."""
    size = x.shape[axis]
    scale = size / out
    if interpolation == "nearest":
        return x.take(int((place + 0.5) * scale), axis)
    centre = (place + 0.5) * scale - 0.5
    if antialias and scale > 1:
        distances = np.abs(np.arange(size, dtype=np.float64) - centre)
        weights = np.maximum(1 - distances / scale, 0)
        weights = weights / weights.sum()
        return np.tensordot(x, weights, (axis, 0)).astype(x.dtype)
    centre = max(centre, 0.0)
    first = min(int(centre), size - 1)
    second, share = min(first + 1, size - 1), x.dtype.type(centre - first)
    return x.take(first, axis) * (1 - share) + x.take(second, axis) * share


def _cropped(x: np.ndarray, height: int, width: int) -> np.ndarray:
    """The largest middle part with the proportions of height and width."""
    rows = max(min(x.shape[1], int(x.shape[2] * height / width)), 1)
    columns = max(min(x.shape[2], int(x.shape[1] * width / height)), 1)
    top, left = int((x.shape[1] - rows) / 2), int((x.shape[2] - columns) / 2)
    return x[:, top : top + rows, left : left + columns]


def _fixed(y: np.ndarray, shape: tuple[int, ...]) -> ForwardResult:
    """No slope goes back: nothing learns before these layers."""

    def backward(dy: np.ndarray) -> Gradients:
        return [np.zeros(shape, dy.dtype)], {}

    return ForwardResult(y, backward)
