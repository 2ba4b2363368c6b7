"""PReLU: y = relu(x) - alpha * relu(-x)."""

from math import prod
from typing import Any

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import broadcast, emit_copy, emit_copy_backward
from scallion.engine.programs.program import Buffer
from scallion.layers.base.tensor import Node


def _emit(
    context: LoweringContext, kind: str, reads: dict[str, Buffer], name: str, **attributes: Any
) -> Buffer:
    """Emit one elementwise instruction and return its output."""
    size = next(iter(reads.values())).size
    out = context.image(name, size)
    context.emit(kind, reads, {"dx" if kind.endswith("_dx") else "y": out}, **attributes)
    return out


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower PReLU to elementwise instructions."""
    x, shape = context.values[node.inputs[0]], node.output.image_shape
    (alpha,) = node.layer.variables
    negated = _emit(context, "rescale", {"x": x}, "negated", scale=-1.0, offset=0.0)
    negative = _emit(context, "relu", {"x": negated}, "negative")
    positive = _emit(context, "relu", {"x": x}, "positive")
    alphas = context.image("alpha", prod(shape))
    emit_copy(context, context.weight(alpha), alphas, broadcast(alpha.shape, shape))
    context.saved[node] = {"negative": negative, "positive": positive, "alphas": alphas}
    product = _emit(context, "multiply", {"a": alphas, "b": negative}, "product")
    return _emit(context, "subtract", {"a": positive, "b": product}, "y")


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the gradients of alpha and the input."""
    dy, saved, shape = context.gradients[node.output], context.saved[node], node.output.image_shape
    (alpha,) = node.layer.variables
    if context.needs_weight_gradient(alpha, node):
        product = _emit(context, "multiply", {"a": dy, "b": saved["negative"]}, "d product")
        dalphas = _emit(context, "rescale", {"x": product}, "d alphas", scale=-1.0, offset=0.0)
        if prod(alpha.shape) != prod(shape):
            dalpha = context.image("d alpha", prod(alpha.shape))
            emit_copy_backward(context, dalphas, dalpha, broadcast(alpha.shape, shape))
            dalphas = dalpha
        total, is_first = context.weight_gradient(alpha)
        context.emit("sum_images", {"x": dalphas}, {"total": total}, overwrite=int(is_first))
    if context.needs_gradient(node.inputs[0]):
        positive = _emit(context, "relu_dx", {"y": saved["positive"], "dy": dy}, "d positive")
        scaled = _emit(context, "multiply", {"a": dy, "b": saved["alphas"]}, "d scaled")
        negative = _emit(context, "relu_dx", {"y": saved["negative"], "dy": scaled}, "d negative")
        dx = _emit(context, "add", {"a": positive, "b": negative}, "dx", relu=0)
        context.accumulate_gradient(node.inputs[0], dx)
