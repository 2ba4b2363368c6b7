"""Lowering of activations, on their own or behind another operation."""

from math import prod

from scallion.engine.lowering.context import Context
from scallion.engine.program import Buffer
from scallion.errors import UnsupportedError
from scallion.layers.tensor import Node

# The activations whose slope the core computes from their output alone.
SUPPORTED = ("relu", "softmax")


def activate(context: Context, node: Node, activation: str, x: Buffer) -> Buffer:
    """The rows for an activation; none for `linear`."""
    if activation == "linear":
        return x
    if activation not in SUPPORTED:
        raise UnsupportedError(
            f"layer {node.layer.name!r}: the native engine has no activation {activation!r}",
            hint="SCALLION_ENGINE=reference runs it, slowly",
        )
    y = context.image("activated", prod(node.output.image_shape))
    context.emit(activation, {"x": x}, {"y": y}, **_values(node, activation))
    return y


def activate_backward(context: Context, node: Node, activation: str) -> Buffer:
    """The gradient before the activation, from the one behind it."""
    dy = context.gradients[node.output]
    if activation == "linear" or node.output in context.masked:
        return dy
    dx = context.image("d activated", dy.size)
    reads = {"y": context.values[node.output], "dy": dy}
    context.emit(f"{activation}_dx", reads, {"dx": dx}, **_values(node, activation))
    return dx


def _values(node: Node, activation: str) -> dict[str, int]:
    return {"channels": node.output.image_shape[-1]} if activation == "softmax" else {}
