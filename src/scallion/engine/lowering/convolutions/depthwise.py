"""Depthwise and separable convolutions.

The core gives each channel one kernel. With a depth multiplier above 1 the channels are repeated
before the convolution, and their gradients summed after it.
"""

from math import prod

from scallion.engine.lowering.activations import activate, activate_backward
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import StridedCopy, emit_copy, emit_copy_backward
from scallion.engine.lowering.base.fusion import own_activation
from scallion.engine.lowering.convolutions.convolution import (
    dense_geometry,
    packed,
    window_geometry,
)
from scallion.engine.lowering.convolutions.packing import emit_packing
from scallion.engine.lowering.normalization import fold_following
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.base.layer import Variable
from scallion.layers.base.spec import Shape
from scallion.layers.base.tensor import Node
from scallion.layers.convolutions.depthwise import DepthwiseConv2DSpec, SeparableConv2DSpec


def _depthwise_spec(node: Node) -> DepthwiseConv2DSpec:
    spec = node.layer.spec
    if isinstance(spec, SeparableConv2DSpec):
        return spec.depthwise
    if not isinstance(spec, DepthwiseConv2DSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _separable_spec(node: Node) -> SeparableConv2DSpec:
    spec = node.layer.spec
    if not isinstance(spec, SeparableConv2DSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _depthwise_shape(node: Node) -> Shape:
    """Return the output shape of the depthwise half."""
    return _depthwise_spec(node).output_shape(*node.input_shapes)


def _weights(node: Node) -> dict[str, Variable]:
    return node.layer.weights_by_role()


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a depthwise convolution with what is fused into it."""
    spec, weights = _depthwise_spec(node), _weights(node)
    bias = context.weight(weights["bias"]) if spec.use_bias else None
    last, factor, bias = fold_following(context, node, bias)
    activation = own_activation(context, last, spec.activation)
    relu = activation == "relu"
    y = _emit_depthwise(context, node, weights["kernel"], bias, factor, relu=relu)
    return y if relu else activate(context, node, activation, y)


def _emit_depthwise(
    context: LoweringContext,
    node: Node,
    kernel: Variable,
    bias: Buffer | None = None,
    factor: Buffer | None = None,
    *,
    relu: bool = False,
) -> Buffer:
    """Emit the depthwise half, and save what its backward pass reads."""
    x, weights = _repeated(context, node), _packed(context, kernel, factor)
    context.saved[node] = {"x": x, "packed": weights}
    reads = {"x": x, "packed": weights} | ({} if bias is None else {"bias": bias})
    y = context.image("y", prod(_depthwise_shape(node)))
    macs = _depthwise_spec(node).macs(*node.input_shapes)
    context.emit("depthwise", reads, {"y": y}, macs=macs, **_geometry(node), relu=int(relu))
    return y


def _geometry(node: Node) -> Attributes:
    height, width, _ = node.input_shapes[0]
    out = _depthwise_shape(node)
    geometry = window_geometry((height, width, out[2]), out, _depthwise_spec(node))
    return {**geometry, "groups": out[2], "images": 1}


def _packed(context: LoweringContext, kernel: Variable, factor: Buffer | None) -> Buffer:
    """Return one row of weights per kernel position, each channel's multiplied by `factor`."""
    positions, channels = prod(kernel.shape[:2]), prod(kernel.shape[2:])
    buffer = context.shared("packed", positions * (-(-channels // 16) * 16))
    return emit_packing(
        context, "pack_weights", kernel, buffer, factor,
        positions=positions, inputs=1, outputs=channels, groups=1, transposed=0,
    )  # fmt: skip


def _repetition(node: Node) -> StridedCopy | None:
    """Return the copy that repeats each channel once per kernel; None for one kernel."""
    times = _depthwise_spec(node).depth_multiplier
    if times == 1:
        return None
    height, width, channels = node.input_shapes[0]
    return StridedCopy(
        (height * width, channels, times), (channels, 1, 0), (channels * times, times, 1)
    )


def _repeated(context: LoweringContext, node: Node) -> Buffer:
    x, repetition = context.values[node.inputs[0]], _repetition(node)
    if repetition is None:
        return x
    y = context.image("repeated", prod(repetition.sides))
    emit_copy(context, x, y, repetition)
    return y


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the gradients of a depthwise convolution."""
    spec, weights = _depthwise_spec(node), _weights(node)
    dy = activate_backward(context, node, own_activation(context, node, spec.activation))
    _emit_depthwise_backward(context, node, dy, weights["kernel"], weights.get("bias"))


def _emit_depthwise_backward(
    context: LoweringContext,
    node: Node,
    dy: Buffer,
    kernel: Variable,
    bias: Variable | None = None,
) -> None:
    saved, geometry = context.saved[node], _geometry(node)
    macs = _depthwise_spec(node).macs(*node.input_shapes)
    if context.needs_weight_gradient(kernel, node):
        writes: dict[str, Buffer] = {}
        writes["dw"], is_first = context.weight_gradient(kernel)
        if bias is not None:
            writes["db"], _ = context.weight_gradient(bias)
        reads = {"x": saved["x"], "dy": dy}
        context.emit("depthwise_dw", reads, writes, macs=macs, **geometry, overwrite=int(is_first))
    source, repetition = node.inputs[0], _repetition(node)
    if not context.needs_gradient(source):
        return
    dx = context.image("dx", saved["x"].size)
    reads = {"dy": dy, "packed": saved["packed"]}
    context.emit("depthwise_dx", reads, {"dx": dx}, macs=macs, **geometry)
    if repetition is None:
        context.accumulate_gradient(source, dx)
    else:
        context.emit_gradient(
            source, lambda dsource: emit_copy_backward(context, dx, dsource, repetition)
        )


def separable_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a separable convolution: depthwise, then pointwise with what is fused into it."""
    spec, weights = _separable_spec(node), _weights(node)
    depthwise = _emit_depthwise(context, node, weights["depthwise_kernel"])
    context.saved[node]["depthwise"] = depthwise
    bias = context.weight(weights["bias"]) if spec.use_bias else None
    last, factor, bias = fold_following(context, node, bias)
    geometry = dense_geometry(_depthwise_shape(node), spec.filters)
    matrix = weights["pointwise_kernel"]
    reads = {
        "x": depthwise,
        "packed": packed(context, matrix, geometry, transposed=False, factor=factor),
    } | ({} if bias is None else {"bias": bias})
    activation = own_activation(context, last, spec.activation)
    relu = activation == "relu"
    y = context.image("pointwise", prod(node.output.image_shape))
    context.emit(
        "convolution", reads, {"y": y}, macs=_pointwise_macs(node),
        **geometry, relu=int(relu), images=1,
    )  # fmt: skip
    return y if relu else activate(context, node, activation, y)


def separable_backward(context: LoweringContext, node: Node) -> None:
    """Lower the gradients of a separable convolution."""
    spec, weights = _separable_spec(node), _weights(node)
    dy = activate_backward(context, node, own_activation(context, node, spec.activation))
    geometry = dense_geometry(_depthwise_shape(node), spec.filters)
    matrix = weights["pointwise_kernel"]
    depthwise, macs = context.saved[node]["depthwise"], _pointwise_macs(node)
    if context.needs_weight_gradient(matrix, node):
        writes: dict[str, Buffer] = {}
        writes["dw"], is_first = context.weight_gradient(matrix)
        if spec.use_bias:
            writes["db"], _ = context.weight_gradient(weights["bias"])
        context.emit(
            "convolution_dw", {"x": depthwise, "dy": dy}, writes, macs=macs,
            **geometry, overwrite=int(is_first),
        )  # fmt: skip
    kernel = weights["depthwise_kernel"]
    if not context.needs_weight_gradient(kernel, node) and not context.needs_gradient(
        node.inputs[0]
    ):
        return
    ddepthwise = context.image("d depthwise", depthwise.size)
    reads = {"dy": dy, "packed": packed(context, matrix, geometry, transposed=True)}
    context.emit(
        "convolution_dx", reads, {"dx": ddepthwise}, macs=macs, **geometry, accumulate=0, images=1
    )
    _emit_depthwise_backward(context, node, ddepthwise, kernel)


def _pointwise_macs(node: Node) -> int:
    return prod(_depthwise_shape(node)) * _separable_spec(node).filters
