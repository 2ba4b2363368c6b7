"""Layer and group normalization, put together from means."""

from collections.abc import Sequence

from scallion.export.onnx.conversion import LayerConversion
from scallion.export.tensor_layout import ExportTensor


def row_normalization(call: LayerConversion) -> ExportTensor:
    """Convert LayerNormalization and GroupNormalization."""
    spec, x = call.spec, call.keras(call.x)
    rows, axes = spec.row_shape(x.shape), spec.row_axes(x.shape)
    name = x.name if rows == x.shape else call.builder.reshaped(call.layer, x.name, rows)
    places = [axis + 1 for axis in axes]
    centred = call.add("Sub", name, _mean(call, name, places))
    variance = _mean(call, call.add("Mul", centred, centred), places)
    deviation = call.add("Sqrt", call.add("Add", variance, call.scalar(spec.epsilon)))
    name = call.add("Div", centred, deviation)
    if rows != x.shape:
        name = call.builder.reshaped(call.layer, name, x.shape)
    affine = spec.affine_axes(x.shape)
    sides = [side if axis in affine else 1 for axis, side in enumerate(x.shape)]
    for part, kind in (("gamma", "Mul"), ("beta", "Add")):
        if part in call.weights:
            weight = call.constant(part, call.weights[part].reshape(sides))
            name = call.add(kind, name, weight)
    return call.output(name)


def _mean(call: LayerConversion, name: str, axes: Sequence[int]) -> str:
    return call.add("ReduceMean", name, axes=list(axes), keepdims=1)


def unit_normalization(call: LayerConversion) -> ExportTensor:
    """Convert UnitNormalization: x / max(norm, smallest norm)."""
    x = call.keras(call.x)
    axes = [axis + 1 for axis in call.spec.image_axes(x.shape)]
    norm = call.add("ReduceL2", x.name, axes=axes, keepdims=1)
    norm = call.add("Max", norm, call.scalar(call.spec.smallest_norm))
    return call.output(call.add("Div", x.name, norm))
