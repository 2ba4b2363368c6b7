"""The ONNX graph in the making: operations, constants, and tensors with the order of their axes.

A tensor is transposed only where an operation needs the other layout: in most networks once, at the
input.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scallion.export.onnx import model_proto
from scallion.export.onnx.model_proto import AttributeValue
from scallion.export.tensor_layout import (
    TO_CHANNELS_FIRST,
    TO_CHANNELS_LAST,
    ExportTensor,
    Layout,
)
from scallion.layers.base.spec import Shape


@dataclass(eq=False)
class OnnxGraphBuilder:
    """Collects the operations and constants of one graph."""

    nodes: list[tuple[str, str, list[str], str, dict[str, AttributeValue]]] = field(
        default_factory=list[tuple[str, str, list[str], str, dict[str, AttributeValue]]]
    )
    constants: dict[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])
    _by_content: dict[bytes, str] = field(default_factory=dict[bytes, str])
    _names: set[str] = field(default_factory=set[str])
    _converted: dict[tuple[str, Layout], ExportTensor] = field(
        default_factory=dict[tuple[str, Layout], ExportTensor]
    )

    def unique(self, name: str) -> str:
        """Return the name, with a number if it is taken."""
        found, number = name, 1
        while found in self._names:
            number += 1
            found = f"{name}_{number}"
        self._names.add(found)
        return found

    def constant(self, name: str, array: NDArray[Any]) -> str:
        """Return the name of a constant with these values; equal ones are stored once."""
        content = hashlib.sha256(f"{array.dtype}{array.shape}".encode() + array.tobytes()).digest()
        if content not in self._by_content:
            self._by_content[content] = self.unique(name)
            self.constants[self._by_content[content]] = array
        return self._by_content[content]

    def operation(
        self, layer: str, kind: str, inputs: Sequence[str], **attributes: AttributeValue
    ) -> str:
        """Add an operation of a layer and return the name of its output."""
        output = self.unique(f"{layer}/{kind}")
        self.nodes.append((kind, output, list(inputs), output, dict(attributes)))
        return output

    def in_layout(self, x: ExportTensor, layout: Layout) -> ExportTensor:
        """Return a tensor in the layout `keras` or `channels_first`, transposed if need be."""
        if x.layout == layout:
            return x
        if (x.name, layout) not in self._converted:
            self._converted[x.name, layout] = self._convert(x, layout)
        return self._converted[x.name, layout]

    def _convert(self, x: ExportTensor, layout: Layout) -> ExportTensor:
        layer = x.name.rsplit("/", 1)[0]
        if x.layout == "flat_channels_first":
            # Where each value of Keras' order is in the flattened (C, H, W).
            order = np.arange(prod(x.image_shape)).reshape([x.image_shape[i] for i in (2, 0, 1)])
            indices = self.constant(f"{layer}/order", order.transpose(TO_CHANNELS_LAST).ravel())
            return ExportTensor(self.operation(layer, "Gather", [x.name, indices], axis=1), x.shape)
        height, width, channels = x.shape
        to_first = layout == "channels_first"
        if height * width == 1 or channels == 1:  # the values have the same order either way
            sides = (channels, height, width) if to_first else x.shape
            name = self.reshaped(layer, x.name, sides)
        else:
            order = TO_CHANNELS_FIRST if to_first else TO_CHANNELS_LAST
            axes = [0, *(axis + 1 for axis in order)]
            name = self.operation(layer, "Transpose", [x.name], perm=axes)
        return ExportTensor(name, x.shape, layout)

    def reshaped(self, layer: str, x: str, sides: Sequence[int]) -> str:
        """Add a reshape of each image and return the name of its output."""
        shape = self.constant(f"{layer}/shape", np.array([-1, *sides], np.int64))
        return self.operation(layer, "Reshape", [x, shape])

    def encode(
        self,
        name: str,
        inputs: Mapping[str, tuple[Shape, str]],
        outputs: Mapping[str, ExportTensor],
    ) -> bytes:
        """Return the GraphProto; inputs are shapes and element types by name."""
        renamed: dict[str, str] = {}
        made = {output for _, _, _, output, _ in self.nodes}
        for wanted, tensor in outputs.items():
            if tensor.name in made and tensor.name not in renamed:
                renamed[tensor.name] = wanted
            else:
                self.nodes.append(("Identity", wanted, [tensor.name], wanted, {}))
        nodes = [
            model_proto.node(
                kind,
                title,
                [renamed.get(one, one) for one in reads],
                [renamed.get(output, output)],
                attributes,
            )
            for kind, title, reads, output, attributes in self.nodes
        ]
        return model_proto.graph(
            name,
            nodes,
            [model_proto.tensor(key, array) for key, array in self.constants.items()],
            [model_proto.value_info(key, *value) for key, value in inputs.items()],
            [model_proto.value_info(key, tensor.shape) for key, tensor in outputs.items()],
        )
