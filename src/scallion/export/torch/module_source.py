"""A network as the source of a PyTorch module, and its weights."""

import textwrap
from collections import Counter
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from scallion.engine.refusal import Refusal
from scallion.errors import UnsupportedError
from scallion.export.tensor_layout import ExportTensor
from scallion.export.torch.index import TORCH_CONVERTERS
from scallion.export.torch.layers import TorchConverter
from scallion.export.torch.module_writer import ModuleWriter, TorchCall, as_keras
from scallion.graph import Graph
from scallion.graph.nested_models import flatten_nested
from scallion.layers.base.tensor import Node, Tensor

_MODULE = '''"""{title}"""

import torch
from torch import nn
from torch.nn import functional as F


class Network(nn.Module):
    """{summary}"""

    def __init__(self):
        super().__init__()
{members}

    def forward(self, {arguments}):
{statements}
        return {outputs}
'''


@dataclass(frozen=True, slots=True, eq=False)
class TorchModule:
    """The source of a module, and its weights by PyTorch's names."""

    source: str
    weights: dict[str, NDArray[Any]]


def write_module(graph: Graph, *, adds_softmax: bool = False) -> TorchModule:
    """Return a network as the source of a PyTorch module.

    Raises UnsupportedError for a layer that has no PyTorch code here.
    """
    flat = flatten_nested(graph)
    writer = ModuleWriter()
    values: dict[Tensor, ExportTensor] = {}
    arguments: list[str] = []
    for tensor in flat.inputs:
        name = "images" if len(flat.inputs) == 1 else writer.variable(tensor.name)
        arguments.append(name)
        values[tensor] = ExportTensor(name, tensor.image_shape)
    readers = Counter(tensor for node in flat.nodes for tensor in node.inputs)
    readers.update(flat.outputs)
    for node in flat.nodes:
        if node.inputs:
            value = _convert(writer, node, values)
            name = _variable(writer, node, readers, values, flat)
            writer.assign(name, value.name, value.shape, value.layout)
            values[node.output] = ExportTensor(name, value.shape, value.layout, value.image_shape)
    outputs = [as_keras(values[tensor]).name for tensor in flat.outputs]
    if adds_softmax:
        outputs = [f"F.softmax({outputs[0]}, dim=-1)"]
    source = _MODULE.format(
        title="A network that Scallion trained; `load` in predict.py gives it its weights.",
        summary="Images (N, height, width, channels) in, as in Keras"
        + ("; probabilities (N, classes) out." if adds_softmax else "."),
        members=_lines(writer.members or ["pass"]),
        arguments=", ".join(arguments),
        statements=_lines(writer.statements) if writer.statements else "        # nothing to do",
        outputs=", ".join(outputs),
    )
    return TorchModule(source, writer.weights)


def _variable(
    writer: ModuleWriter,
    node: Node,
    readers: Counter[Tensor],
    values: dict[Tensor, ExportTensor],
    graph: Graph,
) -> str:
    """Return the variable of a call: `x` again where nothing else reads the one before."""
    before = values[node.inputs[0]]
    is_last_reader = len(node.inputs) == 1 and readers[node.inputs[0]] == 1
    if is_last_reader and node.inputs[0] not in graph.inputs:
        return before.name
    is_plain = graph.is_chain and len(graph.outputs) == 1
    return "x" if is_plain else writer.variable(node.layer.name)


def _convert(writer: ModuleWriter, node: Node, values: dict[Tensor, ExportTensor]) -> ExportTensor:
    layer = node.layer
    call = TorchCall(
        writer,
        layer.name,
        layer.spec,
        {weight.name: weight.numpy() for weight in layer.weights},
        tuple(values[tensor] for tensor in node.inputs),
        node.output.image_shape,
    )
    return _converter_of(node)(call)


def _converter_of(node: Node) -> TorchConverter:
    kind = type(node.layer.spec)
    converter = TORCH_CONVERTERS.get(kind, Refusal("it has no row in scallion.export.torch.index"))
    if isinstance(converter, Refusal):
        raise UnsupportedError(
            f"layer {node.layer.name!r} ({type(node.layer).__name__}) cannot be exported to "
            f"PyTorch: {converter.reason}",
            hint="leave out this layer",
            layer=node.layer.name,
        )
    return converter


def _lines(lines: list[str]) -> str:
    return textwrap.indent("\n".join(lines), " " * 8)
