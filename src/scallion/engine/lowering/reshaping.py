"""Lowering of layers that move numbers: each is one walk over the image, or none; and of those
that mix them of their neighbours."""

from math import prod

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.data_movement import StridedCopy, move, move_back, permuted, steps_of
from scallion.engine.lowering.preprocessing import resize
from scallion.engine.program import Buffer
from scallion.engine.resampling import ResamplingWeights, taps
from scallion.layers.reshaping import (
    Cropping2DSpec,
    PermuteSpec,
    UpSampling2DSpec,
    ZeroPadding2DSpec,
)
from scallion.layers.tensor import Node


def forward(context: LoweringContext, node: Node) -> Buffer:
    size = prod(node.output.image_shape)
    y = context.image("y", size)
    if (mixing := _mixing(node)) is not None:
        resize(context, context.values[node.inputs[0]], y, node.input_shapes[0], mixing)
        return y
    walk = _walk(node)
    move(context, context.values[node.inputs[0]], y, walk, clear=prod(walk.sides) != size)
    return y


def backward(context: LoweringContext, node: Node) -> None:
    dy, x = context.gradients[node.output], node.inputs[0]
    if (mixing := _mixing(node)) is not None:
        height, width, _ = node.input_shapes[0]
        back = (mixing[0].back(height), mixing[1].back(width))
        context.pass_back(x, lambda dx: resize(context, dy, dx, node.output.image_shape, back))
        return
    walk = _walk(node)
    context.pass_back(x, lambda dx: move_back(context, dy, dx, walk))


def _mixing(node: Node) -> tuple[ResamplingWeights, ResamplingWeights] | None:
    """How the rows and columns of an image are mixed that is not only moved."""
    spec = node.layer.spec
    if not isinstance(spec, UpSampling2DSpec) or spec.interpolation == "nearest":
        return None
    (height, width, _), (new_height, new_width, _) = node.input_shapes[0], node.output.image_shape
    return (
        taps(height, 0, height, new_height, spec.interpolation),
        taps(width, 0, width, new_width, spec.interpolation),
    )


def _walk(node: Node) -> StridedCopy:
    spec, shape, out = node.layer.spec, node.input_shapes[0], node.output.image_shape
    if isinstance(spec, PermuteSpec):
        return permuted(shape, [axis - 1 for axis in spec.dims])
    steps, out_steps = steps_of(shape), steps_of(out)
    if isinstance(spec, ZeroPadding2DSpec):
        (top, _), (left, _) = spec.padding
        return StridedCopy(
            shape, steps, out_steps, y_start=top * out_steps[0] + left * out_steps[1]
        )
    if isinstance(spec, Cropping2DSpec):
        (top, _), (left, _) = spec.cropping
        return StridedCopy(out, steps, out_steps, x_start=top * steps[0] + left * steps[1])
    if not isinstance(spec, UpSampling2DSpec):
        raise TypeError(type(spec).__name__)
    height, width, channels = shape
    down, across = spec.size
    return StridedCopy(
        (height, down, width, across, channels),
        (steps[0], 0, steps[1], 0, 1),
        (down * out_steps[0], out_steps[0], across * out_steps[1], out_steps[1], 1),
    )
