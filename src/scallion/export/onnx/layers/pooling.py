"""Pooling, with explicit padding that an average does not count."""

from scallion.export.onnx.conversion import LayerConversion
from scallion.export.onnx.layers.weights import explicit_pads
from scallion.export.onnx.model_proto import AttributeValue
from scallion.export.tensor_layout import ExportTensor


def max_pooling2d(call: LayerConversion) -> ExportTensor:
    """Convert MaxPooling2D."""
    return _pool(call, "MaxPool")


def average_pooling2d(call: LayerConversion) -> ExportTensor:
    """Convert AveragePooling2D."""
    return _pool(call, "AveragePool", count_include_pad=0)


def _pool(call: LayerConversion, kind: str, **attributes: AttributeValue) -> ExportTensor:
    spec, x = call.spec, call.channels_first(call.x)
    name = call.add(
        kind,
        x.name,
        kernel_shape=spec.pool_size,
        strides=spec.strides,
        pads=explicit_pads(x, spec.pool_size, spec.strides, spec.padding),
        **attributes,
    )
    return call.output(name, "channels_first")


def global_average_pooling2d(call: LayerConversion) -> ExportTensor:
    """Convert GlobalAveragePooling2D."""
    return _global(call, "GlobalAveragePool")


def global_max_pooling2d(call: LayerConversion) -> ExportTensor:
    """Convert GlobalMaxPooling2D."""
    return _global(call, "GlobalMaxPool")


def _global(call: LayerConversion, kind: str) -> ExportTensor:
    name = call.add(kind, call.channels_first(call.x).name)
    if call.spec.keepdims:
        return call.output(name, "channels_first")
    return call.output(call.add("Flatten", name, axis=1))
