"""Layers with several inputs.

Elementwise ones are a chain of binary operations: y = f(f(x0, x1), x2). An input that is smaller
than the output is broadcast first, and its gradient summed.
"""

from math import prod

from scallion.engine.lowering.activations import activate_backward
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import (
    StridedCopy,
    broadcast,
    emit_copy,
    emit_copy_backward,
    strides_of,
)
from scallion.engine.lowering.base.fusion import fused_activation
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.base.spec import Spec
from scallion.layers.base.tensor import Node, Tensor
from scallion.layers.merging import (
    AddSpec,
    AverageSpec,
    ConcatenateSpec,
    MaximumSpec,
    MinimumSpec,
    MultiplySpec,
    SubtractSpec,
)
from scallion.layers.operators.elementwise import TrueDivideSpec

_KINDS: dict[type[Spec], str] = {
    AddSpec: "add",
    AverageSpec: "add",
    MaximumSpec: "maximum",
    MinimumSpec: "minimum",
    MultiplySpec: "multiply",
    SubtractSpec: "subtract",
    TrueDivideSpec: "divide",
}


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower an elementwise combination of inputs."""
    kind = _KINDS[type(node.layer.spec)]
    inputs = [_broadcast_input(context, node, tensor) for tensor in node.inputs]
    relu = _activation(context, node) == "relu"
    y = inputs[0]
    saved: dict[str, Buffer] = {}
    for place, x in enumerate(inputs[1:], 1):
        saved |= {f"a{place}": y, f"b{place}": x}
        y = context.image("y", prod(node.output.image_shape))
        is_last = place == len(inputs) - 1
        attributes: Attributes = {"relu": int(relu and is_last)} if kind == "add" else {}
        context.emit(kind, {"a": saved[f"a{place}"], "b": x}, {"y": y}, **attributes)
    context.saved[node] = saved
    if not isinstance(node.layer.spec, AverageSpec):
        return y
    mean = context.image("mean", y.size)
    context.emit("rescale", {"x": y}, {"y": mean}, scale=1 / len(inputs), offset=0.0)
    return mean


def _activation(context: LoweringContext, node: Node) -> str:
    """Return the activation that the last sum of a chain computes."""
    can_fuse = isinstance(node.layer.spec, AddSpec) and len(node.inputs) > 1
    return fused_activation(context, node) if can_fuse else "linear"


def _broadcast_input(context: LoweringContext, node: Node, tensor: Tensor) -> Buffer:
    x, shape = context.values[tensor], node.output.image_shape
    if prod(tensor.image_shape) == prod(shape):
        return x
    y = context.image("broadcast", prod(shape))
    emit_copy(context, x, y, broadcast(tensor.image_shape, shape))
    return y


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the gradients of all inputs, from the last link of the chain to the first."""
    spec, gradient = node.layer.spec, context.gradients[node.output]
    if isinstance(spec, AddSpec):
        gradient = activate_backward(context, node, _activation(context, node))
    elif isinstance(spec, AverageSpec):
        gradient = _scaled(context, gradient, 1 / len(node.inputs))
    for place in range(len(node.inputs) - 1, 0, -1):
        tensor, before = node.inputs[place], node.inputs[:place]
        if context.needs_gradient(tensor):
            link = _link_gradient(context, node, place, "b", gradient)
            _accumulate(context, node, tensor, link)
        if not any(context.needs_gradient(other) for other in before):
            return
        gradient = _link_gradient(context, node, place, "a", gradient)
    _accumulate(context, node, node.inputs[0], gradient)


def _link_gradient(
    context: LoweringContext, node: Node, place: int, side: str, dy: Buffer
) -> Buffer:
    """Return the gradient at one side of the chain's binary operation at `place`."""
    kind, saved = _KINDS[type(node.layer.spec)], context.saved[node]
    own, other = saved[f"{side}{place}"], saved[f"{'b' if side == 'a' else 'a'}{place}"]
    if kind == "add" or (kind == "subtract" and side == "a"):
        return dy
    if kind == "subtract":
        return _scaled(context, dy, -1.0)
    gradient = context.image(f"d {side}", dy.size)
    if kind == "divide":
        if side == "b":  # -dy * y / b
            y = context.values[node.output]
            context.emit("multiply", {"a": dy, "b": y}, {"y": gradient})
            dy = _scaled(context, gradient, -1.0)
            gradient = context.image(f"d {side}", dy.size)
        context.emit("divide", {"a": dy, "b": saved[f"b{place}"]}, {"y": gradient})
    elif kind == "multiply":
        context.emit("multiply", {"a": dy, "b": other}, {"y": gradient})
    else:
        reads = {"a": own, "b": other, "dy": dy}
        context.emit(f"{kind}_dx", reads, {"dx": gradient})
    return gradient


def _scaled(context: LoweringContext, x: Buffer, scale: float) -> Buffer:
    y = context.image("scaled", x.size)
    context.emit("rescale", {"x": x}, {"y": y}, scale=scale, offset=0.0)
    return y


def _accumulate(context: LoweringContext, node: Node, tensor: Tensor, gradient: Buffer) -> None:
    """Add to an input's gradient, summed along axes that the input was broadcast along."""
    shape = node.output.image_shape
    if prod(tensor.image_shape) == prod(shape):
        context.accumulate_gradient(tensor, gradient)
        return
    copy = broadcast(tensor.image_shape, shape)
    context.emit_gradient(tensor, lambda dx: emit_copy_backward(context, gradient, dx, copy))


def concatenate_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a concatenation: one copy per input."""
    y = context.image("y", prod(node.output.image_shape))
    for tensor, copy in _copies(node):
        emit_copy(context, context.values[tensor], y, copy)
    return y


def concatenate_backward(context: LoweringContext, node: Node) -> None:
    """Lower a concatenation's gradients: one copy per input."""
    dy = context.gradients[node.output]
    for tensor, copy in _copies(node):
        context.emit_gradient(
            tensor, lambda dx, copy=copy: emit_copy_backward(context, dy, dx, copy)
        )


def _copies(node: Node) -> list[tuple[Tensor, StridedCopy]]:
    """Return for each input the copy to its part of the output."""
    spec, shape = node.layer.spec, node.output.image_shape
    if not isinstance(spec, ConcatenateSpec):
        raise TypeError(type(spec).__name__)
    axis, start = spec.image_axis(shape), 0
    strides = strides_of(shape)
    copies: list[tuple[Tensor, StridedCopy]] = []
    for tensor in node.inputs:
        sides = tensor.image_shape
        y_start = start * strides[axis]
        copies.append((tensor, StridedCopy(sides, strides_of(sides), strides, y_start=y_start)))
        start += sides[axis]
    return copies
