"""Convolution, one kernel position at a time: each is a matrix product over all pixels."""

from collections.abc import Iterator, Sequence

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
from scallion.layers.base.spec import Pair
from scallion.layers.convolutions.transposed import Conv2DTransposeSpec


def conv2d(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute activation(convolution + bias): (n, H, W, C) -> (n, H', W', filters)."""
    spec, kernel = call.spec, call.weights["kernel"]
    sides = spec.output_shape(x.shape[1:])[:2]
    padding = tuple(
        pad_widths(size, window, stride, spec.padding, dilation)
        for size, window, stride, dilation in zip(
            x.shape[1:3], spec.kernel_size, spec.strides, spec.dilation_rate, strict=True
        )
    )
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    z = np.zeros((len(x), *sides, spec.filters), x.dtype)
    for position, pixels, inputs, outputs in _terms(call, sides):
        z[..., outputs] += padded[pixels][..., inputs] @ kernel[position][:, outputs]
    if spec.use_bias:
        z += call.weights["bias"]
    y, activation_backward = activate(spec.activation, z)

    def backward(dy: np.ndarray) -> Gradients:
        dz = activation_backward(dy)
        dpadded, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
        for position, pixels, inputs, outputs in _terms(call, sides):
            rows = padded[pixels][..., inputs]
            drows = dz[..., outputs]
            dpadded[pixels][..., inputs] += drows @ kernel[position][:, outputs].T
            dkernel[position][:, outputs] = _outer_product(rows, drows)
        weights = {"kernel": dkernel}
        if spec.use_bias:
            weights["bias"] = precise_sum(dz, all_but_last(dz))
        return [_without_padding(dpadded, padding, x.shape)], weights

    return ForwardResult(y, backward)


def conv2d_transpose(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """Compute activation(transposed convolution + bias): (n, H, W, C) -> (n, H', W', filters).

    Each pixel is multiplied by the kernel, and its window of outputs added to the image; then the
    image is cropped.
    """
    spec, kernel = call.spec, call.weights["kernel"]
    out = spec.output_shape(x.shape[1:])
    crops = spec.crops()
    # An image that holds all windows, and the rows of zeros that are added after them.
    whole = tuple(
        crop[0] + side + max(crop[1], 0) for crop, side in zip(crops, out[:2], strict=True)
    )
    inside = tuple(
        slice(crop[0], crop[0] + side) for crop, side in zip(crops, out[:2], strict=True)
    )
    inside = (slice(None), *inside)
    spread = np.zeros((len(x), *whole, spec.filters), x.dtype)
    for position, pixels in _windows(spec, x.shape[1:3]):
        spread[pixels] += x @ kernel[position].T
    z = spread[inside]
    if spec.use_bias:
        z = z + call.weights["bias"]
    y, activation_backward = activate(spec.activation, z)

    def backward(dy: np.ndarray) -> Gradients:
        dz = activation_backward(dy)
        dspread = np.zeros_like(spread)
        dspread[inside] = dz
        dx, dkernel = np.zeros_like(x), np.zeros_like(kernel)
        for position, pixels in _windows(spec, x.shape[1:3]):
            dx += dspread[pixels] @ kernel[position]
            dkernel[position] = _outer_product(dspread[pixels], x)
        weights = {"kernel": dkernel}
        if spec.use_bias:
            weights["bias"] = precise_sum(dz, all_but_last(dz))
        return [dx], weights

    return ForwardResult(y, backward)


def _windows(
    spec: Conv2DTransposeSpec, sides: Sequence[int]
) -> Iterator[tuple[Pair, tuple[slice, ...]]]:
    """Yield each kernel position, and the outputs that it adds to."""
    for row in range(spec.kernel_size[0]):
        for column in range(spec.kernel_size[1]):
            steps = zip((row, column), spec.dilation_rate, sides, spec.strides, strict=True)
            pixels = (
                slice(at * dilation, at * dilation + (side - 1) * stride + 1, stride)
                for at, dilation, side, stride in steps
            )
            yield (row, column), (slice(None), *pixels)


def _terms(call: LayerCall, sides: Pair) -> Iterator[tuple[Pair, tuple[slice, ...], slice, slice]]:
    """Yield kernel position, its pixels, its inputs and outputs, for each position and group."""
    spec = call.spec
    inputs, outputs = call.weights["kernel"].shape[2], spec.filters // spec.groups
    for row in range(spec.kernel_size[0]):
        for column in range(spec.kernel_size[1]):
            pixels = (
                slice(None),
                *(
                    slice(at * dilation, at * dilation + (side - 1) * stride + 1, stride)
                    for at, dilation, side, stride in zip(
                        (row, column), spec.dilation_rate, sides, spec.strides, strict=True
                    )
                ),
            )
            for group in range(spec.groups):
                yield (
                    (row, column),
                    pixels,
                    slice(group * inputs, (group + 1) * inputs),
                    slice(group * outputs, (group + 1) * outputs),
                )


def _outer_product(rows: np.ndarray, drows: np.ndarray) -> np.ndarray:
    """Return (inputs, outputs), summed over all images and pixels."""
    return rows.reshape(-1, rows.shape[-1]).T @ drows.reshape(-1, drows.shape[-1])


def _without_padding(
    padded: np.ndarray, padding: tuple[Pair, ...], shape: tuple[int, ...]
) -> np.ndarray:
    (top, _), (left, _) = padding
    return padded[:, top : top + shape[1], left : left + shape[2]]
