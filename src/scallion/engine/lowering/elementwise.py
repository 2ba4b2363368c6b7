"""Lowering of what sees single numbers: dropout, scaling, activations as layers."""

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
from scallion.engine.lowering.context import Context
from scallion.engine.lowering.fusion import is_relu
from scallion.engine.program import Buffer, Numbers
from scallion.engine.random import keep_threshold, stream
from scallion.layers.activation import Bending, Elementwise, Leaking, Rectifying, Scaling
from scallion.layers.entry import Entry
from scallion.layers.regularization import Dropping
from scallion.layers.tensor import Node


def same_forward(context: Context, node: Node) -> Buffer:
    """The same floats under another shape."""
    return context.values[node.inputs[0]]


def same_backward(context: Context, node: Node) -> None:
    context.give(node.inputs[0], context.gradients[node.output])


def activation_forward(context: Context, node: Node) -> Buffer:
    x = context.values[node.inputs[0]]
    if (function := _bent(node)) is not None:
        return apply(context, node, function, x)
    return activate(context, node, _name(node), x)


def activation_backward(context: Context, node: Node) -> None:
    if (function := _bent(node)) is not None:
        gradient = apply_backward(context, node, function)
    else:
        gradient = activate_backward(context, node, _name(node))
    context.give(node.inputs[0], gradient)


def _bent(node: Node) -> Function | None:
    """The function of a layer that brings its own numbers."""
    spec = node.layer.spec
    if isinstance(spec, Leaking):
        return rectified(spec.negative_slope, None, 0.0)
    if isinstance(spec, Bending):
        return bent(spec.alpha)
    if not isinstance(spec, Rectifying) or is_relu(node):
        return None
    return rectified(spec.negative_slope, spec.max_value, spec.threshold)


def _name(node: Node) -> str:
    spec = node.layer.spec
    return spec.activation if isinstance(spec, Elementwise) else "relu"


def scaling_forward(context: Context, node: Node) -> Buffer:
    """A row of its own, or, where it alone reads the images, a part of fetching them."""
    spec, source = node.layer.spec, node.inputs[0]
    if not isinstance(spec, Scaling):
        raise TypeError(type(spec).__name__)
    numbers: Numbers = {"factor": float(spec.scale), "shift": float(spec.offset)}
    x = context.values[source]
    if isinstance(source.node.layer.spec, Entry) and context.consumers[source] == 1:
        row = next(row for row in context.body if row.kind == "input" and row.writes["y"] is x)
        row.values.update(numbers)
        return x
    y = context.image("y", prod(node.output.image_shape))
    context.emit("scale", {"x": x}, {"y": y}, **numbers)
    return y


def scaling_backward(context: Context, node: Node) -> None:
    spec, dy = node.layer.spec, context.gradients[node.output]
    if not isinstance(spec, Scaling):
        raise TypeError(type(spec).__name__)
    factor = float(spec.scale)
    context.pass_back(
        node.inputs[0],
        lambda dx: context.emit("scale", {"x": dy}, {"y": dx}, factor=factor, shift=0.0),
    )


def _dropout(context: Context, node: Node, reads: Buffer, writes: Buffer) -> None:
    spec = _dropping(node)
    own = stream(0, spec.seed)
    context.emit(
        "dropout", {"x": reads}, {"y": writes},
        operation=context.graph.nodes.index(node), threshold=keep_threshold(spec.rate),
        factor=1.0 / (1.0 - spec.rate) if spec.rate < 1 else 0.0,
        has_seed=int(spec.seed is not None),
        seed=own - (1 << 64) if own >> 63 else own,  # the same bits as a signed number
    )  # fmt: skip


def _dropping(node: Node) -> Dropping:
    if not isinstance(node.layer.spec, Dropping):
        raise TypeError(type(node.layer.spec).__name__)
    return node.layer.spec


def _drops(context: Context, node: Node) -> bool:
    return context.training and _dropping(node).rate > 0


def dropout_forward(context: Context, node: Node) -> Buffer:
    x = context.values[node.inputs[0]]
    if not _drops(context, node):
        return x
    y = context.image("y", prod(node.output.image_shape))
    _dropout(context, node, x, y)
    return y


def dropout_backward(context: Context, node: Node) -> None:
    dy = context.gradients[node.output]
    if _drops(context, node):
        context.pass_back(node.inputs[0], lambda dx: _dropout(context, node, dy, dx))
    else:
        context.give(node.inputs[0], dy)
