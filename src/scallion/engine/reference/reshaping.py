"""Layers that move or resample values: reshape, permute, pad, crop and upsample."""

import numpy as np

from scallion.engine.reference.layer_call import ForwardResult, Gradients, LayerCall
from scallion.engine.reference.preprocessing import resize


def flatten(_call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Flatten each image in memory order: (n, ...) -> (n, size)."""
    return ForwardResult(x.reshape(len(x), -1), lambda dy: ([dy.reshape(x.shape)], {}))


def reshape(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Reshape each image in memory order."""
    y = x.reshape(len(x), *call.spec.output_shape(x.shape[1:]))
    return ForwardResult(y, lambda dy: ([dy.reshape(x.shape)], {}))


def permute(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Permute the axes of each image; the batch stays first."""
    axes = (0, *call.spec.dims)
    return ForwardResult(x.transpose(axes), lambda dy: ([dy.transpose(np.argsort(axes))], {}))


def zero_padding2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Pad each image with zeros."""
    (top, _), (left, _) = call.spec.padding
    y = np.pad(x, ((0, 0), *call.spec.padding, (0, 0)))

    def backward(dy: np.ndarray) -> Gradients:
        return [dy[:, top : top + x.shape[1], left : left + x.shape[2]]], {}

    return ForwardResult(y, backward)


def cropping2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Crop the edges of each image."""
    (top, _), (left, _) = call.spec.cropping
    height, width, _ = call.spec.output_shape(x.shape[1:])
    y = x[:, top : top + height, left : left + width]

    def backward(dy: np.ndarray) -> Gradients:
        return [np.pad(dy, ((0, 0), *call.spec.cropping, (0, 0)))], {}

    return ForwardResult(y, backward)


def slice_images(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Take every step-th element from start to stop of each axis of each image."""
    key = (slice(None), *(slice(*one) for one in call.spec.indices(x.shape[1:])))

    def backward(dy: np.ndarray) -> Gradients:
        dx = np.zeros(x.shape, dy.dtype)
        dx[key] = dy
        return [dx], {}

    return ForwardResult(x[key], backward)


def up_sampling2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Upsample each image by repeating pixels, bilinearly or bicubically."""
    down, across = call.spec.size
    images, height, width, channels = x.shape
    if (kind := call.spec.interpolation) != "nearest":
        rows, columns = (
            _weights(*sides, kind, x.dtype) for sides in ((height, down), (width, across))
        )
        y = np.einsum("nhwc,ah,bw->nabc", x, rows, columns)
        return ForwardResult(y, lambda dy: ([np.einsum("nabc,ah,bw->nhwc", dy, rows, columns)], {}))
    y = x.repeat(down, axis=1).repeat(across, axis=2)

    def backward(dy: np.ndarray) -> Gradients:
        copies = dy.reshape(images, height, down, width, across, channels)
        return [copies.sum(axis=(2, 4))], {}

    return ForwardResult(y, backward)


def _weights(size: int, factor: int, interpolation: str, kind: np.dtype) -> np.ndarray:
    """Return the weights of the old rows in each new row: (factor * size, size)."""
    identity = np.eye(size, dtype=kind)[None, :, :, None]
    return resize(identity, factor * size, size, interpolation)[0, :, :, 0]
