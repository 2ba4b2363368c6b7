"""Softmax over any axes: the core computes it over the last ones, so others are permuted first."""

from math import prod

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import (
    StridedCopy,
    emit_copy,
    emit_copy_backward,
    permuted,
)
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.activation import SoftmaxSpec
from scallion.layers.base.tensor import Node


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower softmax over the layer's axes."""
    x, permutation = context.values[node.inputs[0]], _permutation(node)
    if permutation is None:
        return _emit(context, node, x)
    transposed = context.image("permuted", x.size)
    emit_copy(context, x, transposed, permutation)
    softmax = _emit(context, node, transposed)
    context.saved[node] = {"softmax": softmax}
    y = context.image("y", x.size)
    emit_copy(context, softmax, y, permutation.reversed)
    return y


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient."""
    dy, permutation = context.gradients[node.output], _permutation(node)
    attributes: Attributes = {"channels": _channels(node)}
    if permutation is None:
        reads = {"y": context.values[node.output], "dy": dy}
        context.emit_gradient(
            node.inputs[0], lambda dx: context.emit("softmax_dx", reads, {"dx": dx}, **attributes)
        )
        return
    dtransposed = context.image("d permuted", dy.size)
    dsoftmax = context.image("d softmax", dy.size)
    emit_copy(context, dy, dtransposed, permutation)
    reads = {"y": context.saved[node]["softmax"], "dy": dtransposed}
    context.emit("softmax_dx", reads, {"dx": dsoftmax}, **attributes)
    context.emit_gradient(
        node.inputs[0], lambda dx: emit_copy_backward(context, dsoftmax, dx, permutation)
    )


def _emit(context: LoweringContext, node: Node, x: Buffer) -> Buffer:
    y = context.image("softmax", x.size)
    context.emit("softmax", {"x": x}, {"y": y}, channels=_channels(node))
    return y


def _axes(node: Node) -> list[int]:
    """Return the layer's axes within one image, sorted; in the layer the batch is axis 0."""
    spec, rank = node.layer.spec, len(node.output.image_shape)
    if not isinstance(spec, SoftmaxSpec):
        raise TypeError(type(spec).__name__)
    axes = spec.axis if isinstance(spec.axis, tuple | list) else (spec.axis,)
    return sorted(axis + rank if axis < 0 else axis - 1 for axis in axes)


def _channels(node: Node) -> int:
    return prod(node.output.image_shape[axis] for axis in _axes(node))


def _permutation(node: Node) -> StridedCopy | None:
    """Return the copy that makes the layer's axes the last ones; None if they are."""
    shape, last = node.output.image_shape, _axes(node)
    rest = [axis for axis in range(len(shape)) if axis not in last]
    return None if [*rest, *last] == list(range(len(shape))) else permuted(shape, [*rest, *last])
