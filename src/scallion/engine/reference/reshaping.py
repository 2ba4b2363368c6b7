"""Reshape, permute, pad, crop and upsample arrays."""

import numpy as np

from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall
from scallion.engine.reference.preprocessing import stretched_to


def reshaping(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Each image's numbers under another shape, as they lie in memory."""
    y = x.reshape(len(x), *call.spec.output_shape(x.shape[1:]))
    return ForwardResult(y, lambda dy: ([dy.reshape(x.shape)], {}))


def permuting(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """The axes in another order; the batch stays first."""
    axes = (0, *call.spec.dims)
    return ForwardResult(x.transpose(axes), lambda dy: ([dy.transpose(np.argsort(axes))], {}))


def zero_padding(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Zeros around each image."""
    (top, _), (left, _) = call.spec.padding
    y = np.pad(x, ((0, 0), *call.spec.padding, (0, 0)))

    def backward(dy: np.ndarray) -> Gradients:
        return [dy[:, top : top + x.shape[1], left : left + x.shape[2]]], {}

    return ForwardResult(y, backward)


def cropping(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Each image without its edges."""
    (top, _), (left, _) = call.spec.cropping
    height, width, _ = call.spec.output_shape(x.shape[1:])
    y = x[:, top : top + height, left : left + width]

    def backward(dy: np.ndarray) -> Gradients:
        return [np.pad(dy, ((0, 0), *call.spec.cropping, (0, 0)))], {}

    return ForwardResult(y, backward)


def enlarging(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Each pixel repeated, down and across; or each new one mixed of those around it."""
    down, across = call.spec.size
    images, height, width, channels = x.shape
    if call.spec.interpolation == "bilinear":
        rows, columns = _mixing(height, down, x.dtype), _mixing(width, across, x.dtype)
        y = np.einsum("nhwc,ah,bw->nabc", x, rows, columns)
        return ForwardResult(y, lambda dy: ([np.einsum("nabc,ah,bw->nhwc", dy, rows, columns)], {}))
    y = x.repeat(down, axis=1).repeat(across, axis=2)

    def backward(dy: np.ndarray) -> Gradients:
        each = dy.reshape(images, height, down, width, across, channels)
        return [each.sum(axis=(2, 4))], {}

    return ForwardResult(y, backward)


def _mixing(size: int, times: int, kind: np.dtype) -> np.ndarray:
    """What each new line takes of each old one: (times * size, size)."""
    lines = np.eye(size, dtype=kind)[None, :, :, None]
    return stretched_to(lines, times * size, size)[0, :, :, 0]
