"""Lowering of softmax over any axes: the core has it over the last ones, so others are moved."""

from math import prod

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.data_movement import StridedCopy, move, move_back, permuted
from scallion.engine.program import Attributes, Buffer
from scallion.layers.activation import SoftmaxSpec
from scallion.layers.tensor import Node


def forward(context: LoweringContext, node: Node) -> Buffer:
    x, walk = context.values[node.inputs[0]], _walk(node)
    if walk is None:
        return _softened(context, node, x)
    moved = context.image("moved", x.size)
    move(context, x, moved, walk)
    softened = _softened(context, node, moved)
    context.kept[node] = {"softened": softened}
    y = context.image("y", x.size)
    move(context, softened, y, walk.back)
    return y


def backward(context: LoweringContext, node: Node) -> None:
    dy, walk = context.gradients[node.output], _walk(node)
    values: Attributes = {"channels": _channels(node)}
    if walk is None:
        reads = {"y": context.values[node.output], "dy": dy}
        context.pass_back(
            node.inputs[0], lambda dx: context.emit("softmax_dx", reads, {"dx": dx}, **values)
        )
        return
    moved, dmoved = context.image("d moved", dy.size), context.image("d softened", dy.size)
    move(context, dy, moved, walk)
    reads = {"y": context.kept[node]["softened"], "dy": moved}
    context.emit("softmax_dx", reads, {"dx": dmoved}, **values)
    context.pass_back(node.inputs[0], lambda dx: move_back(context, dmoved, dx, walk))


def _softened(context: LoweringContext, node: Node, x: Buffer) -> Buffer:
    y = context.image("softened", x.size)
    context.emit("softmax", {"x": x}, {"y": y}, channels=_channels(node))
    return y


def _axes(node: Node) -> list[int]:
    """The axes of the image that are softened, in order; in the layer the batch is axis 0."""
    spec, rank = node.layer.spec, len(node.output.image_shape)
    if not isinstance(spec, SoftmaxSpec):
        raise TypeError(type(spec).__name__)
    asked = spec.axis if isinstance(spec.axis, tuple | list) else (spec.axis,)
    return sorted(axis + rank if axis < 0 else axis - 1 for axis in asked)


def _channels(node: Node) -> int:
    return prod(node.output.image_shape[axis] for axis in _axes(node))


def _walk(node: Node) -> StridedCopy | None:
    """To where the softened axes are the last; None where they are."""
    shape, last = node.output.image_shape, _axes(node)
    rest = [axis for axis in range(len(shape)) if axis not in last]
    return None if [*rest, *last] == list(range(len(shape))) else permuted(shape, [*rest, *last])
