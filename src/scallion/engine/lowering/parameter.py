"""A weight as a tensor: a copy per image, and a gradient that is summed over the images."""

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import broadcast, emit_copy
from scallion.engine.programs.program import Buffer
from scallion.layers.base.tensor import Node


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower the weight to a copy of it for each image."""
    (value,) = node.layer.variables
    y = context.image("y", value.spec.size)
    emit_copy(context, context.weight(value), y, broadcast(value.shape, value.shape))
    return y


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the weight's gradient; the input has none, since its values do not matter."""
    (value,) = node.layer.variables
    if context.needs_weight_gradient(value, node):
        dy = context.gradients[node.output]
        total, is_first = context.weight_gradient(value)
        context.emit("sum_images", {"x": dy}, {"total": total}, overwrite=int(is_first))
