"""Rescaling, standardization, resizing and cropping."""

from math import prod
from typing import cast

import numpy as np

from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.base.data_movement import StridedCopy, emit_copy, strides_of
from scallion.engine.programs.program import Attributes, Buffer
from scallion.engine.resampling import (
    ResamplingWeights,
    crop_to_aspect_ratio,
    pad_to_aspect_ratio,
    resampling_weights,
)
from scallion.errors import UnsupportedError
from scallion.layers.augmentation import RandomCropSpec
from scallion.layers.base.spec import Shape
from scallion.layers.base.tensor import Node
from scallion.layers.input_layer import InputLayerSpec
from scallion.layers.operators.rescaling import RescalingSpec
from scallion.layers.preprocessing import CenterCropSpec, NormalizationSpec, ResizingSpec

_ONE_PART = 1


def input_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a model input: reading an image, cast to float32."""
    y = context.image("y", prod(node.output.image_shape))
    number = context.graph.inputs.index(node.output)
    # Training data is checked once before training; images to predict are read only once.
    checked = int(context.training is False)
    context.emit("input", {}, {"y": y}, index=number, scale=1.0, offset=0.0, check_finite=checked)
    return y


def rescaling_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower rescaling; where it alone reads an input, the input's instruction does it."""
    spec, source = node.layer.spec, node.inputs[0]
    if not isinstance(spec, RescalingSpec):
        raise TypeError(type(spec).__name__)
    x = context.values[source]
    if spec.is_per_channel:
        return _emit_per_channel(context, spec, x, node.output.image_shape)
    attributes: Attributes = {
        "scale": float(cast("float", spec.scale)), "offset": float(cast("float", spec.offset)),
    }  # fmt: skip
    if isinstance(source.node.layer.spec, InputLayerSpec) and context.use_counts[source] == 1:
        reading = next(one for one in context.body if one.kind == "input" and one.writes["y"] is x)
        reading.attributes.update(attributes)
        return x
    y = context.image("y", prod(node.output.image_shape))
    context.emit("rescale", {"x": x}, {"y": y}, **attributes)
    return y


def rescaling_backward(context: LoweringContext, node: Node) -> None:
    """Lower the input's gradient."""
    spec, dy = node.layer.spec, context.gradients[node.output]
    if not isinstance(spec, RescalingSpec):
        raise TypeError(type(spec).__name__)
    if spec.is_per_channel:
        _rescale_gradient_per_channel(context, node, spec)
        return
    scale = float(cast("float", spec.scale))
    context.emit_gradient(
        node.inputs[0],
        lambda dx: context.emit("rescale", {"x": dy}, {"y": dx}, scale=scale, offset=0.0),
    )


def _emit_per_channel(
    context: LoweringContext, spec: RescalingSpec, x: Buffer, shape: Shape
) -> Buffer:
    """Emit y = x * scale + offset of each channel, which batch normalization computes, too."""
    y = context.image("y", prod(shape))
    scale, shift = (
        context.external(f"{context.layer}.{name}", array)
        for name, array in zip(("scale", "offset"), spec.per_channel(shape), strict=True)
    )
    reads = {"x": x, "scale": scale, "shift": shift}
    context.emit("batch_norm", reads, {"y": y}, channels=scale.size, relu=0)
    return y


def _rescale_gradient_per_channel(
    context: LoweringContext, node: Node, spec: RescalingSpec
) -> None:
    if context.needs_gradient(node.inputs[0]):
        without_offset = RescalingSpec(spec.scale, (0.0,))
        dy, shape = context.gradients[node.output], node.output.image_shape
        dx = _emit_per_channel(context, without_offset, dy, shape)
        context.accumulate_gradient(node.inputs[0], dx)


def resizing_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower resizing, after cropping or padding to the target's aspect ratio if asked to."""
    spec, shape = node.layer.spec, node.input_shapes[0]
    if not isinstance(spec, ResizingSpec):
        raise TypeError(type(spec).__name__)
    (top, height), (left, width) = (0, shape[0]), (0, shape[1])
    if spec.crop_to_aspect_ratio:
        (top, height), (left, width) = crop_to_aspect_ratio(shape, (spec.height, spec.width))
    elif spec.pad_to_aspect_ratio:
        (top, height), (left, width) = pad_to_aspect_ratio(shape, (spec.height, spec.width))
    rows, columns = (
        resampling_weights(size, start, length, out, spec.interpolation, antialias=spec.antialias)
        for size, start, length, out in (
            (shape[0], top, height, spec.height),
            (shape[1], left, width, spec.width),
        )
    )
    return _resized(context, node, rows, columns, spec.fill_value)


