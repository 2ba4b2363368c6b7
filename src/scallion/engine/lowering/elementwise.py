"""Lowering of what sees single numbers: scaling, activations as layers."""

from math import prod

from scallion.engine.lowering.activations import (
    Function,
    activate,
    activate_backward,
    apply,
    apply_backward,
    bent,
    rectified,
)
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.fusion import is_relu
from scallion.engine.program import Attributes, Buffer
from scallion.layers.activation import (
    ActivationSpec,
    ELUSpec,
    GeluSpec,
    LeakyReLUSpec,
    ReLUSpec,
    RescalingSpec,
)
from scallion.layers.input_layer import InputLayerSpec
from scallion.layers.tensor import Node


def same_forward(context: LoweringContext, node: Node) -> Buffer:
    """The same floats under another shape."""
    return context.values[node.inputs[0]]


def same_backward(context: LoweringContext, node: Node) -> None:
    context.give(node.inputs[0], context.gradients[node.output])


def activation_forward(context: LoweringContext, node: Node) -> Buffer:
    x = context.values[node.inputs[0]]
    if (function := _bent(node)) is not None:
        return apply(context, node, function, x)
    return activate(context, node, _name(node), x)


def activation_backward(context: LoweringContext, node: Node) -> None:
    if (function := _bent(node)) is not None:
        gradient = apply_backward(context, node, function)
    else:
        gradient = activate_backward(context, node, _name(node))
    context.give(node.inputs[0], gradient)


def _bent(node: Node) -> Function | None:
    """The function of a layer that brings its own numbers."""
    spec = node.layer.spec
    if isinstance(spec, LeakyReLUSpec):
        return rectified(spec.negative_slope, None, 0.0)
    if isinstance(spec, ELUSpec):
        return bent(spec.alpha)
    if isinstance(spec, GeluSpec):
        return Function("gelu_tanh", "x")
    if not isinstance(spec, ReLUSpec) or is_relu(node):
        return None
    return rectified(spec.negative_slope, spec.max_value, spec.threshold)


def _name(node: Node) -> str:
    spec = node.layer.spec
    return spec.activation if isinstance(spec, ActivationSpec) else "relu"


def scaling_forward(context: LoweringContext, node: Node) -> Buffer:
    """A row of its own, or, where it alone reads the images, a part of fetching them."""
    spec, source = node.layer.spec, node.inputs[0]
    if not isinstance(spec, RescalingSpec):
        raise TypeError(type(spec).__name__)
    numbers: Attributes = {"scale": float(spec.scale), "offset": float(spec.offset)}
    x = context.values[source]
    if isinstance(source.node.layer.spec, InputLayerSpec) and context.consumers[source] == 1:
        row = next(row for row in context.body if row.kind == "input" and row.writes["y"] is x)
        row.values.update(numbers)
        return x
    y = context.image("y", prod(node.output.image_shape))
    context.emit("rescale", {"x": x}, {"y": y}, **numbers)
    return y


def scaling_backward(context: LoweringContext, node: Node) -> None:
    spec, dy = node.layer.spec, context.gradients[node.output]
    if not isinstance(spec, RescalingSpec):
        raise TypeError(type(spec).__name__)
    factor = float(spec.scale)
    context.pass_back(
        node.inputs[0],
        lambda dx: context.emit("rescale", {"x": dy}, {"y": dx}, scale=factor, offset=0.0),
    )
