"""Layers as PyTorch code: each function returns the expression of the layer's output."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.activations import LEAKY_RELU_SLOPE
from scallion.export.tensor_layout import ExportTensor
from scallion.export.torch.module_writer import TorchCall, number, numbers
from scallion.layers.base.sliding_window import pad_widths
from scallion.layers.base.spec import Padding, Pair

TorchConverter = Callable[[TorchCall], ExportTensor]
"""Adds the code of one layer call and returns its output."""

ACTIVATIONS = {
    "elu": "F.elu({})",
    "exponential": "torch.exp({})",
    "gelu": "F.gelu({})",
    "hard_sigmoid": "F.hardsigmoid({})",
    "hard_silu": "F.hardswish({})",
    "leaky_relu": f"F.leaky_relu({{}}, {LEAKY_RELU_SLOPE})",
    "linear": "{}",
    "log_softmax": "F.log_softmax({}, dim=AXIS)",
    "mish": "F.mish({})",
    "relu": "F.relu({})",
    "relu6": "F.relu6({})",
    "selu": "F.selu({})",
    "sigmoid": "torch.sigmoid({})",
    "silu": "F.silu({})",
    "softmax": "F.softmax({}, dim=AXIS)",
    "softplus": "F.softplus({})",
    "softsign": "F.softsign({})",
    "tanh": "torch.tanh({})",
}


def activate(name: str, x: ExportTensor) -> ExportTensor:
    """Apply an activation by name."""
    code = ACTIVATIONS[name]
    if "AXIS" in code:
        if x.layout == "flat_channels_first":
            raise TypeError(x.layout)
        code = code.replace("AXIS", str(x.axis(-1)))
    return ExportTensor(code.format(x.name), x.shape, x.layout, x.image_shape)


def activation(call: TorchCall) -> ExportTensor:
    """Write Activation."""
    name = call.spec.activation
    is_along = "AXIS" in ACTIVATIONS[name]
    flat = call.x.layout == "flat_channels_first"
    return activate(name, call.keras(call.x) if is_along and flat else call.x)


def _padded(
    call: TorchCall,
    window: Pair,
    strides: Pair,
    padding: Padding,
    dilation: Pair = (1, 1),
    outside: str = "",
    most: Pair | None = None,
) -> tuple[str, str]:
    """Return the image and the `padding=` argument; unequal edges are padded beforehand."""
    x = call.channels_first(call.x)
    sides = zip(x.shape[:2], window, strides, dilation, strict=True)
    edges = [pad_widths(size, length, step, padding, gap) for size, length, step, gap in sides]
    is_small = most is None or all(
        edge[0] <= limit for edge, limit in zip(edges, most, strict=True)
    )
    if all(first == last for first, last in edges) and is_small:
        pads = (edges[0][0], edges[1][0])
        return x.name, "" if pads == (0, 0) else f", padding={numbers(pads)}"
    (top, bottom), (left, right) = edges
    return f"F.pad({x.name}, ({left}, {right}, {top}, {bottom}){outside})", ""


def _window_arguments(spec: Any, channels: int, filters: int, groups: int, bias: bool) -> str:
    """Return the arguments of nn.Conv2d that differ from its defaults, without the padding."""
    parts = [str(channels), str(filters), numbers(spec.kernel_size)]
    if spec.strides != (1, 1):
        parts.append(f"stride={numbers(spec.strides)}")
    if spec.dilation_rate != (1, 1):
        parts.append(f"dilation={numbers(spec.dilation_rate)}")
    if groups != 1:
        parts.append(f"groups={groups}")
    if not bias:
        parts.append("bias=False")
    return ", ".join(parts)


def _convolution(call: TorchCall, kernel: NDArray[Any], groups: int, bias: bool, part: str) -> str:
    """Return the expression of a convolution with kernels (filters, channels, height, width)."""
    spec = call.spec
    x, padding = _padded(call, spec.kernel_size, spec.strides, spec.padding, spec.dilation_rate)
    filters, channels = kernel.shape[0], kernel.shape[1] * groups
    arguments = _window_arguments(spec, channels, filters, groups, bias)
    weights = {"weight": kernel, **({"bias": call.weights["bias"]} if bias else {})}
    return f"{call.module(f'nn.Conv2d({arguments}{padding})', weights, part)}({x})"


def conv2d(call: TorchCall) -> ExportTensor:
    """Write Conv2D."""
    spec = call.spec
    kernel = call.weights["kernel"].transpose(3, 2, 0, 1)
    code = _convolution(call, kernel, spec.groups, spec.use_bias, "")
    return activate(spec.activation, call.output(code, "channels_first"))


def conv2d_transpose(call: TorchCall) -> ExportTensor:
    """Write Conv2DTranspose; unequal edges are cropped afterwards."""
    spec, (height, width, _) = call.spec, call.output_shape
    (top, bottom), (left, right) = spec.crops()
    kernel = call.weights["kernel"].transpose(3, 2, 0, 1)
    x = call.channels_first(call.x)
    arguments = _window_arguments(spec, x.shape[2], spec.filters, 1, spec.use_bias)
    beyond = (max(-bottom, 0), max(-right, 0))
    if beyond != (0, 0):
        arguments += f", output_padding={numbers(beyond)}"
    is_even = (top, left) == (max(bottom, 0), max(right, 0))
    if is_even and (top, left) != (0, 0):
        arguments += f", padding={numbers((top, left))}"
    weights = {"weight": kernel, **({"bias": call.weights["bias"]} if spec.use_bias else {})}
    code = f"{call.module(f'nn.ConvTranspose2d({arguments})', weights)}({x.name})"
    if not is_even:
        code += f"[:, :, {top}:{top + height}, {left}:{left + width}]"
    return activate(spec.activation, call.output(code, "channels_first"))


def depthwise_conv2d(call: TorchCall) -> ExportTensor:
    """Write DepthwiseConv2D: one group per channel."""
    spec, channels = call.spec, call.x.shape[2]
    code = _convolution(call, _depthwise(call.weights["kernel"]), channels, spec.use_bias, "")
    return activate(spec.activation, call.output(code, "channels_first"))


def separable_conv2d(call: TorchCall) -> ExportTensor:
    """Write SeparableConv2D: depthwise, then 1x1."""
    spec, channels = call.spec, call.x.shape[2]
    kernel = _depthwise(call.weights["depthwise_kernel"])
    inner = _convolution(call, kernel, channels, False, "_depthwise")
    pointwise = call.weights["pointwise_kernel"].transpose(3, 2, 0, 1)
    bias = {"bias": call.weights["bias"]} if spec.use_bias else {}
    arguments = f"{pointwise.shape[1]}, {pointwise.shape[0]}, 1"
    arguments += "" if spec.use_bias else ", bias=False"
    mixed = call.module(f"nn.Conv2d({arguments})", {"weight": pointwise, **bias}, "_pointwise")
    return activate(spec.activation, call.output(f"{mixed}({inner})", "channels_first"))


def _depthwise(kernel: NDArray[Any]) -> NDArray[Any]:
    height, width, channels, multiplier = kernel.shape
    return kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)


def dense(call: TorchCall) -> ExportTensor:
    """Write Dense; after a flattened image its columns are put in the image's order."""
    spec, kernel = call.spec, call.weights["kernel"]
    x = call.x if len(call.x.shape) == 1 else call.keras(call.x)
    inputs, units = x.shape[-1], call.output_shape[-1]
    if x.layout == "flat_channels_first":
        image = kernel.reshape(*x.image_shape, units)
        kernel = image.transpose(2, 0, 1, 3).reshape(inputs, units)
    weights = {"weight": kernel.T, **({"bias": call.weights["bias"]} if spec.use_bias else {})}
    arguments = f"{inputs}, {units}" + ("" if spec.use_bias else ", bias=False")
    name = call.module(f"nn.Linear({arguments})", weights, variant=x.layout)
    code = f"{name}({x.name})"
    return activate(spec.activation, call.output(code))


