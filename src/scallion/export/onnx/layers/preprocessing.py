"""Rescaling, normalization, resizing and cropping.

Resizing is two matrix products with the weights of the engine, so that every rule of it, padding
and antialiasing included, is the same to rounding.
"""

import numpy as np

from scallion.engine.resampling import (
    crop_to_aspect_ratio,
    pad_to_aspect_ratio,
    resampling_weights,
)
from scallion.export.onnx.conversion import LayerConversion
from scallion.export.onnx.layers.reshaping import resized, window
from scallion.export.tensor_layout import ExportTensor
from scallion.layers.augmentation import RandomCropSpec


def rescaling(call: LayerConversion) -> ExportTensor:
    """Convert Rescaling, with one number for all values or one per channel."""
    name = call.x.name
    if call.spec.is_per_channel:
        x = call.keras(call.x) if call.x.layout == "flat_channels_first" else call.x
        sides = [1] * (len(x.shape) - 1) + [-1]
        scale, offset = (
            call.constant(part, np.ascontiguousarray(x.arrange(array.reshape(sides))))
            for part, array in zip(("scale", "offset"), call.spec.per_channel(x.shape), strict=True)
        )
        return call.like(x, call.add("Add", call.add("Mul", x.name, scale), offset))
    if call.spec.scale != 1:
        name = call.add("Mul", name, call.scalar(call.spec.scale))
    if call.spec.offset != 0:
        name = call.add("Add", name, call.scalar(call.spec.offset))
    return call.like(call.x, name)


def normalization(call: LayerConversion) -> ExportTensor:
    """Convert Normalization: (x - mean) / deviation, or its inverse."""
    spec, x = call.spec, call.x
    if x.layout == "flat_channels_first":
        x = call.keras(x)
    kept = spec.kept_axes(x.shape)
    sides = [side if axis in kept else 1 for axis, side in enumerate(x.shape)]
    given = spec.given_moments(x.shape) or (call.weights["mean"], call.weights["variance"])
    mean, variance = (part.reshape(sides).astype(np.float32) for part in given)
    deviation = np.maximum(np.sqrt(variance), np.float32(1e-7))
    moments = {"mean": mean, "deviation": deviation}
    centre, scale = (
        call.constant(name, np.ascontiguousarray(x.arrange(part))) for name, part in moments.items()
    )
    if spec.invert:
        return call.like(x, call.add("Add", call.add("Mul", x.name, scale), centre))
    return call.like(x, call.add("Div", call.add("Sub", x.name, centre), scale))


def resizing(call: LayerConversion) -> ExportTensor:
    """Convert Resizing."""
    spec, (height, width, _) = call.spec, call.x.shape
    target = (spec.height, spec.width)
    part = (0, height), (0, width)
    if spec.crop_to_aspect_ratio:
        part = crop_to_aspect_ratio(call.x.shape, target)
    elif spec.pad_to_aspect_ratio:
        part = pad_to_aspect_ratio(call.x.shape, target)
    rows, columns = (
        resampling_weights(size, *side, out, spec.interpolation, antialias=spec.antialias)
        for size, side, out in zip((height, width), part, target, strict=True)
    )
    return resized(call, rows, columns, spec.fill_value)


def center_crop(call: LayerConversion) -> ExportTensor:
    """Convert CenterCrop, and RandomCrop, which crops the centre in inference."""
    spec, (height, width, _) = call.spec, call.x.shape
    if height >= spec.height and width >= spec.width:
        return window(call, (height - spec.height) // 2, (width - spec.width) // 2)
    (top, rows), (left, columns) = crop_to_aspect_ratio(call.x.shape, (spec.height, spec.width))
    if isinstance(spec, RandomCropSpec):
        rows, columns = min(spec.height, height - top), min(spec.width, width - left)
    return resized(
        call,
        resampling_weights(height, top, rows, spec.height, "bilinear"),
        resampling_weights(width, left, columns, spec.width, "bilinear"),
    )
