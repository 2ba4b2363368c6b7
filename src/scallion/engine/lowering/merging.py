"""Lowering of what makes one tensor out of several.

Number by number they are taken in a chain, two at a time: `y = f(f(x0, x1), x2)`. What an input
lacks in size is stretched before, and its gradient summed up behind.
"""

from math import prod

from scallion.engine.lowering.activations import activate_backward
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.data_movement import StridedCopy, move, move_back, steps_of, stretched
from scallion.engine.lowering.fusion import fused_activation
from scallion.engine.program import Attributes, Buffer
from scallion.layers.merging import (
    AddSpec,
    AverageSpec,
    ConcatenateSpec,
    MaximumSpec,
    MinimumSpec,
    MultiplySpec,
    SubtractSpec,
)
from scallion.layers.spec import Spec
from scallion.layers.tensor import Node, Tensor

_KINDS: dict[type[Spec], str] = {
    AddSpec: "add",
    AverageSpec: "add",
    MaximumSpec: "maximum",
    MinimumSpec: "minimum",
    MultiplySpec: "multiply",
    SubtractSpec: "subtract",
}


def forward(context: LoweringContext, node: Node) -> Buffer:
    kind, inputs = _KINDS[type(node.layer.spec)], [_large(context, node, x) for x in node.inputs]
    relu = _activation(context, node) == "relu"
    y = inputs[0]
    kept: dict[str, Buffer] = {}
    for place, x in enumerate(inputs[1:], 1):
        kept |= {f"a{place}": y, f"b{place}": x}
        y = context.image("y", prod(node.output.image_shape))
        cut: Attributes = {"relu": int(relu and place == len(inputs) - 1)} if kind == "add" else {}
        context.emit(kind, {"a": kept[f"a{place}"], "b": x}, {"y": y}, **cut)
    context.kept[node] = kept
    if not isinstance(node.layer.spec, AverageSpec):
        return y
    mean = context.image("mean", y.size)
    context.emit("rescale", {"x": y}, {"y": mean}, scale=1 / len(inputs), offset=0.0)
    return mean


def _activation(context: LoweringContext, node: Node) -> str:
    """What the last sum of a chain ends in."""
    fuses = isinstance(node.layer.spec, AddSpec) and len(node.inputs) > 1
    return fused_activation(context, node) if fuses else "linear"


def _large(context: LoweringContext, node: Node, tensor: Tensor) -> Buffer:
    """An input as large as the output."""
    x, shape = context.values[tensor], node.output.image_shape
    if prod(tensor.image_shape) == prod(shape):
        return x
    y = context.image("stretched", prod(shape))
    move(context, x, y, stretched(tensor.image_shape, shape))
    return y


def backward(context: LoweringContext, node: Node) -> None:
    spec, gradient = node.layer.spec, context.gradients[node.output]
    if isinstance(spec, AddSpec):
        gradient = activate_backward(context, node, _activation(context, node))
    elif isinstance(spec, AverageSpec):
        gradient = _scaled(context, gradient, 1 / len(node.inputs))
    for place in range(len(node.inputs) - 1, 0, -1):
        tensor, before = node.inputs[place], node.inputs[:place]
        if context.needs_gradient(tensor):
            _give(context, node, tensor, _slope(context, node, place, "b", gradient))
        if not any(context.needs_gradient(other) for other in before):
            return
        gradient = _slope(context, node, place, "a", gradient)
    _give(context, node, node.inputs[0], gradient)


def _slope(context: LoweringContext, node: Node, place: int, side: str, dy: Buffer) -> Buffer:
    """The gradient at one side of the chain's link at `place`."""
    kind, kept = _KINDS[type(node.layer.spec)], context.kept[node]
    own, other = kept[f"{side}{place}"], kept[f"{'b' if side == 'a' else 'a'}{place}"]
    if kind == "add" or (kind == "subtract" and side == "a"):
        return dy
    if kind == "subtract":
        return _scaled(context, dy, -1.0)
    slope = context.image(f"d {side}", dy.size)
    if kind == "multiply":
        context.emit("multiply", {"a": dy, "b": other}, {"y": slope})
    else:
        reads = {"a": own, "b": other, "dy": dy}
        context.emit(f"{kind}_dx", reads, {"dx": slope})
    return slope


def _scaled(context: LoweringContext, x: Buffer, factor: float) -> Buffer:
    y = context.image("scaled", x.size)
    context.emit("rescale", {"x": x}, {"y": y}, scale=factor, offset=0.0)
    return y


def _give(context: LoweringContext, node: Node, tensor: Tensor, gradient: Buffer) -> None:
    """Hand an input its gradient: where it was stretched, the sum over what it was stretched to."""
    shape = node.output.image_shape
    if prod(tensor.image_shape) == prod(shape):
        context.give(tensor, gradient)
        return
    walk = stretched(tensor.image_shape, shape)
    context.pass_back(tensor, lambda dx: move_back(context, gradient, dx, walk))


def join_forward(context: LoweringContext, node: Node) -> Buffer:
    y = context.image("y", prod(node.output.image_shape))
    for tensor, walk in _places(node):
        move(context, context.values[tensor], y, walk)
    return y


def join_backward(context: LoweringContext, node: Node) -> None:
    dy = context.gradients[node.output]
    for tensor, walk in _places(node):
        context.pass_back(tensor, lambda dx, walk=walk: move_back(context, dy, dx, walk))


def _places(node: Node) -> list[tuple[Tensor, StridedCopy]]:
    """Where each input lies in the output."""
    spec, shape = node.layer.spec, node.output.image_shape
    if not isinstance(spec, ConcatenateSpec):
        raise TypeError(type(spec).__name__)
    axis, start = spec.place(shape), 0
    steps = steps_of(shape)
    walks: list[tuple[Tensor, StridedCopy]] = []
    for tensor in node.inputs:
        sides = tensor.image_shape
        walks.append(
            (tensor, StridedCopy(sides, steps_of(sides), steps, y_start=start * steps[axis]))
        )
        start += sides[axis]
    return walks
