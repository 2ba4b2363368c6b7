"""Augmentation layers: one instruction in training, none in inference."""

from math import prod

import numpy as np

from scallion.engine.lowering import preprocessing
from scallion.engine.lowering.base.context import LoweringContext
from scallion.engine.lowering.regularization import random_stream
from scallion.engine.programs.program import Attributes, Buffer
from scallion.layers.augmentation import (
    RandomBrightnessSpec,
    RandomContrastSpec,
    RandomCropSpec,
    RandomErasingSpec,
    RandomFlipSpec,
    RandomRotationSpec,
    RandomTranslationSpec,
    RandomZoomSpec,
)
from scallion.layers.augmentation_arguments import Factor, Range, symmetric_range
from scallion.layers.base.tensor import Node

# The numbers of `FillMode` in native/operations/fill_mode.hpp.
FILL_MODES = {"constant": 0, "nearest": 1, "reflect": 2, "wrap": 3}


def forward(context: LoweringContext, node: Node) -> Buffer:
    """Lower an augmentation layer."""
    x = context.values[node.inputs[0]]
    spec = node.layer.spec
    if isinstance(spec, RandomCropSpec) and not (
        node.is_training(context.training) and spec.is_drawn(node.input_shapes[0])
    ):
        return preprocessing.center_crop_forward(context, node)
    if not node.is_training(context.training):
        return x
    kind, attributes = _instruction(node)
    y = context.image("y", prod(node.output.image_shape))
    reads = {"x": x}
    if isinstance(spec, RandomErasingSpec):
        fill = _fill_colour(spec, node.output.image_shape[-1])
        reads["fill"] = context.external(f"{node.layer.name}.fill", fill)
    context.emit(
        kind, reads, {"y": y}, **random_stream(context, node), **_sides(node), **attributes
    )
    return y


def _sides(node: Node) -> Attributes:
    rows, columns, channels = node.input_shapes[0]
    out_rows, out_columns, _ = node.output.image_shape
    return {
        "rows": rows, "columns": columns, "channels": channels,
        "out_rows": out_rows, "out_columns": out_columns,
    }  # fmt: skip


def _instruction(node: Node) -> tuple[str, Attributes]:
    """Return the kind of instruction, and the ranges that it draws from."""
    spec = node.layer.spec
    height, width, _ = node.input_shapes[0]
    match spec:
        case RandomFlipSpec():
            flips = {"horizontal": int(spec.is_horizontal), "vertical": int(spec.is_vertical)}
            return "random_flip", {**flips, **_filling()}
        case RandomCropSpec():
            positions = {
                **_range("height", (0, height - spec.height + 1)),
                **_range("width", (0, width - spec.width + 1)),
            }
            return "random_crop", {**positions, **_filling()}
        case RandomTranslationSpec():
            shifts = {
                **_range("height", _scaled(spec.height_factor, height)),
                **_range("width", _scaled(spec.width_factor, width)),
            }
            return "random_translation", {**shifts, **_filling(spec)}
        case RandomRotationSpec():
            return "random_rotation", {**_range("turns", spec.factor), **_filling(spec)}
        case RandomZoomSpec():
            across = spec.height_factor if spec.width_factor is None else spec.width_factor
            sizes = {
                **_range("height", _around_one(spec.height_factor)),
                **_range("width", _around_one(across)),
            }
            return "random_zoom", {
                **sizes,
                "keep_aspect_ratio": int(spec.width_factor is None),
                **_filling(spec),
            }
        case RandomContrastSpec():
            factor = (1.0 - spec.factor[0], 1.0 + spec.factor[1])
            return "random_contrast", {
                **_range("factor", factor),
                **_range("clip", spec.value_range),
            }
        case RandomBrightnessSpec():
            low, high = spec.value_range
            delta = _scaled(spec.factor, high - low)
            return "random_brightness", {
                **_range("delta", delta),
                **_range("clip", spec.value_range),
            }
        case RandomErasingSpec():
            ranges = {
                **_range("probability", spec.factor),
                **_range("area", spec.scale),
                **_range("clip", spec.value_range),
            }
            return "random_erasing", {**ranges, "noise": int(spec.fill_value is None)}
        case _:
            raise TypeError(type(spec).__name__)


def _range(name: str, ends: Range) -> Attributes:
    return {f"{name}_low": float(ends[0]), f"{name}_high": float(ends[1])}


def _scaled(factor: Factor, size: float) -> Range:
    low, high = symmetric_range(factor)
    return (low * size, high * size)


def _around_one(factor: Factor) -> Range:
    low, high = symmetric_range(factor)
    return (1.0 + low, 1.0 + high)


def _filling(
    spec: RandomTranslationSpec | RandomRotationSpec | RandomZoomSpec | None = None,
) -> Attributes:
    """Return interpolation and how pixels from outside the image are filled."""
    if spec is None:
        return {"fill_mode": 0, "nearest": 0, "fill_value": 0.0}
    return {
        "fill_mode": FILL_MODES[spec.fill_mode],
        "nearest": int(spec.interpolation == "nearest"),
        "fill_value": float(spec.fill_value),
    }


def _fill_colour(spec: RandomErasingSpec, channels: int) -> np.ndarray:
    """Return one value per channel, within the range of values."""
    value = 0.0 if spec.fill_value is None else spec.fill_value
    return np.clip(np.full(channels, value, np.float32), *spec.value_range)
