"""Depthwise and separable convolutions, one kernel position at a time."""

from collections.abc import Callable

import numpy as np

from scallion.engine.reference.activations import activate
from scallion.engine.reference.layer_call import (
    ForwardResult,
    Gradients,
    LayerCall,
    all_but_last,
    precise_sum,
)
from scallion.layers.base.sliding_window import pad_widths
from scallion.layers.convolutions.depthwise import DepthwiseConv2DSpec

_Convolved = tuple[np.ndarray, Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]]


def depthwise_conv2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Convolve each channel with kernels of its own: (n, H, W, C) -> (n, H', W', C * M)."""
    z, convolution_backward = _depthwise(call.spec, call.weights["kernel"], x)
    if call.spec.use_bias:
        z = z + call.weights["bias"]
    y, activation_backward = activate(call.spec.activation, z)

    def backward(dy: np.ndarray) -> Gradients:
        dz = activation_backward(dy)
        dx, dkernel = convolution_backward(dz)
        weights = {"kernel": dkernel}
        if call.spec.use_bias:
            weights["bias"] = precise_sum(dz, all_but_last(dz))
        return [dx], weights

    return ForwardResult(y, backward)


def separable_conv2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute a depthwise convolution, then a pointwise (1x1) one."""
    z_depthwise, convolution_backward = _depthwise(
        call.spec.depthwise, call.weights["depthwise_kernel"], x
    )
    matrix = call.weights["pointwise_kernel"][0, 0]
    z = z_depthwise @ matrix
    if call.spec.use_bias:
        z = z + call.weights["bias"]
    y, activation_backward = activate(call.spec.activation, z)

    def backward(dy: np.ndarray) -> Gradients:
        dz = activation_backward(dy)
        dx, dkernel = convolution_backward(dz @ matrix.T)
        rows = z_depthwise.reshape(-1, z_depthwise.shape[-1])
        drows = dz.reshape(-1, dz.shape[-1])
        weights = {"depthwise_kernel": dkernel, "pointwise_kernel": (rows.T @ drows)[None, None]}
        if call.spec.use_bias:
            weights["bias"] = precise_sum(dz, all_but_last(dz))
        return [dx], weights

    return ForwardResult(y, backward)


def _depthwise(spec: DepthwiseConv2DSpec, kernel: np.ndarray, x: np.ndarray) -> _Convolved:
    """Convolve x (n, H, W, C) with kernels (kh, kw, C, M): (n, H', W', C * M), and backward."""
    height, width, filters = spec.output_shape(x.shape[1:])
    (top, bottom), (left, right) = (
        pad_widths(size, window, stride, spec.padding, dilation)
        for size, window, stride, dilation in zip(
            x.shape[1:3], spec.kernel_size, spec.strides, spec.dilation_rate, strict=True
        )
    )
    padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    positions = [
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
    for position, pixels in positions:
        z += padded[pixels][..., None] * kernel[position]

    def backward(dz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        dz = dz.reshape(z.shape)
        dpadded, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
        for position, pixels in positions:
            dpadded[pixels] += (dz * kernel[position]).sum(axis=-1)
            dkernel[position] = precise_sum(dz * padded[pixels][..., None], (0, 1, 2))
        return dpadded[:, top : top + x.shape[1], left : left + x.shape[2]], dkernel

    return z.reshape(len(x), height, width, filters), backward


def _steps(start: int, count: int, stride: int) -> slice:
    return slice(start, start + (count - 1) * stride + 1, stride)
