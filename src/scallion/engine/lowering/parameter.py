"""A weight or constant as a tensor: a copy per image; a weight's gradient is their sum."""

import numpy as np

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import broadcast, emit_copy
from scallion.engine.programs.program import Buffer
from scallion.layers.base.tensor import Node
from scallion.layers.operators.constant import ConstantSpec


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


def constant_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a constant to a copy of it for each image."""
    spec = node.layer.spec
    if not isinstance(spec, ConstantSpec):
        raise TypeError(type(spec).__name__)
    y = context.image("y", spec.value.size)
    shape = spec.value.shape
    array = context.external(f"{context.layer}.value", np.array(spec.value))
    emit_copy(context, array, y, broadcast(shape, shape))
    return y


def constant_backward(context: LoweringContext, node: Node) -> None:
    """Emit nothing: neither a constant nor its input has a gradient."""
