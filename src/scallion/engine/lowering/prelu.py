"""Lowering of the rectifier whose slope is learned: y = relu(x) - alpha * relu(-x)."""

from math import prod
from typing import Any

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.data_movement import move, move_back, stretched
from scallion.engine.program import Buffer
from scallion.layers.tensor import Node


def _row(
    context: LoweringContext, kind: str, reads: dict[str, Buffer], name: str, **values: Any
) -> Buffer:
    """One operation that keeps the image's size."""
    size = next(iter(reads.values())).size
    out = context.image(name, size)
    context.emit(kind, reads, {"dx" if kind.endswith("_dx") else "y": out}, **values)
    return out


def forward(context: LoweringContext, node: Node) -> Buffer:
    x, shape = context.values[node.inputs[0]], node.output.image_shape
    (alpha,) = node.layer.variables
    turned = _row(context, "rescale", {"x": x}, "turned", scale=-1.0, offset=0.0)
    low = _row(context, "relu", {"x": turned}, "low")
    high = _row(context, "relu", {"x": x}, "high")
    wide = context.image("alpha", prod(shape))
    move(context, context.weight(alpha), wide, stretched(alpha.shape, shape))
    context.kept[node] = {"low": low, "high": high, "wide": wide}
    part = _row(context, "multiply", {"a": wide, "b": low}, "part")
    return _row(context, "subtract", {"a": high, "b": part}, "y")


def backward(context: LoweringContext, node: Node) -> None:
    dy, kept, shape = context.gradients[node.output], context.kept[node], node.output.image_shape
    (alpha,) = node.layer.variables
    if context.learns(alpha, node):
        along = _row(context, "multiply", {"a": dy, "b": kept["low"]}, "along")
        turned = _row(context, "rescale", {"x": along}, "d wide", scale=-1.0, offset=0.0)
        if prod(alpha.shape) != prod(shape):
            dalpha = context.image("d alpha", prod(alpha.shape))
            move_back(context, turned, dalpha, stretched(alpha.shape, shape))
            turned = dalpha
        total, first = context.weight_gradient(alpha)
        context.emit("sum_images", {"x": turned}, {"total": total}, overwrite=int(first))
    if context.needs_gradient(node.inputs[0]):
        high = _row(context, "relu_dx", {"y": kept["high"], "dy": dy}, "d high")
        scaled = _row(context, "multiply", {"a": dy, "b": kept["wide"]}, "d scaled")
        low = _row(context, "relu_dx", {"y": kept["low"], "dy": scaled}, "d low")
        context.give(node.inputs[0], _row(context, "add", {"a": high, "b": low}, "dx", relu=0))
