"""Lowering of what is done to every image alike, in training and after: sizes and standards."""

from math import prod

import numpy as np

from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.data_movement import StridedCopy, move, steps_of
from scallion.engine.program import Attributes, Buffer
from scallion.engine.resampling import ResamplingWeights, cropped_to_fit, padded_to_fit, taps
from scallion.errors import UnsupportedError
from scallion.layers.augmentation import RandomCropSpec
from scallion.layers.preprocessing import CenterCropSpec, NormalizationSpec, ResizingSpec
from scallion.layers.spec import Shape
from scallion.layers.tensor import Node

_ONCE = 1


def size_forward(context: LoweringContext, node: Node) -> Buffer:
    """Another size: a sum over the neighbours of each new pixel."""
    spec, shape = node.layer.spec, node.input_shapes[0]
    if not isinstance(spec, ResizingSpec):
        raise TypeError(type(spec).__name__)
    (top, height), (left, width) = (0, shape[0]), (0, shape[1])
    if spec.crop_to_aspect_ratio:
        (top, height), (left, width) = cropped_to_fit(shape, (spec.height, spec.width))
    elif spec.pad_to_aspect_ratio:
        (top, height), (left, width) = padded_to_fit(shape, (spec.height, spec.width))
    sides = [
        taps(size, start, length, out, spec.interpolation, antialias=spec.antialias)
        for size, start, length, out in (
            (shape[0], top, height, spec.height),
            (shape[1], left, width, spec.width),
        )
    ]
    return _resized(context, node, sides[0], sides[1], spec.fill_value)


def crop_from_the_middle(context: LoweringContext, node: Node) -> Buffer:
    """The middle of the image, or, where it is too small, what is stretched to the size."""
    spec, shape = node.layer.spec, node.input_shapes[0]
    if not isinstance(spec, CenterCropSpec | RandomCropSpec):
        raise TypeError(type(spec).__name__)
    if shape[0] >= spec.height and shape[1] >= spec.width and not _is_stretched(context, node):
        return _middle(context, node)
    target = (spec.height, spec.width)
    (top, height), (left, width) = cropped_to_fit(shape, target)
    if isinstance(spec, RandomCropSpec):
        height, width = min(spec.height, shape[0] - top), min(spec.width, shape[1] - left)
    return _resized(
        context,
        node,
        taps(shape[0], top, height, spec.height, "bilinear"),
        taps(shape[1], left, width, spec.width, "bilinear"),
    )


def _is_stretched(context: LoweringContext, node: Node) -> bool:
    spec = node.layer.spec
    return (
        isinstance(spec, RandomCropSpec)
        and node.is_training(context.training)
        and not spec.is_drawn(node.input_shapes[0])
    )


def _middle(context: LoweringContext, node: Node) -> Buffer:
    shape, out = node.input_shapes[0], node.output.image_shape
    steps = steps_of(shape)
    top, left = ((shape[axis] - out[axis]) // 2 for axis in (0, 1))
    y = context.image("y", prod(out))
    walk = StridedCopy(out, steps, steps_of(out), x_start=top * steps[0] + left * steps[1])
    move(context, context.values[node.inputs[0]], y, walk)
    return y


def _resized(
    context: LoweringContext,
    node: Node,
    down: ResamplingWeights,
    across: ResamplingWeights,
    fill_value: float = 0.0,
) -> Buffer:
    y = context.image("y", prod(node.output.image_shape))
    x, shape = context.values[node.inputs[0]], node.input_shapes[0]
    resize(context, x, y, shape, (down, across), fill_value)
    return y


def resize(
    context: LoweringContext,
    x: Buffer,
    y: Buffer,
    shape: Shape,
    sides: tuple[ResamplingWeights, ResamplingWeights],
    fill_value: float = 0.0,
) -> None:
    """Rows, then columns, by their sums; `shape` is that of x."""
    height, width, channels = shape
    down, across = sides
    out_height, out_width = len(down.starts), len(across.starts)
    scratch = context.image("scratch", out_height * width * channels)
    reads = {"x": x}
    values: Attributes = {"channels": channels, "fill_value": float(fill_value)}
    for name, side, size, out in (
        ("rows", down, height, out_height),
        ("columns", across, width, out_width),
    ):
        values |= {
            f"{name}_weight_count": side.weights.shape[1],
            f"{name}_in": size,
            f"{name}_out": out,
        }
        for part, array in (
            ("starts", side.starts.astype(np.float32)),
            ("weights", side.weights),
            ("coverage", side.weights.sum(axis=1)),
        ):
            held = np.ascontiguousarray(array, np.float32)
            reads[f"{name}_{part}"] = context.external(f"{context.layer}.{part}", held)
    context.emit("resize", reads, {"scratch": scratch, "y": y}, **values)


def standardize_forward(context: LoweringContext, node: Node) -> Buffer:
    """(x - mean) / sqrt(variance), with what the layer holds or was given."""
    spec, shape = node.layer.spec, node.input_shapes[0]
    if not isinstance(spec, NormalizationSpec):
        raise TypeError(type(spec).__name__)
    axes = spec.kept(shape)
    if axes and axes != tuple(range(axes[0], axes[-1] + 1)):
        raise UnsupportedError(
            f"layer {node.layer.name!r}: the native engine keeps axes that lie side by side. "
            f"Received: axis={spec.axis}",
            hint="axis=-1, or SCALLION_ENGINE=reference",
        )
    if spec.mean is None:
        mean, variance = (context.weight(weight) for weight in node.layer.weights[:2])
    else:
        mean, variance = (
            context.external(f"{context.layer}.{name}", array)
            for name, array in zip(("mean", "variance"), spec.given(shape), strict=True)
        )
    spread = context.shared("stddev", mean.size)
    context.prepare("stddev", {"variance": variance}, {"y": spread}, _ONCE)
    x, y = context.values[node.inputs[0]], context.image("y", prod(shape))
    inner = prod(shape[axes[-1] + 1 :]) if axes else prod(shape)
    context.emit(
        "standardize", {"x": x, "mean": mean, "stddev": spread}, {"y": y},
        inner=inner, period=mean.size, invert=int(spec.invert),
    )  # fmt: skip
    return y


def backward(context: LoweringContext, node: Node) -> None:
    """Nothing learns before these layers."""
