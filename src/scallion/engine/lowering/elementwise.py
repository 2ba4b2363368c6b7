"""Lowering of what moves or draws single numbers: flatten, dropout, add, activations as layers."""

from math import prod

from scallion.engine.lowering.activations import activate, activate_backward
from scallion.engine.lowering.context import Context
from scallion.engine.program import Buffer
from scallion.engine.random import keep_threshold
from scallion.layers.core import Elementwise
from scallion.layers.tensor import Node


def same_forward(context: Context, node: Node) -> Buffer:
    """The same floats under another shape."""
    return context.values[node.inputs[0]]


def same_backward(context: Context, node: Node) -> None:
    context.give(node.inputs[0], context.gradients[node.output])


def activation_forward(context: Context, node: Node) -> Buffer:
    spec = node.layer.spec
    if not isinstance(spec, Elementwise):
        raise TypeError(type(spec).__name__)
    return activate(context, node, spec.activation, context.values[node.inputs[0]])


def activation_backward(context: Context, node: Node) -> None:
    spec = node.layer.spec
    if not isinstance(spec, Elementwise):
        raise TypeError(type(spec).__name__)
    context.give(node.inputs[0], activate_backward(context, node, spec.activation))


def _dropout(context: Context, node: Node, reads: Buffer, writes: Buffer) -> None:
    rate = node.layer.spec.rate  # type: ignore[attr-defined]
    context.emit(
        "dropout", {"x": reads}, {"y": writes},
        operation=context.graph.nodes.index(node), threshold=keep_threshold(rate),
        factor=1.0 / (1.0 - rate) if rate < 1 else 0.0,
    )  # fmt: skip


def _drops(context: Context, node: Node) -> bool:
    return context.training and node.layer.spec.rate > 0  # type: ignore[attr-defined]


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


def add_forward(context: Context, node: Node) -> Buffer:
    total = context.values[node.inputs[0]]
    for tensor in node.inputs[1:]:
        y = context.image("y", prod(node.output.image_shape))
        context.emit("add", {"a": total, "b": context.values[tensor]}, {"y": y})
        total = y
    return total


def add_backward(context: Context, node: Node) -> None:
    for tensor in node.inputs:
        context.give(tensor, context.gradients[node.output])
