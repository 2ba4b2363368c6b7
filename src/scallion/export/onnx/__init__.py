"""ONNX files: a writer of our own, without the `onnx` package."""
