"""Reshape, permute, pad, crop and upsample: no instruction, a strided copy, or a resampling."""

from math import prod

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import (
    StridedCopy,
    emit_copy,
    emit_copy_backward,
    permuted,
    strides_of,
)
from scallion.engine.lowering.preprocessing import emit_resize
from scallion.engine.programs.program import Buffer
from scallion.engine.resampling import ResamplingWeights, resampling_weights
from scallion.layers.base.tensor import Node
from scallion.layers.operators.slicing import SliceSpec
from scallion.layers.reshaping import (
    Cropping2DSpec,
    PermuteSpec,
    UpSampling2DSpec,
    ZeroPadding2DSpec,
)


def reshape_forward(context: LoweringContext, node: Node) -> Buffer:
    """Return the same buffer: only its shape differs."""
    return context.values[node.inputs[0]]


def reshape_backward(context: LoweringContext, node: Node) -> None:
    """Pass the same gradient on."""
    context.accumulate_gradient(node.inputs[0], context.gradients[node.output])


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a layer that moves or resamples values."""
    size = prod(node.output.image_shape)
    y = context.image("y", size)
    if (weights := _upsampling_weights(node)) is not None:
        emit_resize(context, context.values[node.inputs[0]], y, node.input_shapes[0], weights)
        return y
    copy = _copy(node)
    emit_copy(context, context.values[node.inputs[0]], y, copy, clear=prod(copy.sides) != size)
    return y


def backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient."""
    dy, x = context.gradients[node.output], node.inputs[0]
    if (weights := _upsampling_weights(node)) is not None:
        height, width, _ = node.input_shapes[0]
        transposed = (weights[0].transposed(height), weights[1].transposed(width))
        context.emit_gradient(
            x, lambda dx: emit_resize(context, dy, dx, node.output.image_shape, transposed)
        )
        return
    copy = _copy(node)
    context.emit_gradient(x, lambda dx: emit_copy_backward(context, dy, dx, copy))


def _upsampling_weights(node: Node) -> tuple[ResamplingWeights, ResamplingWeights] | None:
    """Return the weights of an upsampling, for rows and columns; None where it copies."""
    spec = node.layer.spec
    if not isinstance(spec, UpSampling2DSpec) or spec.interpolation == "nearest":
        return None
    (height, width, _), (new_height, new_width, _) = node.input_shapes[0], node.output.image_shape
    return (
        resampling_weights(height, 0, height, new_height, spec.interpolation),
        resampling_weights(width, 0, width, new_width, spec.interpolation),
    )


def _copy(node: Node) -> StridedCopy:
    spec, shape, out = node.layer.spec, node.input_shapes[0], node.output.image_shape
    if isinstance(spec, PermuteSpec):
        return permuted(shape, [axis - 1 for axis in spec.dims])
    strides, out_strides = strides_of(shape), strides_of(out)
    if isinstance(spec, ZeroPadding2DSpec):
        (top, _), (left, _) = spec.padding
        start = top * out_strides[0] + left * out_strides[1]
        return StridedCopy(shape, strides, out_strides, y_start=start)
    if isinstance(spec, Cropping2DSpec):
        (top, _), (left, _) = spec.cropping
        start = top * strides[0] + left * strides[1]
        return StridedCopy(out, strides, out_strides, x_start=start)
    if isinstance(spec, SliceSpec):
        indices = spec.indices(shape)
        starts = sum(one[0] * stride for one, stride in zip(indices, strides, strict=True))
        steps = tuple(one[2] * stride for one, stride in zip(indices, strides, strict=True))
        return StridedCopy(out, steps, out_strides, x_start=starts)
    if not isinstance(spec, UpSampling2DSpec):
        raise TypeError(type(spec).__name__)
    height, width, channels = shape
    down, across = spec.size
    return StridedCopy(
        (height, down, width, across, channels),
        (strides[0], 0, strides[1], 0, 1),
        (down * out_strides[0], out_strides[0], across * out_strides[1], out_strides[1], 1),
    )
