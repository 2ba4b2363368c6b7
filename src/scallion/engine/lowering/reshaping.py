"""Lowering of layers that move numbers: each is one walk over the image, or none."""

from math import prod

from scallion.engine.lowering.context import Context
from scallion.engine.lowering.moving import Walk, move, move_back, permuted, steps_of
from scallion.engine.program import Buffer
from scallion.layers.reshaping import Cropping, Permuting, Repeating, ZeroPadding
from scallion.layers.tensor import Node


def forward(context: Context, node: Node) -> Buffer:
    walk, size = _walk(node), prod(node.output.image_shape)
    y = context.image("y", size)
    move(context, context.values[node.inputs[0]], y, walk, clear=prod(walk.sides) != size)
    return y


def backward(context: Context, node: Node) -> None:
    dy, walk = context.gradients[node.output], _walk(node)
    context.pass_back(node.inputs[0], lambda dx: move_back(context, dy, dx, walk))


def _walk(node: Node) -> Walk:
    spec, shape, out = node.layer.spec, node.input_shapes[0], node.output.image_shape
    if isinstance(spec, Permuting):
        return permuted(shape, [axis - 1 for axis in spec.dims])
    steps, out_steps = steps_of(shape), steps_of(out)
    if isinstance(spec, ZeroPadding):
        (top, _), (left, _) = spec.padding
        return Walk(shape, steps, out_steps, y_start=top * out_steps[0] + left * out_steps[1])
    if isinstance(spec, Cropping):
        (top, _), (left, _) = spec.cropping
        return Walk(out, steps, out_steps, x_start=top * steps[0] + left * steps[1])
    if not isinstance(spec, Repeating):
        raise TypeError(type(spec).__name__)
    height, width, channels = shape
    down, across = spec.size
    return Walk(
        (height, down, width, across, channels),
        (steps[0], 0, steps[1], 0, 1),
        (down * out_steps[0], out_steps[0], across * out_steps[1], out_steps[1], 1),
    )
