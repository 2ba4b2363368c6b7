"""Lowering of activations, on their own or behind another operation."""

from dataclasses import dataclass, field
from math import inf, prod
from typing import Any, Literal

from scallion import activations
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.program import Attributes, Buffer
from scallion.errors import UnsupportedError
from scallion.layers.tensor import Node


@dataclass(frozen=True, slots=True)
class Function:
    """How the core computes an activation: its kind, what the slope is computed from, numbers."""

    kind: str
    slope_from: Literal["x", "y"] = "y"
    values: Attributes = field(default_factory=dict[str, Any])
    by_channel: bool = False


def rectified(slope: float, limit: float | None, threshold: float) -> Function:
    """`slope` up to the threshold, then x, then the limit."""
    numbers: Attributes = {"negative_slope": float(slope), "threshold": float(threshold)}
    return Function(
        "general_relu", "x", {**numbers, "max_value": inf if limit is None else float(limit)}
    )


def bent(alpha: float, factor: float = 1.0) -> Function:
    """factor * (x, or alpha * (exp(x) - 1) below 0)."""
    return Function("elu", "x", {"alpha": float(alpha), "scale": factor})


FUNCTIONS = {
    "elu": bent(1.0),
    "exponential": Function("exponential"),
    "gelu": Function("gelu", "x"),
    "hard_sigmoid": Function("hard_sigmoid", "x"),
    "hard_silu": Function("hard_silu", "x"),
    "leaky_relu": rectified(activations.LEAK, None, 0.0),
    "log_softmax": Function("log_softmax", by_channel=True),
    "mish": Function("mish", "x"),
    "relu": Function("relu"),
    "relu6": rectified(0.0, 6.0, 0.0),
    "selu": bent(activations.SELU_ALPHA, activations.SELU_SCALE),
    "sigmoid": Function("sigmoid"),
    "silu": Function("silu", "x"),
    "softmax": Function("softmax", by_channel=True),
    "softplus": Function("softplus", "x"),
    "softsign": Function("softsign"),
    "tanh": Function("tanh"),
}


def activate(context: LoweringContext, node: Node, activation: str, x: Buffer) -> Buffer:
    """The rows for an activation by its name; none for `linear`."""
    if activation == "linear":
        return x
    return apply(context, node, _function(node, activation), x)


def activate_backward(context: LoweringContext, node: Node, activation: str) -> Buffer:
    """The gradient before the activation, from the one behind it."""
    dy = context.gradients[node.output]
    if activation == "linear" or node.output in context.masked:
        return dy
    return apply_backward(context, node, _function(node, activation))


def apply(context: LoweringContext, node: Node, function: Function, x: Buffer) -> Buffer:
    y = context.image("activated", prod(node.output.image_shape))
    context.emit(function.kind, {"x": x}, {"y": y}, **_values(node, function))
    if function.slope_from == "x":
        context.before[node] = x
    return y


def apply_backward(context: LoweringContext, node: Node, function: Function) -> Buffer:
    dy = context.gradients[node.output]
    dx = context.image("d activated", dy.size)
    at = context.before[node] if function.slope_from == "x" else context.values[node.output]
    reads = {function.slope_from: at, "dy": dy}
    context.emit(f"{function.kind}_dx", reads, {"dx": dx}, **_values(node, function))
    return dx


def _function(node: Node, activation: str) -> Function:
    if activation not in FUNCTIONS:
        raise UnsupportedError(
            f"layer {node.layer.name!r}: the native engine has no activation {activation!r}",
            hint="SCALLION_ENGINE=reference runs it, slowly",
        )
    return FUNCTIONS[activation]


def _values(node: Node, function: Function) -> Attributes:
    channels = {"channels": node.output.image_shape[-1]} if function.by_channel else {}
    return {**function.values, **channels}
