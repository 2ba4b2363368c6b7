"""Activations: as layers of their own, and at the end of other layers."""

from dataclasses import dataclass, field
from math import inf, prod
from typing import Any, Literal

from scallion import activations as formulas
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.fusion import is_relu
from scallion.engine.programs.program import Attributes, Buffer
from scallion.errors import UnsupportedError
from scallion.layers.activation import ActivationSpec, ELUSpec, GeluSpec, LeakyReLUSpec, ReLUSpec
from scallion.layers.base.tensor import Node
from scallion.layers.operators.elementwise import LogSpec, SqrtSpec


@dataclass(frozen=True, slots=True)
class ActivationKernel:
    """The core's operation for an activation.

    `derivative_from` says whether its derivative is computed from the activation's input x or its
    output y. `per_channel` operations take the number of channels.
    """

    kind: str
    derivative_from: Literal["x", "y"] = "y"
    attributes: Attributes = field(default_factory=dict[str, Any])
    per_channel: bool = False


def relu_kernel(
    negative_slope: float, max_value: float | None, threshold: float
) -> ActivationKernel:
    """Return the kernel of relu with its three arguments."""
    attributes: Attributes = {
        "negative_slope": float(negative_slope),
        "threshold": float(threshold),
    }
    limit = inf if max_value is None else float(max_value)
    return ActivationKernel("general_relu", "x", {**attributes, "max_value": limit})


def elu_kernel(alpha: float, scale: float = 1.0) -> ActivationKernel:
    """Return the kernel of scale * (x, or alpha * (exp(x) - 1) for x <= 0)."""
    return ActivationKernel("elu", "x", {"alpha": float(alpha), "scale": scale})


KERNELS = {
    "elu": elu_kernel(1.0),
    "exponential": ActivationKernel("exponential"),
    "gelu": ActivationKernel("gelu", "x"),
    "hard_sigmoid": ActivationKernel("hard_sigmoid", "x"),
    "hard_silu": ActivationKernel("hard_silu", "x"),
    "leaky_relu": relu_kernel(formulas.LEAKY_RELU_SLOPE, None, 0.0),
    "log_softmax": ActivationKernel("log_softmax", per_channel=True),
    "mish": ActivationKernel("mish", "x"),
    "relu": ActivationKernel("relu"),
    "relu6": relu_kernel(0.0, 6.0, 0.0),
    "selu": elu_kernel(formulas.SELU_ALPHA, formulas.SELU_SCALE),
    "sigmoid": ActivationKernel("sigmoid"),
    "silu": ActivationKernel("silu", "x"),
    "softmax": ActivationKernel("softmax", per_channel=True),
    "softplus": ActivationKernel("softplus", "x"),
    "softsign": ActivationKernel("softsign"),
    "tanh": ActivationKernel("tanh"),
}


def activate(context: LoweringContext, node: Node, activation: str, x: Buffer) -> Buffer:
    """Emit an activation by name and return its output; `linear` returns x."""
    return x if activation == "linear" else _emit(context, node, _kernel(node, activation), x)


def activate_backward(context: LoweringContext, node: Node, activation: str) -> Buffer:
    """Emit an activation's backward pass and return the gradient at its input."""
    dy = context.gradients[node.output]
    if activation == "linear" or node.output in context.masked:
        return dy
    return _emit_backward(context, node, _kernel(node, activation))


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower an activation layer."""
    x = context.values[node.inputs[0]]
    if (kernel := _own_kernel(node)) is not None:
        return _emit(context, node, kernel, x)
    return activate(context, node, _name(node), x)


def backward(context: LoweringContext, node: Node) -> None:
    """Lower an activation layer's backward pass."""
    if (kernel := _own_kernel(node)) is not None:
        gradient = _emit_backward(context, node, kernel)
    else:
        gradient = activate_backward(context, node, _name(node))
    context.accumulate_gradient(node.inputs[0], gradient)


def _own_kernel(node: Node) -> ActivationKernel | None:
    """Return the kernel of a layer with arguments; None where the activation's name says it."""
    match spec := node.layer.spec:
        case LeakyReLUSpec():
            return relu_kernel(spec.negative_slope, None, 0.0)
        case ELUSpec():
            return elu_kernel(spec.alpha)
        case SqrtSpec():
            return ActivationKernel("sqrt")
        case LogSpec():
            return ActivationKernel("log", "x")
        case GeluSpec():
            return ActivationKernel("gelu_tanh", "x")
        case ReLUSpec() if not is_relu(node):
            return relu_kernel(spec.negative_slope, spec.max_value, spec.threshold)
        case _:
            return None


def _name(node: Node) -> str:
    spec = node.layer.spec
    return spec.activation if isinstance(spec, ActivationSpec) else "relu"


def _emit(context: LoweringContext, node: Node, kernel: ActivationKernel, x: Buffer) -> Buffer:
    y = context.image("activated", prod(node.output.image_shape))
    context.emit(kernel.kind, {"x": x}, {"y": y}, **_attributes(node, kernel))
    if kernel.derivative_from == "x":
        context.pre_activations[node] = x
    return y


def _emit_backward(context: LoweringContext, node: Node, kernel: ActivationKernel) -> Buffer:
    dy = context.gradients[node.output]
    dx = context.image("d activated", dy.size)
    from_x = kernel.derivative_from == "x"
    source = context.pre_activations[node] if from_x else context.values[node.output]
    reads = {kernel.derivative_from: source, "dy": dy}
    context.emit(f"{kernel.kind}_dx", reads, {"dx": dx}, **_attributes(node, kernel))
    return dx


def _kernel(node: Node, activation: str) -> ActivationKernel:
    if activation not in KERNELS:
        raise UnsupportedError(
            f"layer {node.layer.name!r}: the native engine has no activation {activation!r}",
            hint='compile(engine="reference") runs it, slowly',
        )
    return KERNELS[activation]


def _attributes(node: Node, kernel: ActivationKernel) -> Attributes:
    channels = {"channels": node.output.image_shape[-1]} if kernel.per_channel else {}
    return {**kernel.attributes, **channels}
