"""Layers with kernels: convolutions and Dense. Padding is always explicit."""

import numpy as np
from numpy.typing import NDArray

from scallion.export.onnx.conversion import LayerConversion
from scallion.export.onnx.layers.activation import activate
from scallion.export.tensor_layout import ExportTensor
from scallion.layers.base.sliding_window import pad_widths
from scallion.layers.base.spec import Padding, Pair


def explicit_pads(
    x: ExportTensor, window: Pair, strides: Pair, padding: Padding, dilation: Pair = (1, 1)
) -> list[int]:
    """Return ONNX's pads of an image: top, left, bottom, right."""
    sides = zip(x.shape[:2], window, strides, dilation, strict=True)
    (top, bottom), (left, right) = (
        pad_widths(size, length, stride, padding, step) for size, length, stride, step in sides
    )
    return [top, left, bottom, right]


def _convolve(
    call: LayerConversion,
    x: ExportTensor,
    kernel: NDArray[np.float32],
    group: int,
    *,
    strides: Pair = (1, 1),
    padding: Padding = "valid",
    dilation: Pair = (1, 1),
    has_bias: bool = True,
) -> str:
    """Add a convolution with kernels (filters, channels per group, height, width)."""
    window = (kernel.shape[2], kernel.shape[3])
    inputs = [x.name, call.constant("kernel", np.ascontiguousarray(kernel))]
    if has_bias:
        inputs.append(call.constant("bias", call.weights["bias"]))
    return call.add(
        "Conv",
        *inputs,
        kernel_shape=window,
        strides=strides,
        dilations=dilation,
        pads=explicit_pads(x, window, strides, padding, dilation),
        group=group,
    )


def conv2d(call: LayerConversion) -> ExportTensor:
    """Convert Conv2D: kernels (h, w, in, out) -> (out, in, h, w)."""
    spec, x = call.spec, call.channels_first(call.x)
    name = _convolve(
        call,
        x,
        call.weights["kernel"].transpose(3, 2, 0, 1),
        spec.groups,
        strides=spec.strides,
        padding=spec.padding,
        dilation=spec.dilation_rate,
        has_bias="bias" in call.weights,
    )
    return activate(call, spec.activation, call.output(name, "channels_first"))


def depthwise_conv2d(call: LayerConversion) -> ExportTensor:
    """Convert DepthwiseConv2D: one group per channel."""
    spec, x = call.spec, call.channels_first(call.x)
    name = _convolve(
        call,
        x,
        _depthwise_kernel(call.weights["kernel"]),
        x.shape[2],
        strides=spec.strides,
        padding=spec.padding,
        dilation=spec.dilation_rate,
        has_bias="bias" in call.weights,
    )
    return activate(call, spec.activation, call.output(name, "channels_first"))


def separable_conv2d(call: LayerConversion) -> ExportTensor:
    """Convert SeparableConv2D: depthwise, then 1x1."""
    spec, x = call.spec, call.channels_first(call.x)
    between = _convolve(
        call,
        x,
        _depthwise_kernel(call.weights["depthwise_kernel"]),
        x.shape[2],
        strides=spec.strides,
        padding=spec.padding,
        dilation=spec.dilation_rate,
        has_bias=False,
    )
    pointwise = call.weights["pointwise_kernel"].transpose(3, 2, 0, 1)
    inner = ExportTensor(between, (*call.output_shape[:2], pointwise.shape[1]), "channels_first")
    name = _convolve(call, inner, pointwise, 1, has_bias="bias" in call.weights)
    return activate(call, spec.activation, call.output(name, "channels_first"))


def conv2d_transpose(call: LayerConversion) -> ExportTensor:
    """Convert Conv2DTranspose; what lies beyond all windows is its output padding."""
    spec, x = call.spec, call.channels_first(call.x)
    rows, columns = spec.crops()
    inputs = [x.name, call.constant("kernel", call.weights["kernel"].transpose(3, 2, 0, 1))]
    if "bias" in call.weights:
        inputs.append(call.constant("bias", call.weights["bias"]))
    name = call.add(
        "ConvTranspose",
        *inputs,
        kernel_shape=spec.kernel_size,
        strides=spec.strides,
        dilations=spec.dilation_rate,
        pads=[rows[0], columns[0], max(rows[1], 0), max(columns[1], 0)],
        output_padding=[max(-rows[1], 0), max(-columns[1], 0)],
    )
    return activate(call, spec.activation, call.output(name, "channels_first"))


def _depthwise_kernel(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return kernels (h, w, channels, multiplier) as (channels * multiplier, 1, h, w)."""
    height, width, channels, multiplier = kernel.shape
    return kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)


def dense(call: LayerConversion) -> ExportTensor:
    """Convert Dense; after a flattened image its rows are put in the image's order."""
    spec, kernel = call.spec, call.weights["kernel"]
    x = call.x if len(call.x.shape) == 1 else call.keras(call.x)
    if x.layout == "flat_channels_first":
        height, width, channels = x.image_shape
        rows = kernel.reshape(height, width, channels, -1).transpose(2, 0, 1, 3)
        kernel = np.ascontiguousarray(rows).reshape(kernel.shape)
    inputs = [x.name, call.constant("kernel", kernel)]
    if len(x.shape) == 1:
        if "bias" in call.weights:
            inputs.append(call.constant("bias", call.weights["bias"]))
        name = call.add("Gemm", *inputs)
    else:
        name = call.add("MatMul", *inputs)
        if "bias" in call.weights:
            name = call.add("Add", name, call.constant("bias", call.weights["bias"]))
    return activate(call, spec.activation, call.output(name))


def batch_normalization(call: LayerConversion) -> ExportTensor:
    """Convert BatchNormalization with its moving statistics."""
    spec, weights = call.spec, call.weights
    mean, variance = weights["moving_mean"], weights["moving_variance"]
    gamma = weights["gamma"] if spec.scale else np.ones_like(mean)
    beta = weights["beta"] if spec.center else np.zeros_like(mean)
    if len(call.x.shape) == 2:
        deviation = np.sqrt(variance + np.float32(spec.epsilon))
        centred = call.add("Sub", call.x.name, call.constant("mean", mean))
        scaled = call.add("Mul", centred, call.constant("scale", gamma / deviation))
        return call.like(call.x, call.add("Add", scaled, call.constant("beta", beta)))
    x = call.channels_first(call.x) if len(call.x.shape) == 3 else call.x
    parts = {"gamma": gamma, "beta": beta, "mean": mean, "variance": variance}
    if x.layout == "flat_channels_first":
        parts = {name: np.ascontiguousarray(x.arrange(part)) for name, part in parts.items()}
    names = [call.constant(name, part) for name, part in parts.items()]
    return call.like(x, call.add("BatchNormalization", x.name, *names, epsilon=float(spec.epsilon)))
