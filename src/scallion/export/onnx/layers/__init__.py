"""Converters of layers to ONNX, one module per family, as in `scallion.layers`."""
