"""Lower transposed convolutions: forward is a convolution's input gradient, backward its output."""

from math import prod

from scallion.engine.lowering.activations import activate, activate_backward
from scallion.engine.lowering.base.affine import emit_affine, emit_sum
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.fusion import own_activation
from scallion.engine.lowering.convolutions.convolution import emit_product
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.base.tensor import Node
from scallion.layers.convolutions.transposed import Conv2DTransposeSpec


def _spec(node: Node) -> Conv2DTransposeSpec:
    spec = node.layer.spec
    if not isinstance(spec, Conv2DTransposeSpec):
        raise TypeError(type(spec).__name__)
    return spec


def _geometry(node: Node) -> Attributes:
    """Return the geometry of the convolution of which this is the transpose."""
    spec, (height, width, filters) = _spec(node), node.output.image_shape
    out_height, out_width, channels = node.input_shapes[0]
    (top, _), (left, _) = spec.crops()
    return {
        "height": height,
        "width": width,
        "channels": filters,
        "out_height": out_height,
        "out_width": out_width,
        "filters": channels,
        "kernel_height": spec.kernel_size[0],
        "kernel_width": spec.kernel_size[1],
        "stride_y": spec.strides[0],
        "stride_x": spec.strides[1],
        "dilation_y": spec.dilation_rate[0],
        "dilation_x": spec.dilation_rate[1],
        "pad_y": top,
        "pad_x": left,
        "groups": 1,
    }


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower the product, the bias, and the activation."""
    spec, weights = _spec(node), node.layer.weights_by_role()
    activation = own_activation(context, node, spec.activation)
    y = context.image("y", prod(node.output.image_shape))
    emit_product(
        context, "_dx", {"dy": context.values[node.inputs[0]]}, {"dx": y}, weights["kernel"],
        _geometry(node), macs=spec.macs(*node.input_shapes), accumulate=0,
    )  # fmt: skip
    relu = activation == "relu"
    if spec.use_bias or relu:
        bias = context.weight(weights["bias"]) if spec.use_bias else None
        y = emit_affine(context, y, spec.filters, None, bias, relu=relu)
    return y if relu else activate(context, node, activation, y)


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the gradients of weights and input."""
    spec, weights = _spec(node), node.layer.weights_by_role()
    dy = activate_backward(context, node, own_activation(context, node, spec.activation))
    geometry, macs = _geometry(node), spec.macs(*node.input_shapes)
    x, kernel = context.values[node.inputs[0]], weights["kernel"]
    if context.needs_weight_gradient(kernel, node):
        dw, is_first = context.weight_gradient(kernel)
        context.emit(
            "convolution_dw", {"x": dy, "dy": x}, {"dw": dw}, macs=macs,
            **geometry, overwrite=int(is_first),
        )  # fmt: skip
        if spec.use_bias:
            emit_sum(context, dy, weights["bias"], node.output.image_shape)
    context.emit_gradient(
        node.inputs[0],
        lambda dx: emit_product(
            context, "", {"x": dy}, {"y": dx}, kernel, geometry, macs=macs, relu=0
        ),
    )
