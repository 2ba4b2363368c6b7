"""Convolution of each channel by itself, one kernel place at a time, and a mixture behind."""

from collections.abc import Callable

import numpy as np

from scallion.engine.reference.activations import activate
from scallion.engine.reference.layer_call import (
    ForwardResult,
    Gradients,
    LayerCall,
    over_images,
    total,
)
from scallion.layers.depthwise import DepthwiseConv2DSpec
from scallion.layers.spec import pad_widths

Slid = tuple[np.ndarray, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]]


def depthwise(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """y = activation(each channel's kernels slid over it, plus bias)."""
    z, back = _slid(call.spec, call.weights["kernel"], x)
    if call.spec.use_bias:
        z = z + call.weights["bias"]
    y, slope = activate(call.spec.activation, z)

    def backward(dy: np.ndarray) -> Gradients:
        dz = slope(dy)
        dx, dkernel = back(dz)
        weights = {"kernel": dkernel}
        if call.spec.use_bias:
            weights["bias"] = total(dz, over_images(dz))
        return [dx], weights

    return ForwardResult(y, backward)


def separable(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """y = activation(what a depthwise convolution gives, times a matrix, plus bias)."""
    mixed, back = _slid(call.spec.depthwise, call.weights["depthwise_kernel"], x)
    matrix = call.weights["pointwise_kernel"][0, 0]
    z = mixed @ matrix
    if call.spec.use_bias:
        z = z + call.weights["bias"]
    y, slope = activate(call.spec.activation, z)

    def backward(dy: np.ndarray) -> Gradients:
        dz = slope(dy)
        dx, dkernel = back(dz @ matrix.T)
        rows, drows = mixed.reshape(-1, mixed.shape[-1]), dz.reshape(-1, dz.shape[-1])
        weights = {"depthwise_kernel": dkernel, "pointwise_kernel": (rows.T @ drows)[None, None]}
        if call.spec.use_bias:
            weights["bias"] = total(dz, over_images(dz))
        return [dx], weights

    return ForwardResult(y, backward)


def _slid(spec: DepthwiseConv2DSpec, kernel: np.ndarray, x: np.ndarray) -> Slid:
    """Kernels (kh, kw, C, M) over (n, H, W, C): (n, H', W', C * M), and the way back."""
    height, width, filters = spec.output_shape(x.shape[1:])
    (top, bottom), (left, right) = (
        pad_widths(size, window, stride, spec.padding, dilation)
        for size, window, stride, dilation in zip(
            x.shape[1:3], spec.kernel_size, spec.strides, spec.dilation_rate, strict=True
        )
    )
    padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    places = [
        (
            (row, column),
            (
                slice(None),
                _steps(row * spec.dilation_rate[0], height, spec.strides[0]),
                _steps(column * spec.dilation_rate[1], width, spec.strides[1]),
            ),
        )
        for row in range(spec.kernel_size[0])
        for column in range(spec.kernel_size[1])
    ]
    z = np.zeros((len(x), height, width, *kernel.shape[2:]), x.dtype)
    for place, pixels in places:
        z += padded[pixels][..., None] * kernel[place]

    def back(dz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        dz = dz.reshape(z.shape)
        dpadded, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
        for place, pixels in places:
            dpadded[pixels] += (dz * kernel[place]).sum(axis=-1)
            dkernel[place] = total(dz * padded[pixels][..., None], (0, 1, 2))
        return dpadded[:, top : top + x.shape[1], left : left + x.shape[2]], dkernel

    return z.reshape(len(x), height, width, filters), back


def _steps(start: int, count: int, stride: int) -> slice:
    return slice(start, start + (count - 1) * stride + 1, stride)
