"""Layers with several inputs, in one layout; an axis of size 1 is broadcast."""

from scallion.export.onnx.conversion import LayerConversion
from scallion.export.tensor_layout import ExportTensor


def add(call: LayerConversion) -> ExportTensor:
    """Convert Add."""
    return _chain(call, "Add")


def subtract(call: LayerConversion) -> ExportTensor:
    """Convert Subtract."""
    return _chain(call, "Sub")


def multiply(call: LayerConversion) -> ExportTensor:
    """Convert Multiply."""
    return _chain(call, "Mul")


def true_divide(call: LayerConversion) -> ExportTensor:
    """Convert a quotient."""
    return _chain(call, "Div")


def maximum(call: LayerConversion) -> ExportTensor:
    """Convert Maximum."""
    return _chain(call, "Max")


def minimum(call: LayerConversion) -> ExportTensor:
    """Convert Minimum."""
    return _chain(call, "Min")


def average(call: LayerConversion) -> ExportTensor:
    """Convert Average."""
    total = _chain(call, "Add")
    return call.like(total, call.add("Div", total.name, call.scalar(len(call.inputs))))


def concatenate(call: LayerConversion) -> ExportTensor:
    """Convert Concatenate."""
    inputs = _in_one_layout(call, call.inputs)
    if inputs[0].layout == "flat_channels_first":
        inputs = tuple(call.keras(x) for x in inputs)
    names = [x.name for x in inputs]
    axis = inputs[0].axis(call.spec.axis)
    return call.output(call.add("Concat", *names, axis=axis), inputs[0].layout)


def _chain(call: LayerConversion, kind: str) -> ExportTensor:
    """Apply an operation of two inputs from the first to the last."""
    first, *others = _in_one_layout(call, call.inputs)
    name = first.name
    for x in others:
        name = call.add(kind, name, x.name)
    return ExportTensor(name, call.output_shape, first.layout, first.image_shape)


def _in_one_layout(
    call: LayerConversion, inputs: tuple[ExportTensor, ...]
) -> tuple[ExportTensor, ...]:
    layouts = {(x.layout, x.image_shape, x.shape if x.image_shape else ()) for x in inputs}
    if len(layouts) == 1:
        return inputs
    ranks = {len(x.shape) for x in inputs}
    if ranks == {3}:
        return tuple(call.channels_first(x) for x in inputs)
    return tuple(call.keras(x) for x in inputs)
