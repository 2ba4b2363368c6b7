"""Lowering of augmentation: a row in training, nothing else.

No gradient goes through: these layers stand before all that learns, which `order.py` holds.
"""

from math import prod

import numpy as np

from scallion.engine.lowering import preprocessing
from scallion.engine.lowering.context import LoweringContext
from scallion.engine.lowering.regularization import drawing
from scallion.engine.program import Attributes, Buffer
from scallion.layers.augmentation import (
    Factor,
    RandomBrightnessSpec,
    RandomContrastSpec,
    RandomCropSpec,
    RandomErasingSpec,
    RandomFlipSpec,
    RandomRotationSpec,
    RandomTranslationSpec,
    RandomZoomSpec,
    Range,
    around_zero,
)
from scallion.layers.tensor import Node

# The numbers of `Fill` in native/operations/warp.cpp.
_FILLS = {"constant": 0, "nearest": 1, "reflect": 2, "wrap": 3}


def forward(context: LoweringContext, node: Node) -> Buffer:
    x = context.values[node.inputs[0]]
    spec = node.layer.spec
    if isinstance(spec, RandomCropSpec) and not (
        node.is_training(context.training) and spec.is_drawn(node.input_shapes[0])
    ):
        return preprocessing.crop_from_the_middle(context, node)
    if not node.is_training(context.training):
        return x
    kind, numbers = _row(node)
    y = context.image("y", prod(node.output.image_shape))
    reads = {"x": x}
    if isinstance(spec, RandomErasingSpec):
        fill = _fill(spec, node.output.image_shape[-1])
        reads["fill"] = context.external(f"{node.layer.name}.fill", fill)
    context.emit(kind, reads, {"y": y}, **drawing(context, node), **_sides(node), **numbers)
    return y


def _sides(node: Node) -> Attributes:
    rows, columns, channels = node.input_shapes[0]
    out_rows, out_columns, _ = node.output.image_shape
    return {
        "rows": rows, "columns": columns, "channels": channels,
        "out_rows": out_rows, "out_columns": out_columns,
    }  # fmt: skip


def _row(node: Node) -> tuple[str, Attributes]:
    """The kind of row, and what it draws between."""
    spec = node.layer.spec
    height, width, _ = node.input_shapes[0]
    match spec:
        case RandomFlipSpec():
            flips = {"horizontal": int(spec.is_horizontal), "vertical": int(spec.is_vertical)}
            return "random_flip", {**flips, **_filled()}
        case RandomCropSpec():
            places = {
                **_range("height", (0, height - spec.height + 1)),
                **_range("width", (0, width - spec.width + 1)),
            }
            return "random_crop", {**places, **_filled()}
        case RandomTranslationSpec():
            shifts = {
                **_range("height", _times(spec.height_factor, height)),
                **_range("width", _times(spec.width_factor, width)),
            }
            return "random_translation", {**shifts, **_filled(spec)}
        case RandomRotationSpec():
            return "random_rotation", {**_range("turns", spec.factor), **_filled(spec)}
        case RandomZoomSpec():
            across = spec.height_factor if spec.width_factor is None else spec.width_factor
            sizes = {
                **_range("height", _from_one(spec.height_factor)),
                **_range("width", _from_one(across)),
            }
            return "random_zoom", {
                **sizes,
                "keep_aspect_ratio": int(spec.width_factor is None),
                **_filled(spec),
            }
        case RandomContrastSpec():
            factor = (1.0 - spec.factor[0], 1.0 + spec.factor[1])
            return "random_contrast", {
                **_range("factor", factor),
                **_range("clip", spec.value_range),
            }
        case RandomBrightnessSpec():
            low, high = spec.value_range
            delta = _times(spec.factor, high - low)
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


def _times(factor: Factor, size: float) -> Range:
    low, high = around_zero(factor)
    return (low * size, high * size)


def _from_one(factor: Factor) -> Range:
    low, high = around_zero(factor)
    return (1.0 + low, 1.0 + high)


def _filled(
    spec: RandomTranslationSpec | RandomRotationSpec | RandomZoomSpec | None = None,
) -> Attributes:
    if spec is None:
        return {"fill_mode": 0, "nearest": 0, "fill_value": 0.0}
    return {
        "fill_mode": _FILLS[spec.fill_mode],
        "nearest": int(spec.interpolation == "nearest"),
        "fill_value": float(spec.fill_value),
    }


def _fill(spec: RandomErasingSpec, channels: int) -> np.ndarray:
    """One number a channel, within the range of values."""
    value = 0.0 if spec.fill_value is None else spec.fill_value
    return np.clip(np.full(channels, value, np.float32), *spec.value_range)
