"""Lowering of convolutions that keep channels apart, and of the mixture behind them.

The core gives each channel one kernel. Where the layer gives it several, the channels are repeated
before, and their gradients added up behind.
"""

from math import prod

from scallion.engine.lowering.activations import activate, activate_backward
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.convolution import PACK_PARTS, dense_geometry, packed, sliding
from scallion.engine.lowering.data_movement import StridedCopy, move, move_back
from scallion.engine.lowering.fusion import own_activation
from scallion.engine.lowering.normalization import folded_behind
from scallion.engine.program import Attributes, Buffer
from scallion.layers.depthwise import DepthwiseConv2DSpec, SeparableConv2DSpec
from scallion.layers.layer import Variable
from scallion.layers.spec import Shape
from scallion.layers.tensor import Node


def _depthwise(node: Node) -> DepthwiseConv2DSpec:
    spec = node.layer.spec
    if isinstance(spec, SeparableConv2DSpec):
        return spec.depthwise
    if not isinstance(spec, DepthwiseConv2DSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _spread(node: Node) -> Shape:
    """What comes out of the depthwise half."""
    return _depthwise(node).output_shape(*node.input_shapes)


def _weights(node: Node) -> dict[str, Variable]:
    return {variable.name: variable for variable in node.layer.variables}


def forward(context: LoweringContext, node: Node) -> Buffer:
    spec, weights = _depthwise(node), _weights(node)
    bias = context.weight(weights["bias"]) if spec.use_bias else None
    last, factor, bias = folded_behind(context, node, bias)
    activation = own_activation(context, last, spec.activation)
    relu = activation == "relu"
    y = _slid(context, node, weights["kernel"], bias, factor, relu=relu)
    return y if relu else activate(context, node, activation, y)


def _slid(
    context: LoweringContext,
    node: Node,
    kernel: Variable,
    bias: Buffer | None = None,
    factor: Buffer | None = None,
    *,
    relu: bool = False,
) -> Buffer:
    """The depthwise half: its rows, and what the way back wants to know of them."""
    x, weights = _repeated(context, node), _packed(context, kernel, factor)
    context.kept[node] = {"x": x, "packed": weights}
    reads = {"x": x, "packed": weights} | ({} if bias is None else {"bias": bias})
    y = context.image("y", prod(_spread(node)))
    macs = _depthwise(node).macs(*node.input_shapes)
    context.emit("depthwise", reads, {"y": y}, macs=macs, **_numbers(node), relu=int(relu))
    return y


def _numbers(node: Node) -> Attributes:
    height, width, _ = node.input_shapes[0]
    out = _spread(node)
    numbers = sliding((height, width, out[2]), out, _depthwise(node))
    return {**numbers, "groups": out[2], "images": 1}


def _packed(context: LoweringContext, kernel: Variable, factor: Buffer | None) -> Buffer:
    """A row of weights for each tap, each channel's times `factor`."""
    taps, channels = prod(kernel.shape[:2]), prod(kernel.shape[2:])
    buffer = context.shared("packed", taps * (-(-channels // 16) * 16))
    reads = {"weights": context.weight(kernel)} | (
        {} if factor is None else {"filter_scale": factor}
    )
    context.prepare(
        "pack_weights", reads, {"packed": buffer}, PACK_PARTS,
        positions=taps, inputs=1, outputs=channels, groups=1, transposed=0,
    )  # fmt: skip
    return buffer


def _walk(node: Node) -> StridedCopy | None:
    """Each channel as often as it has kernels; None where that is once."""
    times = _depthwise(node).depth_multiplier
    if times == 1:
        return None
    height, width, channels = node.input_shapes[0]
    return StridedCopy(
        (height * width, channels, times), (channels, 1, 0), (channels * times, times, 1)
    )


def _repeated(context: LoweringContext, node: Node) -> Buffer:
    x, walk = context.values[node.inputs[0]], _walk(node)
    if walk is None:
        return x
    y = context.image("repeated", prod(walk.sides))
    move(context, x, y, walk)
    return y


def backward(context: LoweringContext, node: Node) -> None:
    spec, weights = _depthwise(node), _weights(node)
    dy = activate_backward(context, node, own_activation(context, node, spec.activation))
    _slid_backward(context, node, dy, weights["kernel"], weights.get("bias"))


def _slid_backward(
    context: LoweringContext, node: Node, dy: Buffer, kernel: Variable, bias: Variable | None = None
) -> None:
    kept, numbers = context.kept[node], _numbers(node)
    macs = _depthwise(node).macs(*node.input_shapes)
    if context.learns(kernel, node):
        writes: dict[str, Buffer] = {}
        writes["dw"], first = context.weight_gradient(kernel)
        if bias is not None:
            writes["db"], _ = context.weight_gradient(bias)
        reads = {"x": kept["x"], "dy": dy}
        context.emit("depthwise_dw", reads, writes, macs=macs, **numbers, overwrite=int(first))
    source, walk = node.inputs[0], _walk(node)
    if not context.needs_gradient(source):
        return
    dx = context.image("dx", kept["x"].size)
    reads = {"dy": dy, "packed": kept["packed"]}
    context.emit("depthwise_dx", reads, {"dx": dx}, macs=macs, **numbers)
    if walk is None:
        context.give(source, dx)
    else:
        context.pass_back(source, lambda dsource: move_back(context, dx, dsource, walk))


def separable_forward(context: LoweringContext, node: Node) -> Buffer:
    spec, weights = _separable(node), _weights(node)
    spread = _slid(context, node, weights["depthwise_kernel"])
    context.kept[node]["spread"] = spread
    bias = context.weight(weights["bias"]) if spec.use_bias else None
    last, factor, bias = folded_behind(context, node, bias)
    numbers = dense_geometry(_spread(node), spec.filters)
    matrix = weights["pointwise_kernel"]
    reads = {
        "x": spread,
        "packed": packed(context, matrix, numbers, transposed=False, factor=factor),
    } | ({} if bias is None else {"bias": bias})
    activation = own_activation(context, last, spec.activation)
    relu = activation == "relu"
    y = context.image("mixed", prod(node.output.image_shape))
    context.emit(
        "convolution", reads, {"y": y}, macs=_mixture_macs(node),
        **numbers, relu=int(relu), images=1,
    )  # fmt: skip
    return y if relu else activate(context, node, activation, y)


def separable_backward(context: LoweringContext, node: Node) -> None:
    spec, weights = _separable(node), _weights(node)
    dy = activate_backward(context, node, own_activation(context, node, spec.activation))
    numbers, matrix = dense_geometry(_spread(node), spec.filters), weights["pointwise_kernel"]
    spread, macs = context.kept[node]["spread"], _mixture_macs(node)
    if context.learns(matrix, node):
        writes: dict[str, Buffer] = {}
        writes["dw"], first = context.weight_gradient(matrix)
        if spec.use_bias:
            writes["db"], _ = context.weight_gradient(weights["bias"])
        context.emit(
            "convolution_dw", {"x": spread, "dy": dy}, writes, macs=macs,
            **numbers, overwrite=int(first),
        )  # fmt: skip
    kernel = weights["depthwise_kernel"]
    if not context.learns(kernel, node) and not context.needs_gradient(node.inputs[0]):
        return
    dspread = context.image("d spread", spread.size)
    reads = {"dy": dy, "packed": packed(context, matrix, numbers, transposed=True)}
    context.emit(
        "convolution_dx", reads, {"dx": dspread}, macs=macs, **numbers, accumulate=0, images=1
    )
    _slid_backward(context, node, dspread, kernel)


def _separable(node: Node) -> SeparableConv2DSpec:
    spec = node.layer.spec
    if not isinstance(spec, SeparableConv2DSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _mixture_macs(node: Node) -> int:
    return prod(_spread(node)) * _separable(node).filters