def batch_normalization(call: TorchCall) -> ExportTensor:
    """Write BatchNormalization."""
    spec, weights, rank = call.spec, call.weights, len(call.x.shape)
    x = call.channels_first(call.x) if rank == 3 else call.x
    mean, variance = weights["moving_mean"], weights["moving_variance"]
    parts: dict[str, NDArray[Any]] = {
        "weight": weights.get("gamma", np.ones_like(mean)),
        "bias": weights.get("beta", np.zeros_like(mean)),
        "running_mean": mean,
        "running_var": variance,
    }
    if x.layout == "flat_channels_first":
        parts = {name: x.arrange(part) for name, part in parts.items()}
    parts["num_batches_tracked"] = np.array(0, np.int64)
    kind = "BatchNorm2d" if rank == 3 else "BatchNorm1d"
    momentum = number(round(1 - spec.momentum, 6))
    code = f"nn.{kind}({len(mean)}, eps={number(spec.epsilon)}, momentum={momentum})"
    name = call.module(code, parts, variant=x.layout)
    if rank == 2:
        return call.like(x, f"{name}({x.name}.transpose(1, 2)).transpose(1, 2)")
    return call.like(x, f"{name}({x.name})")


def max_pooling2d(call: TorchCall) -> ExportTensor:
    """Write MaxPooling2D."""
    spec = call.spec
    half = (spec.pool_size[0] // 2, spec.pool_size[1] // 2)  # more, PyTorch refuses
    outside = ', value=float("-inf")'
    x, padding = _padded(
        call, spec.pool_size, spec.strides, spec.padding, outside=outside, most=half
    )
    return call.output(f"F.max_pool2d({x}, {_pool_window(spec)}{padding})", "channels_first")


def average_pooling2d(call: TorchCall) -> ExportTensor:
    """Write AveragePooling2D, which does not count the padding."""
    spec = call.spec
    half = (spec.pool_size[0] // 2, spec.pool_size[1] // 2)
    x, padding = _padded(call, spec.pool_size, spec.strides, spec.padding, most=half)
    window, image = _pool_window(spec), call.channels_first(call.x).name
    if padding or x == image:
        counted = ", count_include_pad=False" if padding else ""
        return call.output(f"F.avg_pool2d({x}, {window}{padding}{counted})", "channels_first")
    # Unequal edges were padded beforehand: divide by the fraction of each window that is inside.
    inside = x.replace(image, f"torch.ones_like({image})", 1)
    code = f"(F.avg_pool2d({x}, {window}) / F.avg_pool2d({inside}, {window}))"
    return call.output(code, "channels_first")


def _pool_window(spec: Any) -> str:
    if spec.strides == spec.pool_size:
        return numbers(spec.pool_size)
    return f"{numbers(spec.pool_size)}, stride={numbers(spec.strides)}"


def global_average_pooling2d(call: TorchCall) -> ExportTensor:
    """Write GlobalAveragePooling2D."""
    return _global(call, "mean")


def global_max_pooling2d(call: TorchCall) -> ExportTensor:
    """Write GlobalMaxPooling2D."""
    return _global(call, "amax")


def _global(call: TorchCall, kind: str) -> ExportTensor:
    x = call.channels_first(call.x).name
    if call.spec.keepdims:
        return call.output(f"{x}.{kind}(dim=(2, 3), keepdim=True)", "channels_first")
    return call.output(f"{x}.{kind}(dim=(2, 3))")


def dropout(call: TorchCall) -> ExportTensor:
    """Write Dropout, which training in PyTorch uses, too."""
    rate = number(call.spec.rate)
    return call.like(call.x, f"F.dropout({call.x.name}, {rate}, self.training)")


def spatial_dropout2d(call: TorchCall) -> ExportTensor:
    """Write SpatialDropout2D."""
    x = call.channels_first(call.x)
    return call.like(x, f"F.dropout2d({x.name}, {number(call.spec.rate)}, self.training)")


def identity(call: TorchCall) -> ExportTensor:
    """Return the input: noise and augmentation do nothing in inference."""
    return call.x
