"""The conversion of one layer call: what a converter gets, and how it adds operations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.export.onnx.graph_builder import OnnxGraphBuilder
from scallion.export.onnx.model_proto import AttributeValue
from scallion.export.tensor_layout import ExportTensor, Layout
from scallion.layers.base.spec import Shape


@dataclass(frozen=True, slots=True)
class LayerConversion:
    """One call of a layer: its specification, weights by name, inputs and output shape."""

    builder: OnnxGraphBuilder
    layer: str
    spec: Any
    weights: Mapping[str, NDArray[np.float32]]
    inputs: tuple[ExportTensor, ...]
    output_shape: Shape

    @property
    def x(self) -> ExportTensor:
        """The first input."""
        return self.inputs[0]

    def keras(self, x: ExportTensor) -> ExportTensor:
        """Return a tensor with its axes as in Keras."""
        return self.builder.in_layout(x, "keras")

    def channels_first(self, x: ExportTensor) -> ExportTensor:
        """Return an image with its channels before height and width."""
        return self.builder.in_layout(x, "channels_first")

    def add(self, kind: str, *inputs: str, **attributes: AttributeValue) -> str:
        """Add an operation and return the name of its output."""
        return self.builder.operation(self.layer, kind, inputs, **attributes)

    def constant(self, name: str, array: NDArray[Any] | Sequence[int]) -> str:
        """Return the name of a constant; integers are int64, all others float32."""
        values = np.asarray(array)
        kind = np.int64 if values.dtype.kind == "i" else np.float32
        return self.builder.constant(f"{self.layer}/{name}", values.astype(kind))

    def scalar(self, value: float) -> str:
        """Return the name of a float32 constant of one value."""
        return self.builder.constant(f"{self.layer}/value", np.array(value, np.float32))

    def like(self, x: ExportTensor, name: str) -> ExportTensor:
        """Return the tensor that an elementwise operation made of `x`."""
        return ExportTensor(name, x.shape, x.layout, x.image_shape)

    def output(self, name: str, layout: Layout = "keras") -> ExportTensor:
        """Return the layer's output."""
        return ExportTensor(name, self.output_shape, layout)


Converter = Callable[[LayerConversion], ExportTensor]
"""Adds the operations of one layer call and returns its output."""