def center_crop_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower a center crop; an image that is too small is cropped and resized."""
    spec, shape = node.layer.spec, node.input_shapes[0]
    if not isinstance(spec, CenterCropSpec | RandomCropSpec):
        raise TypeError(type(spec).__name__)
    if shape[0] >= spec.height and shape[1] >= spec.width and not _is_resized(context, node):
        return _center(context, node)
    target = (spec.height, spec.width)
    (top, height), (left, width) = crop_to_aspect_ratio(shape, target)
    if isinstance(spec, RandomCropSpec):
        height, width = min(spec.height, shape[0] - top), min(spec.width, shape[1] - left)
    return _resized(
        context,
        node,
        resampling_weights(shape[0], top, height, spec.height, "bilinear"),
        resampling_weights(shape[1], left, width, spec.width, "bilinear"),
    )


def _is_resized(context: LoweringContext, node: Node) -> bool:
    spec = node.layer.spec
    return (
        isinstance(spec, RandomCropSpec)
        and node.is_training(context.training)
        and not spec.is_drawn(node.input_shapes[0])
    )


def _center(context: LoweringContext, node: Node) -> Buffer:
    shape, out = node.input_shapes[0], node.output.image_shape
    strides = strides_of(shape)
    top, left = ((shape[axis] - out[axis]) // 2 for axis in (0, 1))
    y = context.image("y", prod(out))
    start = top * strides[0] + left * strides[1]
    copy = StridedCopy(out, strides, strides_of(out), x_start=start)
    emit_copy(context, context.values[node.inputs[0]], y, copy)
    return y


def _resized(
    context: LoweringContext,
    node: Node,
    rows: ResamplingWeights,
    columns: ResamplingWeights,
    fill_value: float = 0.0,
) -> Buffer:
    y = context.image("y", prod(node.output.image_shape))
    x, shape = context.values[node.inputs[0]], node.input_shapes[0]
    emit_resize(context, x, y, shape, (rows, columns), fill_value)
    return y


def emit_resize(
    context: LoweringContext,
    x: Buffer,
    y: Buffer,
    shape: Shape,
    weights: tuple[ResamplingWeights, ResamplingWeights],
    fill_value: float = 0.0,
) -> None:
    """Emit a resampling of rows, then of columns; `shape` is that of x."""
    height, width, channels = shape
    rows, columns = weights
    out_height, out_width = len(rows.starts), len(columns.starts)
    scratch = context.image("scratch", out_height * width * channels)
    reads = {"x": x}
    attributes: Attributes = {"channels": channels, "fill_value": float(fill_value)}
    for name, side, size, out in (
        ("rows", rows, height, out_height),
        ("columns", columns, width, out_width),
    ):
        attributes |= {
            f"{name}_weight_count": side.weights.shape[1],
            f"{name}_in": size,
            f"{name}_out": out,
        }
        for part, array in (
            ("starts", side.starts.astype(np.float32)),
            ("weights", side.weights),
            ("coverage", side.weights.sum(axis=1)),
        ):
            contiguous = np.ascontiguousarray(array, np.float32)
            reads[f"{name}_{part}"] = context.external(f"{context.layer}.{part}", contiguous)
    context.emit("resize", reads, {"scratch": scratch, "y": y}, **attributes)


def normalization_forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower standardization: (x - mean) / sqrt(variance), from weights or arguments."""
    spec, shape = node.layer.spec, node.input_shapes[0]
    if not isinstance(spec, NormalizationSpec):
        raise TypeError(type(spec).__name__)
    axes = spec.kept_axes(shape)
    if axes and axes != tuple(range(axes[0], axes[-1] + 1)):
        raise UnsupportedError(
            f"layer {node.layer.name!r}: the native engine standardizes along adjacent axes. "
            f"Received: axis={spec.axis}",
            hint='axis=-1, or compile(engine="reference")',
        )
    if spec.mean is None:
        mean, variance = (context.weight(weight) for weight in node.layer.weights[:2])
    else:
        mean, variance = (
            context.external(f"{context.layer}.{name}", array)
            for name, array in zip(("mean", "variance"), spec.given_moments(shape), strict=True)
        )
    deviation = context.shared("stddev", mean.size)
    context.emit_prologue("stddev", {"variance": variance}, {"y": deviation}, _ONE_PART)
    x, y = context.values[node.inputs[0]], context.image("y", prod(shape))
    inner = prod(shape[axes[-1] + 1 :]) if axes else prod(shape)
    context.emit(
        "standardize", {"x": x, "mean": mean, "stddev": deviation}, {"y": y},
        inner=inner, period=mean.size, invert=int(spec.invert),
    )  # fmt: skip
    return y
