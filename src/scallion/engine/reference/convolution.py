"""Convolution, one kernel place at a time: each is a matrix product over all pixels."""

from collections.abc import Iterator

import numpy as np

from scallion.engine.reference.activations import activate
from scallion.engine.reference.layer_call import (
    ForwardResult,
    Gradients,
    LayerCall,
    over_images,
    total,
)
from scallion.layers.spec import Pair, pad_widths


def convolution(call: LayerCall, x: np.ndarray) -> ForwardResult:
    """y = activation(kernel slid over x, plus bias): (n, H, W, C) -> (n, H', W', filters)."""
    spec, kernel = call.spec, call.weights["kernel"]
    sides = spec.output_shape(x.shape[1:])[:2]
    margins = tuple(
        pad_widths(size, window, stride, spec.padding, dilation)
        for size, window, stride, dilation in zip(
            x.shape[1:3], spec.kernel_size, spec.strides, spec.dilation_rate, strict=True
        )
    )
    padded = np.pad(x, ((0, 0), *margins, (0, 0)))
    z = np.zeros((len(x), *sides, spec.filters), x.dtype)
    for place, pixels, inputs, outputs in _terms(call, sides):
        z[..., outputs] += padded[pixels][..., inputs] @ kernel[place][:, outputs]
    if spec.use_bias:
        z += call.weights["bias"]
    y, slope = activate(spec.activation, z)

    def backward(dy: np.ndarray) -> Gradients:
        dz = slope(dy)
        dpadded, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
        for place, pixels, inputs, outputs in _terms(call, sides):
            rows = padded[pixels][..., inputs]
            drows = dz[..., outputs]
            dpadded[pixels][..., inputs] += drows @ kernel[place][:, outputs].T
            dkernel[place][:, outputs] = _product(rows, drows)
        weights = {"kernel": dkernel}
        if spec.use_bias:
            weights["bias"] = total(dz, over_images(dz))
        return [_inside(dpadded, margins, x.shape)], weights

    return ForwardResult(y, backward)


def _terms(call: LayerCall, sides: Pair) -> Iterator[tuple[Pair, tuple[slice, ...], slice, slice]]:
    """For each kernel place and group: the place, the pixels it meets, its inputs and outputs."""
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


def _product(rows: np.ndarray, drows: np.ndarray) -> np.ndarray:
    """Inputs by outputs, summed over all images and pixels."""
    return rows.reshape(-1, rows.shape[-1]).T @ drows.reshape(-1, drows.shape[-1])


def _inside(padded: np.ndarray, margins: tuple[Pair, ...], shape: tuple[int, ...]) -> np.ndarray:
    (top, _), (left, _) = margins
    return padded[:, top : top + shape[1], left : left + shape[2]]
